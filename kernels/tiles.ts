/**
 * The register tiles that nearly all arithmetic runs through.
 *
 * A tile keeps sixteen sums in eight f64x2 registers and takes six vector loads for eight products and eight sums. The
 * loops are not unrolled and broadcast nothing: more than six operands in flight spill sums to memory, and broadcasts
 * cost an address computation each, so factors that multiply whole vectors are stored twice ("doubled") beforehand.
 *
 * Both functions are exported from the module although only other kernels call them: an engine recompiles a function
 * with its optimising compiler between calls, not in the middle of a long loop, so hot loops must stay functions of
 * their own, and an export is what keeps the optimiser from inlining them into their one caller.
 */
import { multiplyAdd } from './fused';
import { BLOCK_ROW } from './layout';

/**
 * C += P^T Q for `count` neighbouring 4 x 4 tiles of C, where P has four columns.
 *
 * @param p (depth, 4) doubled: 64 bytes a row
 * @param q (depth, 4) for the first tile; rows `qRow` bytes apart, next tile `qTile` bytes on
 * @param c first tile; rows `cRow` bytes apart, next tile 32 bytes on
 */
export function addProduct(
  p: usize, q: usize, qRow: usize, qTile: usize, count: i32, depth: i32, c: usize, cRow: usize,
): void {
  const end = p + ((<usize>depth) << 6);
  for (let t = 0; t < count; t++, q += qTile, c += 32) {
    let s00 = f64x2.splat(0), s01 = f64x2.splat(0), s10 = f64x2.splat(0), s11 = f64x2.splat(0);
    let s20 = f64x2.splat(0), s21 = f64x2.splat(0), s30 = f64x2.splat(0), s31 = f64x2.splat(0);
    for (let a = p, b = q; a < end; a += 64, b += qRow) {
      const q0 = v128.load(b), q1 = v128.load(b, 16);
      let x = v128.load(a);
      s00 = multiplyAdd(x, q0, s00);
      s01 = multiplyAdd(x, q1, s01);
      x = v128.load(a, 16);
      s10 = multiplyAdd(x, q0, s10);
      s11 = multiplyAdd(x, q1, s11);
      x = v128.load(a, 32);
      s20 = multiplyAdd(x, q0, s20);
      s21 = multiplyAdd(x, q1, s21);
      x = v128.load(a, 48);
      s30 = multiplyAdd(x, q0, s30);
      s31 = multiplyAdd(x, q1, s31);
    }
    let row = c;
    v128.store(row, f64x2.add(v128.load(row), s00));
    v128.store(row, f64x2.add(v128.load(row, 16), s01), 16);
    row += cRow;
    v128.store(row, f64x2.add(v128.load(row), s10));
    v128.store(row, f64x2.add(v128.load(row, 16), s11), 16);
    row += cRow;
    v128.store(row, f64x2.add(v128.load(row), s20));
    v128.store(row, f64x2.add(v128.load(row, 16), s21), 16);
    row += cRow;
    v128.store(row, f64x2.add(v128.load(row), s30));
    v128.store(row, f64x2.add(v128.load(row, 16), s31), 16);
  }
}

/**
 * C += X A^T for sixteen rows of X and four rows of A, both in block rows; every sum is kept as two halves.
 *
 * @param a four rows, BLOCK_ROW bytes apart
 * @param x sixteen rows, BLOCK_ROW bytes apart
 * @param depth even
 * @param c (16, 64) pairs of doubles, 1024 bytes a row: entry (i, r) is in two halves at row i, pair r
 */
export function addDots(a: usize, x: usize, depth: i32, c: usize): void {
  const end = a + ((<usize>depth) << 3);
  for (let pair = 0; pair < 8; pair++, x += 2 * BLOCK_ROW, c += 2048) {
    let s00 = f64x2.splat(0), s01 = f64x2.splat(0), s10 = f64x2.splat(0), s11 = f64x2.splat(0);
    let s20 = f64x2.splat(0), s21 = f64x2.splat(0), s30 = f64x2.splat(0), s31 = f64x2.splat(0);
    for (let k = a, b = x; k < end; k += 16, b += 16) {
      const x0 = v128.load(b), x1 = v128.load(b, BLOCK_ROW);
      let f = v128.load(k);
      s00 = multiplyAdd(f, x0, s00);
      s01 = multiplyAdd(f, x1, s01);
      f = v128.load(k, BLOCK_ROW);
      s10 = multiplyAdd(f, x0, s10);
      s11 = multiplyAdd(f, x1, s11);
      f = v128.load(k, 2 * BLOCK_ROW);
      s20 = multiplyAdd(f, x0, s20);
      s21 = multiplyAdd(f, x1, s21);
      f = v128.load(k, 3 * BLOCK_ROW);
      s30 = multiplyAdd(f, x0, s30);
      s31 = multiplyAdd(f, x1, s31);
    }
    v128.store(c, f64x2.add(v128.load(c), s00));
    v128.store(c, f64x2.add(v128.load(c, 16), s10), 16);
    v128.store(c, f64x2.add(v128.load(c, 32), s20), 32);
    v128.store(c, f64x2.add(v128.load(c, 48), s30), 48);
    v128.store(c, f64x2.add(v128.load(c, 1024), s01), 1024);
    v128.store(c, f64x2.add(v128.load(c, 1040), s11), 1040);
    v128.store(c, f64x2.add(v128.load(c, 1056), s21), 1056);
    v128.store(c, f64x2.add(v128.load(c, 1072), s31), 1072);
  }
}
