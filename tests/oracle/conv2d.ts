/**
 * Convolution in float64, as its definition says it.
 */

/** Sizes of a convolution, channels innermost. */
export interface Convolution {
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outputs: number;
  readonly side: number;
  readonly stride: number;
  readonly padding: number;
}

/** Pixels of the output along an axis of `extent` pixels. */
export function outputSize(extent: number, { side, stride, padding }: Convolution): number {
  return Math.floor((extent + 2 * padding - side) / stride) + 1;
}

/** x [images, height, width, channels] with w [outputs, channels, side, side]. */
export function convolve(
  c: Convolution,
  x: ArrayLike<number>,
  w: ArrayLike<number>,
): Float64Array<ArrayBuffer> {
  const { images, height, width, channels, outputs, side, stride, padding } = c;
  const rows = outputSize(height, c), columns = outputSize(width, c), area = side * side;
  // Rows of weights over the channels, one for each tap and output: a full-size network takes seconds so.
  const kernel = Array.from(
    { length: area * outputs },
    (_, i) => {
      const at = i % outputs * channels * area + Math.floor(i / outputs);
      return Float64Array.from({ length: channels }, (_, k) => w[at + k * area]);
    },
  );
  const y = new Float64Array(images * rows * columns * outputs);
  const cell = new Float64Array(channels);
  let at = 0;
  for (let n = 0; n < images; n++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++, at += outputs) {
        for (let tap = 0; tap < area; tap++) {
          const row = i * stride + Math.floor(tap / side) - padding;
          const column = j * stride + tap % side - padding;
          if (row < 0 || row >= height || column < 0 || column >= width) continue;
          const pixel = ((n * height + row) * width + column) * channels;
          for (let k = 0; k < channels; k++) cell[k] = x[pixel + k];
          for (let o = 0; o < outputs; o++) {
            const own = kernel[tap * outputs + o];
            let sum = 0;
            for (let k = 0; k < channels; k++) sum += cell[k] * own[k];
            y[at + o] += sum;
          }
        }
      }
    }
  }
  return y;
}
