/**
 * Householder reduction of a matrix to upper bidiagonal form, and the product of the reflections.
 *
 * In: A, m x n with m >= n, row-major. Out: B = Q^T A P with diagonal d and superdiagonal e; the reflections of Q and P.
 *
 * For k = 0 .. n - 1:
 * 1. u_k reflects column k onto d_k;
 * 2. w = A^T u_k, one pass over the trailing rows;
 * 3. v_k reflects what u_k leaves of row k onto e_k;
 * 4. each trailing row a <- a - u_i w, then a <- a - (a v_k) v_k, in one pass.
 *
 * Rows are padded with zeros to a multiple of 8 entries, so that no loop has a rest. Two passes over the trailing matrix
 * for each k are bound by the second-level cache; 8/3 n^3 operations for a square matrix.
 *
 * Source: Golub and Kahan 1965, "Calculating the singular values and pseudo-inverse of a matrix".
 */
import { multiplyAdd, multiplySubtract } from './fused';
import { at } from './layout';

/**
 * A square below this is taken for 0: near it squares lose their accuracy, and the matrix is scaled to entries of at
 * most 1, so that what is dropped is 1e-140 of the largest.
 */
const VANISHING: f64 = 1e-280;

/**
 * @param a (m, n), rows `row` bytes apart; overwritten
 * @param u (n, m), rows `uRow` bytes apart, zeroed: reflection I - u u^T, |u|^2 = 2 or 0
 * @param v (n, n), rows `row` bytes apart, zeroed: likewise
 * @param d (n,), e (n,) the bidiagonal; e[n - 1] = 0
 * @param w scratch of `row` bytes, zeroed
 */
export function reduceToBidiagonal(
  a: usize, m: i32, n: i32, row: usize, u: usize, uRow: usize, v: usize, d: usize, e: usize, w: usize,
): void {
  for (let k = 0; k < n; k++) {
    const uk = u + <usize>k * uRow, vk = v + <usize>k * row;
    for (let i = k; i < m; i++) store<f64>(uk + at(i), load<f64>(a + <usize>i * row + at(k)));
    store<f64>(d + at(k), makeReflection(uk, k, m));
    store<f64>(e + at(k), 0);
    if (k == n - 1) break;
    const from = at((k + 1) & ~1);
    memory.fill(w, 0, row);
    for (let i = k & ~3; i < m; i += 4) addRows(a, row, uk, i, m, w, from);
    if (!(k & 1)) store<f64>(w + at(k), 0);
    const first = a + <usize>k * row;
    const uFirst = load<f64>(uk + at(k));
    for (let j = k + 1; j < n; j++)
      store<f64>(vk + at(j), load<f64>(first + at(j)) - uFirst * load<f64>(w + at(j)));
    store<f64>(e + at(k), makeReflection(vk, k + 1, n));
    for (let i = k + 1; i < m; i++)
      reflectRow(a + <usize>i * row + from, load<f64>(uk + at(i)), w + from, vk + from, row - from);
  }
}

/**
 * x becomes the vector of the reflection I - x x^T that takes x, from entry k on, to a multiple of the first unit vector.
 *
 * @returns the multiple
 */
function makeReflection(x: usize, k: i32, length: i32): f64 {
  const head = load<f64>(x + at(k));
  let square: f64 = 0;
  for (let i = k + 1; i < length; i++) square += load<f64>(x + at(i)) * load<f64>(x + at(i));
  if (square <= VANISHING) {
    memory.fill(x + at(k), 0, at(length - k));
    return head;
  }
  const norm = Math.sqrt(head * head + square);
  const target = head > 0 ? -norm : norm;
  const scale = 1 / Math.sqrt(target * (target - head));
  store<f64>(x + at(k), (head - target) * scale);
  for (let i = k + 1; i < length; i++) store<f64>(x + at(i), load<f64>(x + at(i)) * scale);
  return target;
}

