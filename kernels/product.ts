/**
 * C += X^T Y for X (depth, m) and Y (depth, n), row-major with rows padded to 64 bytes.
 *
 * By slices of the depth whose rows of Y stay in the second-level cache; each slice of four columns of X is laid out
 * doubled for the register tiles.
 */
import { at } from './layout';
import { addProduct } from './tiles';

/** Rows of a slice: 256 KB of Y at n = 512. */
const SLICE: i32 = 64;

/**
 * @param x rows `xRow` bytes apart; padding up to a multiple of four columns must exist
 * @param y rows `yRow` bytes apart, a multiple of 64
 * @param c (m, n), rows `yRow` bytes apart, with m rounded up to a multiple of 4; zeroed
 * @param scratch productScratchBytes()
 */
export function addTransposedProduct(
  x: usize, xRow: usize, y: usize, yRow: usize, depth: i32, m: i32, c: usize, scratch: usize,
): void {
  for (let k = 0; k < depth; k += SLICE) {
    const slice = min(SLICE, depth - k);
    for (let i = 0; i < m; i += 4) {
      doubleColumns(x + <usize>k * xRow + at(i), xRow, slice, scratch);
      addProduct(scratch, y + <usize>k * yRow, yRow, 32, <i32>(yRow >> 5), slice, c + <usize>i * yRow, yRow);
    }
  }
}

/** Four columns of `depth` rows, each number twice. */
export function doubleColumns(x: usize, row: usize, depth: i32, out: usize): void {
  for (let k = 0; k < depth; k++, x += row, out += 64)
    for (let c = 0; c < 4; c++) v128.store(out + ((<usize>c) << 4), v128.load64_splat(x + at(c)));
}

/** A slice of four columns, doubled. */
export function productScratchBytes(): usize {
  return <usize>SLICE << 6;
}
