/**
 * Sequences of plane rotations of neighbouring rows, applied many at once.
 *
 * A sweep of the QR iteration rotates rows (i, i + 1) for i = first .. last - 1, in this order. Sweeps are kept and applied
 * together by strips of eight columns: a strip of all rows stays in the cache while every sweep passes over it, and
 * the row that two neighbouring rotations share stays in registers.
 */
import { multiplyAdd, multiplySubtract } from './fused';
import { at } from './layout';

/** Bytes of one rotation: cosine and sine. */
export const ROTATION: usize = 16;

/** Columns of a strip, in bytes. */
const STRIP: usize = 64;

/**
 * Applies `sweeps` sweeps to the rows of `x`: x_i <- c x_i + s x_(i + 1), x_(i + 1) <- c x_(i + 1) - s x_i.
 *
 * @param x rows `row` bytes apart, a multiple of 64
 * @param ranges (sweeps, 2) i32: first and last row of each
 * @param rotations of all sweeps, one sweep `stride` bytes after the other
 */
export function applySweeps(x: usize, row: usize, ranges: usize, rotations: usize, stride: usize, sweeps: i32): void {
  for (let column: usize = 0; column < row; column += STRIP)
    for (let k = 0; k < sweeps; k++) {
      const range = ranges + ((<usize>k) << 3);
      const first = load<i32>(range), last = load<i32>(range, 4);
      rotateStrip(x + column + <usize>first * row, row, rotations + <usize>k * stride, last - first);
    }
}

/** One sweep over eight columns; the lower row of each rotation is the upper row of the next. */
export function rotateStrip(x: usize, row: usize, rotations: usize, count: i32): void {
  let y0 = v128.load(x), y1 = v128.load(x, 16), y2 = v128.load(x, 32), y3 = v128.load(x, 48);
  const end = rotations + <usize>count * ROTATION;
  for (let r = rotations; r < end; r += ROTATION) {
    const c = v128.load64_splat(r), s = v128.load64_splat(r, 8);
    const next = x + row;
    let z = v128.load(next);
    v128.store(x, multiplyAdd(s, z, f64x2.mul(c, y0)));
    y0 = multiplySubtract(s, y0, f64x2.mul(c, z));
    z = v128.load(next, 16);
    v128.store(x, multiplyAdd(s, z, f64x2.mul(c, y1)), 16);
    y1 = multiplySubtract(s, y1, f64x2.mul(c, z));
    z = v128.load(next, 32);
    v128.store(x, multiplyAdd(s, z, f64x2.mul(c, y2)), 32);
    y2 = multiplySubtract(s, y2, f64x2.mul(c, z));
    z = v128.load(next, 48);
    v128.store(x, multiplyAdd(s, z, f64x2.mul(c, y3)), 48);
    y3 = multiplySubtract(s, y3, f64x2.mul(c, z));
    x = next;
  }
  v128.store(x, y0);
  v128.store(x, y1, 16);
  v128.store(x, y2, 32);
  v128.store(x, y3, 48);
}

/** Negates a row. */
export function negateRow(x: usize, bytes: usize): void {
  for (let j = x; j < x + bytes; j += 16) v128.store(j, f64x2.neg(v128.load(j)));
}

/** Exchanges two rows. */
export function exchangeRows(x: usize, y: usize, bytes: usize): void {
  for (let j: usize = 0; j < bytes; j += 16) {
    const z = v128.load(x + j);
    v128.store(x + j, v128.load(y + j));
    v128.store(y + j, z);
  }
}