/** w += u_i a_i for rows i .. i + 3, of which those from m on count nothing. */
export function addRows(a: usize, row: usize, u: usize, i: i32, m: i32, w: usize, from: usize): void {
  const a0 = a + <usize>i * row, a1 = a + <usize>min(i + 1, m - 1) * row;
  const a2 = a + <usize>min(i + 2, m - 1) * row, a3 = a + <usize>min(i + 3, m - 1) * row;
  const u0 = v128.load64_splat(u + at(i)), u1 = v128.load64_splat(u + at(i + 1));
  const u2 = v128.load64_splat(u + at(i + 2)), u3 = v128.load64_splat(u + at(i + 3));
  for (let j = from; j < row; j += 16) {
    const low = multiplyAdd(u1, v128.load(a1 + j), f64x2.mul(u0, v128.load(a0 + j)));
    const high = multiplyAdd(u3, v128.load(a3 + j), f64x2.mul(u2, v128.load(a2 + j)));
    v128.store(w + j, f64x2.add(v128.load(w + j), f64x2.add(low, high)));
  }
}

/** a <- a - factor w, then a <- a - (a v) v. */
export function reflectRow(a: usize, factor: f64, w: usize, v: usize, bytes: usize): void {
  const f = f64x2.splat(factor);
  let even = f64x2.splat(0), odd = f64x2.splat(0);
  let j: usize = 0;
  for (; j + 32 <= bytes; j += 32) {
    const x = multiplySubtract(f, v128.load(w + j), v128.load(a + j));
    const y = multiplySubtract(f, v128.load(w + j, 16), v128.load(a + j, 16));
    v128.store(a + j, x);
    v128.store(a + j, y, 16);
    even = multiplyAdd(x, v128.load(v + j), even);
    odd = multiplyAdd(y, v128.load(v + j, 16), odd);
  }
  for (; j < bytes; j += 16) {
    const x = multiplySubtract(f, v128.load(w + j), v128.load(a + j));
    v128.store(a + j, x);
    even = multiplyAdd(x, v128.load(v + j), even);
  }
  even = f64x2.add(even, odd);
  const z = f64x2.splat(f64x2.extract_lane(even, 0) + f64x2.extract_lane(even, 1));
  for (j = 0; j < bytes; j += 16) v128.store(a + j, multiplySubtract(z, v128.load(v + j), v128.load(a + j)));
}

/**
 * Rows of the transposed product of reflections H_0 H_1 ..., of which row j is H_0 ... H_(count - 1) e_j.
 *
 * Four rows at a time stay in the first-level cache while all reflections pass over them.
 *
 * @param vectors (count, length), rows `row` bytes apart; vector k begins at entry k + `shift`
 * @param out (rows, length), rows `row` bytes apart, zeroed; at least `rows` rounded up to a multiple of 4 rows
 */
export function multiplyReflections(vectors: usize, count: i32, shift: i32, row: usize, out: usize, rows: i32): void {
  for (let j = 0; j < rows; j += 4) {
    const x = out + <usize>j * row;
    for (let r = 0; r < 4 && j + r < rows; r++) store<f64>(x + <usize>r * row + at(j + r), 1);
    for (let k = min(j + 3, count - 1); k >= 0; k--) {
      const from = at((k + shift) & ~1);
      reflectFour(x + from, row, vectors + <usize>k * row + from, row - from);
    }
  }
}

/** x <- x - (x v) v for four rows. */
export function reflectFour(x: usize, row: usize, v: usize, bytes: usize): void {
  const x1 = x + row, x2 = x1 + row, x3 = x2 + row;
  let s0 = f64x2.splat(0), s1 = f64x2.splat(0), s2 = f64x2.splat(0), s3 = f64x2.splat(0);
  for (let j: usize = 0; j < bytes; j += 16) {
    const y = v128.load(v + j);
    s0 = multiplyAdd(y, v128.load(x + j), s0);
    s1 = multiplyAdd(y, v128.load(x1 + j), s1);
    s2 = multiplyAdd(y, v128.load(x2 + j), s2);
    s3 = multiplyAdd(y, v128.load(x3 + j), s3);
  }
  s0 = bothLanes(s0);
  s1 = bothLanes(s1);
  s2 = bothLanes(s2);
  s3 = bothLanes(s3);
  for (let j: usize = 0; j < bytes; j += 16) {
    const y = v128.load(v + j);
    v128.store(x + j, multiplySubtract(s0, y, v128.load(x + j)));
    v128.store(x1 + j, multiplySubtract(s1, y, v128.load(x1 + j)));
    v128.store(x2 + j, multiplySubtract(s2, y, v128.load(x2 + j)));
    v128.store(x3 + j, multiplySubtract(s3, y, v128.load(x3 + j)));
  }
}

/** Each lane the sum of both. */
// @ts-ignore: decorator
@inline
function bothLanes(x: v128): v128 {
  return f64x2.splat(f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1));
}
