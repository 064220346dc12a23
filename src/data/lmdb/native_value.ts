/**
 * What goes to liblmdb and comes from it: addresses, and bytes with their number.
 *
 * Every system that Deno runs on stores the low byte first and has addresses of 64 bits.
 *
 * @module
 */

/** Room for an address that a function gives. */
export function outPointer(): BigUint64Array<ArrayBuffer> {
  return new BigUint64Array(new ArrayBuffer(8));
}

/** The address that a function gave. */
export function pointerIn([address]: BigUint64Array): Deno.PointerValue {
  return Deno.UnsafePointer.create(address);
}

/** An `MDB_val`: a number of bytes and where they lie. */
export class Value {
  /** The C structure, to be handed to a function. */
  readonly struct: BigUint64Array<ArrayBuffer> = new BigUint64Array(new ArrayBuffer(16));

  /**
   * @param bytes What the value is; without them it takes what a function gives. They are kept here,
   *   for as long as the structure may be read.
   */
  constructor(readonly bytes?: Uint8Array<ArrayBuffer>) {
    if (bytes === undefined) return;
    this.struct[0] = BigInt(bytes.length);
    this.struct[1] = bytes.length === 0
      ? 0n
      : Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes));
  }

  /** How many bytes it is. */
  get length(): number {
    return Number(this.struct[0]);
  }

  /** A copy of the bytes. */
  copy(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.length), pointer = Deno.UnsafePointer.create(this.struct[1]);
    if (pointer !== null && bytes.length > 0) Deno.UnsafePointerView.copyInto(pointer, bytes);
    return bytes;
  }
}
