/**
 * What a trace shows of a call.
 *
 * @module
 */
import type { BatchWait } from "../data/loader_options.ts";
import type { Interval, Profile } from "../gpu/profile.ts";
import type { DecodeTime } from "../video/decode.ts";
import { without } from "./intervals.ts";
import type { Span, Track } from "./log/trace.ts";

/**
 * The tracks of a trace, in the order in which it shows them.
 *
 * @param profile Undefined where the adapter has no timestamps.
 * @param decoded Clips, in the order in which workers were done with them.
 * @param waited Waits for batches, in order.
 */
export function tracksOf(
  profile: Profile | undefined,
  decoded: Iterable<DecodeTime>,
  waited: Iterable<BatchWait>,
): Track[] {
  const { dispatches = [], recordings = [], submits = [], waits = [] } = profile ?? {};
  const forData = [...waited];
  // The host waits for the GPU while it does nothing else.
  const forGpu = without(waits, sorted(recordings, submits, forData));
  const decoding = Map.groupBy(decoded, ({ worker }) => worker);
  const workers = [...decoding].sort(([a], [b]) => a - b);
  const tracks: Track[] = [
    {
      name: "GPU: kernels",
      spans: dispatches.map(({ name, begin, end, flops, bytes }) => (
        { name, begin, end, args: { flops, bytes } }
      )),
    },
    { name: "host: recording", spans: named("record", without(recordings, forData)) },
    { name: "host: submits", spans: named("submit", submits) },
    {
      name: "host: waits",
      spans: sorted(
        named("wait for the GPU", forGpu),
        forData.map(({ batch, ...time }) => ({ ...time, name: `wait for batch ${batch}` })),
      ),
    },
    ...workers.map(([worker, times]) => ({
      name: `decode: worker ${worker + 1}`,
      spans: times.map(({ file, begin, end, frames }) => (
        { name: file, begin, end, args: { frames } }
      )),
    })),
  ];
  if (!profile?.forgotten) return tracks;
  // Where the first dispatches are gone, so is what went on beside them.
  const first = dispatches[0].begin;
  return tracks.map(({ name, spans }) => ({
    name,
    spans: spans.filter(({ begin }) => begin >= first),
  }));
}

function named(name: string, intervals: readonly Interval[]): Span[] {
  return intervals.map(({ begin, end }) => ({ name, begin, end }));
}

function sorted<T extends Interval>(...lists: readonly (readonly T[])[]): T[] {
  return lists.flat().sort((a, b) => a.begin - b.begin);
}
