/**
 * Householder QR of a panel of sixteen columns, stored as sixteen rows (V^T), in the compact form Q = I - V T V^T.
 *
 * Source: Schreiber and Van Loan 1989 (compact WY representation).
 */

import { multiplyAdd, multiplySubtract } from './fused';
import { at, BAND_COLUMN, WIDTH } from './layout';

/**
 * Factors a panel: v comes in as the transposed panel and goes out as V^T, its zeros and ones written out.
 *
 * @param v sixteen rows of `row` bytes, used from column `start` to `size`, both multiples of 16
 * @param t out: (16, 16) row-major, upper triangular
 * @param products scratch, sixteen doubles
 * @param band first of the panel's sixteen columns; R goes to slots 16 + i - c
 */
export function factorPanel(
  v: usize, row: usize, start: i32, size: i32, t: usize, products: usize, band: usize,
): void {
  memory.fill(t, 0, 2048);
  for (let c = 0; c < WIDTH; c++) {
    const x = v + <usize>c * row, head = start + c;
    const tau = reflector(x, head, size);
    moveTriangle(x, start, c, band + <usize>c * BAND_COLUMN);
    for (let other = c + 1; other < WIDTH; other++) applyReflector(x, v + <usize>other * row, head, size, tau);
    for (let other = 0; other < c; other++) store<f64>(products + at(other), dot(v + <usize>other * row, x, head, size));
    extendTriangle(t, products, c, tau);
  }
}

/** Moves column c of R to the band and leaves the zeros and the one of v. */
function moveTriangle(x: usize, start: i32, c: i32, column: usize): void {
  for (let i = 0; i <= c; i++) {
    store<f64>(column + at(16 + i - c), load<f64>(x + at(start + i)));
    store<f64>(x + at(start + i), i == c ? 1 : 0);
  }
}

/**
 * Householder vector of x[first ..]: x[first] becomes beta, the rest v with v[first] = 1 understood.
 *
 * @returns tau of I - tau v v^T; 0 where there is nothing to eliminate
 */
function reflector(x: usize, first: i32, rows: i32): f64 {
  const sum = dot(x, x, first + 1, rows);
  if (sum == 0) return 0;
  const head = x + at(first);
  const alpha = load<f64>(head);
  const norm = Math.sqrt(alpha * alpha + sum);
  const beta = alpha > 0 ? -norm : norm;
  const factor = 1 / (alpha - beta);
  for (let i = first + 1; i < rows; i++) {
    const entry = x + at(i);
    store<f64>(entry, load<f64>(entry) * factor);
  }
  store<f64>(head, beta);
  return (beta - alpha) / beta;
}

/** y -= tau v (v^T y) over rows first .. */
export function applyReflector(v: usize, y: usize, first: i32, rows: i32, tau: f64): void {
  const factor = tau * dot(v, y, first, rows);
  if (factor == 0) return;
  let i = at(first);
  const end = at(rows);
  if (first & 1) {
    store<f64>(y + i, load<f64>(y + i) - factor * load<f64>(v + i));
    i += 8;
  }
  const f = f64x2.splat(factor);
  for (; i < end; i += 16) v128.store(y + i, multiplySubtract(f, v128.load(v + i), v128.load(y + i)));
}

/** x^T y over rows first .. rows; `rows` is even. */
export function dot(x: usize, y: usize, first: i32, rows: i32): f64 {
  let i = at(first);
  const end = at(rows);
  let sum: f64 = 0;
  if (first & 1) {
    sum = load<f64>(x + i) * load<f64>(y + i);
    i += 8;
  }
  let s0 = f64x2.splat(0), s1 = f64x2.splat(0), s2 = f64x2.splat(0), s3 = f64x2.splat(0);
  for (; i + 64 <= end; i += 64) {
    s0 = multiplyAdd(v128.load(x + i), v128.load(y + i), s0);
    s1 = multiplyAdd(v128.load(x + i, 16), v128.load(y + i, 16), s1);
    s2 = multiplyAdd(v128.load(x + i, 32), v128.load(y + i, 32), s2);
    s3 = multiplyAdd(v128.load(x + i, 48), v128.load(y + i, 48), s3);
  }
  for (; i < end; i += 16) s0 = multiplyAdd(v128.load(x + i), v128.load(y + i), s0);
  s0 = f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3));
  return sum + f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1);
}

/** Column c of T: T[0..c, c] = -tau T[0..c, 0..c] (V^T v_c), T[c, c] = tau. */
function extendTriangle(t: usize, products: usize, c: i32, tau: f64): void {
  for (let i = 0; i < c; i++) {
    let sum: f64 = 0;
    for (let k = i; k < c; k++)
      sum += load<f64>(t + at(i * 16 + k)) * load<f64>(products + at(k));
    store<f64>(t + at(i * 16 + c), -tau * sum);
  }
  store<f64>(t + at(c * 16 + c), tau);
}
