/**
 * What the doctor says, as an object and as text.
 *
 * @module
 */
import type { Device } from "../../src/gpu/device.ts";
import { type Check, passed } from "./self_test.ts";
import type { Tool } from "./tools.ts";

/** The doctor's findings. */
export interface Report {
  readonly provider: string;
  readonly adapter: string;
  /** The adapter runs on the CPU. */
  readonly software: boolean;
  /** Milliseconds to open the device. */
  readonly openMs: number;
  readonly features: readonly string[];
  readonly subgroupSize: number | null;
  readonly limits: {
    readonly maxBufferSize: number;
    readonly maxStorageBufferBindingSize: number;
    readonly maxComputeWorkgroupStorageSize: number;
    readonly maxComputeInvocationsPerWorkgroup: number;
    readonly maxComputeWorkgroupsPerDimension: number;
  };
  /** Bytes; null where only the device limits it. */
  readonly memoryBudget: number | null;
  readonly ffmpeg: Tool;
  readonly lmdb: Tool;
  /** What opens databases of LMDB's format 1, as Python's lmdb and the original write them. */
  readonly liblmdb: Tool;
  readonly selfTest: readonly Check[];
}

/** The part of a report that a device tells of itself. */
export function describeDevice(
  { info, gpu: { limits }, pool }: Device,
): Omit<Report, "openMs" | "ffmpeg" | "lmdb" | "liblmdb" | "selfTest"> {
  return {
    provider: info.provider,
    adapter: info.adapter,
    software: info.software,
    features: [...info.features],
    subgroupSize: info.subgroupSize ?? null,
    limits: {
      maxBufferSize: limits.maxBufferSize,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
    },
    memoryBudget: Number.isFinite(pool.budget) ? pool.budget : null,
  };
}

/** The report as lines for people. */
export function reportText(report: Report): string {
  const { limits, memoryBudget, selfTest } = report;
  const lines: [string, string][] = [
    ["provider", `${report.provider}, opened in ${report.openMs.toFixed(0)} ms`],
    ["adapter", `${report.adapter}${report.software ? ", software" : ""}`],
    ["features", report.features.join(", ") || "none"],
    ["subgroups", report.subgroupSize === null ? "not used" : `${report.subgroupSize} lanes`],
    [
      "buffers",
      `at most ${size(limits.maxBufferSize)}, ${
        size(limits.maxStorageBufferBindingSize)
      } a binding`,
    ],
    [
      "workgroups",
      `${limits.maxComputeInvocationsPerWorkgroup} lanes, ` +
      `${size(limits.maxComputeWorkgroupStorageSize)} of memory, ` +
      `${limits.maxComputeWorkgroupsPerDimension} a dimension`,
    ],
    ["memory budget", memoryBudget === null ? "what the device offers" : size(memoryBudget)],
    ["ffmpeg", toolText(report.ffmpeg)],
    ["LMDB", toolText(report.lmdb)],
    ["LMDB format 1", toolText(report.liblmdb)],
    ...selfTest.map((check, i): [string, string] => [i === 0 ? "self-test" : "", checkText(check)]),
  ];
  return lines.map(([name, text]) => `${name.padEnd(15)}${text}`).join("\n");
}

function toolText(tool: Tool): string {
  return "use" in tool ? tool.use : `missing: ${tool.problem}`;
}

function checkText(check: Check): string {
  const head = `${check.name.padEnd(11)}${passed(check) ? "ok  " : "FAIL"} `;
  if ("problem" in check) return head + check.problem.trim().split("\n")[0];
  const { error, limit, ms, gflops } = check;
  const speed = gflops === undefined ? "" : `, ${gflops.toFixed(1)} GFLOP/s`;
  return `${head}error ${error.toExponential(0)} (limit ${limit}), ${ms.toFixed(1)} ms${speed}`;
}

function size(bytes: number): string {
  const power = Math.min(3, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${Number(value.toFixed(1))} ${["bytes", "KiB", "MiB", "GiB"][power]}`;
}
