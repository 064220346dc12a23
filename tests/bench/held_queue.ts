/**
 * A queue that waits, so that the host's own time shows.
 *
 * @module
 */
import type { Device } from "../../src/gpu/device.ts";

/**
 * Keeps back what a device hands to its queue, from the beginning to {@link HeldQueue.release}: on a software
 * device the GPU's work runs on the same cores, and a submit is no part of recording.
 */
export class HeldQueue {
  /** Milliseconds spent on finishing commands and on handing them over. */
  ms = 0;
  readonly #held: (() => undefined)[] = [];

  constructor(private readonly device: Device) {
    const { gpu, gpu: { queue } } = device;
    const submit = queue.submit.bind(queue), write = queue.writeBuffer.bind(queue);
    const create = gpu.createCommandEncoder.bind(gpu);
    const hold = (hand: () => undefined) => {
      this.#held.push(hand);
      return undefined;
    };
    queue.submit = (commands) => this.#aside(() => hold(() => submit(commands)));
    queue.writeBuffer = (buffer, offset, data, from = 0, size) =>
      this.#aside(() => {
        // The writer may change its array before it is read. Offsets count elements of typed arrays.
        const whole = data as Uint8Array<ArrayBuffer>;
        const copy = whole.slice(from, size === undefined ? undefined : from + size);
        return hold(() => write(buffer, offset, copy));
      });
    gpu.createCommandEncoder = (descriptor) => {
      const encoder = create(descriptor), finish = encoder.finish.bind(encoder);
      encoder.finish = (descriptor) => this.#aside(() => finish(descriptor));
      return encoder;
    };
  }

  #aside<T>(work: () => T): T {
    const start = performance.now();
    try {
      return work();
    } finally {
      this.ms += performance.now() - start;
    }
  }

  /** Hands over what was kept back, in its order, and keeps nothing back any more. */
  release(): void {
    const { gpu, gpu: { queue } } = this.device;
    for (const name of ["submit", "writeBuffer"]) Reflect.deleteProperty(queue, name);
    Reflect.deleteProperty(gpu, "createCommandEncoder");
    for (const hand of this.#held.splice(0)) hand();
  }
}
