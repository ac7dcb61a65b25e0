/**
 * All eigenvalues of a symmetric tridiagonal matrix: the square-root-free QL iteration of Pal, Walker and Kahan.
 *
 * In: diagonal and off-diagonal, both overwritten. Out: eigenvalues in the diagonal's place, unordered.
 *
 * 1. split where an off-diagonal is negligible against its neighbours or against the norm;
 * 2. in each part iterate with Wilkinson's shift from the end whose diagonal entry is smaller, deflating one value at
 *    a time; the work is about 0.8 n^2 short steps.
 *
 * Guaranteed: absolute error of a few eps times the norm. Not guaranteed: relative accuracy of the small values.
 * Source: Parlett 1980, "The symmetric eigenvalue problem", section 8.15; LAPACK's dsterf is the same iteration.
 */
import { at } from './layout';

/** Half the distance from 1 to the next double. */
const EPS: f64 = 1.1102230246251565e-16;

/** Iterations allowed for each eigenvalue; two are usual. */
const MOST_ITERATIONS: i32 = 60;

/**
 * @param d (n,) diagonal; becomes the eigenvalues
 * @param e (n,) off-diagonal, e[n - 1] ignored; overwritten
 * @returns 0, or 1 if some value did not converge
 */
export function tridiagonalEigenvalues(d: usize, e: usize, n: i32): i32 {
  if (n < 2) return 0;
  let norm: f64 = 0;
  for (let i = 0; i < n; i++) {
    norm = max(norm, Math.abs(load<f64>(d + at(i))));
    if (i < n - 1) norm = max(norm, Math.abs(load<f64>(e + at(i))));
  }
  // An off-diagonal below eps/16 of the norm moves no eigenvalue by more than that.
  const small = (0.0625 * EPS * norm) * (0.0625 * EPS * norm);
  for (let i = 0; i < n - 1; i++) store<f64>(e + at(i), load<f64>(e + at(i)) * load<f64>(e + at(i)));
  store<f64>(e + at(n - 1), 0);
  for (let first = 0; first < n; ) {
    const last = endOfPart(d, e, first, n - 1, small);
    if (Math.abs(load<f64>(d + at(last))) < Math.abs(load<f64>(d + at(first)))) reversePart(d, e, first, last);
    if (solvePart(d, e, first, last, small)) return 1;
    first = last + 1;
  }
  return 0;
}

// @ts-ignore: decorator
@inline
function negligible(d: usize, e: usize, i: i32, small: f64): bool {
  const square = load<f64>(e + at(i));
  return square <= small || square <= EPS * EPS * Math.abs(load<f64>(d + at(i)) * load<f64>(d + at(i + 1)));
}

/** Last row of the unreduced part that starts at `first`; clears the off-diagonal behind it. */
function endOfPart(d: usize, e: usize, first: i32, last: i32, small: f64): i32 {
  let m = first;
  while (m < last && !negligible(d, e, m, small)) m++;
  store<f64>(e + at(m), 0);
  return m;
}

function reversePart(d: usize, e: usize, first: i32, last: i32): void {
  for (let i = first, j = last; i < j; i++, j--) {
    const swap = load<f64>(d + at(i));
    store<f64>(d + at(i), load<f64>(d + at(j)));
    store<f64>(d + at(j), swap);
  }
  for (let i = first, j = last - 1; i < j; i++, j--) {
    const swap = load<f64>(e + at(i));
    store<f64>(e + at(i), load<f64>(e + at(j)));
    store<f64>(e + at(j), swap);
  }
}

/** Eigenvalues of rows first .. last, deflated from the top; parts that split off below are taken up in turn. */
function solvePart(d: usize, e: usize, first: i32, last: i32, small: f64): bool {
  let left = MOST_ITERATIONS * (last - first + 1);
  for (let l = first; l <= last; ) {
    const m = endOfPart(d, e, l, last, small);
    if (m == l) {
      l++;
    } else if (m == l + 1) {
      solvePair(d, e, l);
      l += 2;
    } else {
      if (left-- == 0) return true;
      qlSweep(d, e, l, m);
    }
  }
  return false;
}

/** The 2 x 2 part at l; the value nearer to zero comes from the determinant to avoid cancellation. */
function solvePair(d: usize, e: usize, l: i32): void {
  const a = load<f64>(d + at(l)), c = load<f64>(d + at(l + 1)), square = load<f64>(e + at(l));
  const half = 0.5 * (a - c);
  const root = Math.sqrt(half * half + square);
  const middle = 0.5 * (a + c);
  const far = middle < 0 ? middle - root : middle + root;
  const near = far == 0 ? 0 : (a / far) * c - square / far;
  store<f64>(d + at(l), far);
  store<f64>(d + at(l + 1), near);
}

/** One QL sweep over rows l .. m with Wilkinson's shift; e holds squares. */
export function qlSweep(d: usize, e: usize, l: i32, m: i32): void {
  const top = load<f64>(d + at(l));
  const root = Math.sqrt(load<f64>(e + at(l)));
  const half = (load<f64>(d + at(l + 1)) - top) / (2 * root);
  const length = Math.sqrt(half * half + 1);
  const shift = top - root / (half + (half < 0 ? -length : length));
  let cosine: f64 = 1, sine: f64 = 0;
  let gamma = load<f64>(d + at(m)) - shift;
  let p = gamma * gamma;
  for (let i = m - 1; i >= l; i--) {
    const square = load<f64>(e + at(i));
    const r = p + square;
    if (i != m - 1) store<f64>(e + at(i + 1), sine * r);
    const before = cosine;
    cosine = p / r;
    sine = square / r;
    const old = gamma;
    const alpha = load<f64>(d + at(i));
    gamma = cosine * (alpha - shift) - sine * old;
    store<f64>(d + at(i + 1), old + (alpha - gamma));
    p = cosine != 0 ? gamma * gamma * (r / p) : before * square;
  }
  store<f64>(e + at(l), sine * p);
  store<f64>(d + at(l), shift + gamma);
}
