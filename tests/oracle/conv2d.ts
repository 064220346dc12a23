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
export function convolve(c: Convolution, x: Float64Array, w: Float64Array): Float64Array {
  const { images, height, width, channels, outputs, side, stride, padding } = c;
  const rows = outputSize(height, c), columns = outputSize(width, c);
  const y = new Float64Array(images * rows * columns * outputs);
  let at = 0;
  for (let n = 0; n < images; n++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++, at += outputs) {
        for (let u = 0; u < side; u++) {
          for (let v = 0; v < side; v++) {
            const row = i * stride + u - padding, column = j * stride + v - padding;
            if (row < 0 || row >= height || column < 0 || column >= width) continue;
            const pixel = ((n * height + row) * width + column) * channels;
            for (let o = 0; o < outputs; o++) {
              let sum = 0;
              for (let k = 0; k < channels; k++) {
                sum += x[pixel + k] * w[((o * channels + k) * side + u) * side + v];
              }
              y[at + o] += sum;
            }
          }
        }
      }
    }
  }
  return y;
}
