/**
 * Singular values and vectors of an upper bidiagonal matrix by implicit QR.
 *
 * In: diagonal d, superdiagonal e, and the transposes of the orthogonal factors on either side, whose rows are rotated along.
 * Out: singular values in d, descending and not negative; row i of each factor is the vector of d_i.
 *
 * 1. split where a superdiagonal entry is below 16 eps times the largest entry, eps = 2^-52: rounding keeps the entries between
 *    equal values near 3 eps, and LAPACK's dbdsqr allows 90;
 * 2. in the last unsplit part iterate with the shift of its trailing 2 x 2 block (Golub and Kahan), or with none where a
 *    shift would not change the first rotation or a diagonal entry is zero (Demmel and Kahan), until its last entry
 *    of e is negligible;
 * 3. rotations are gathered and applied to the factors several sweeps at a time (rotations.ts);
 * 4. signs are moved into the right factor, and the values sorted.
 *
 * Guaranteed: backward stable; values within a few eps of the largest, factors orthogonal to n eps whatever the values.
 *
 * Source: Demmel and Kahan 1990, "Accurate singular values of bidiagonal matrices" (SIAM J. Sci. Stat. Comput. 11).
 */
import { at } from './layout';
import { applySweeps, exchangeRows, negateRow, ROTATION } from './rotations';

/** Distance from 1 to the next double. */
const EPS: f64 = 2.220446049250313e-16;

/** An entry below this share of the largest one is 0. */
const NEGLIGIBLE: f64 = 16 * EPS;

/** Sweeps gathered before they are applied. */
const GATHERED: i32 = 24;

/** Sweeps allowed for each value; two are usual. */
const MOST_SWEEPS: i32 = 60;

/** Bytes of scratch that bidiagonalVectors needs for n values: ranges, and left and right rotations. */
export function bidiagonalScratchBytes(n: i32): usize {
  return <usize>GATHERED * (8 + 2 * <usize>n * ROTATION) + 64;
}

/**
 * @param left (n, .) transposed left factor, rows `leftRow` bytes apart, a multiple of 64
 * @param right (n, .) likewise
 * @returns 0, or 1 if some value did not converge
 */
export function bidiagonalVectors(
  d: usize, e: usize, n: i32, left: usize, leftRow: usize, right: usize, rightRow: usize, scratch: usize,
): i32 {
  const stride = <usize>n * ROTATION;
  const ranges = scratch;
  const leftRotations = scratch + ((<usize>GATHERED * 8 + 63) & ~63);
  const rightRotations = leftRotations + <usize>GATHERED * stride;
  const small = NEGLIGIBLE * largestEntry(d, e, n);
  let allowed: i64 = <i64>MOST_SWEEPS * n, gathered = 0;
  for (let last = n - 1; last > 0; ) {
    if (Math.abs(load<f64>(e + at(last - 1))) <= small) {
      store<f64>(e + at(--last), 0);
      continue;
    }
    if (allowed-- == 0) return 1;
    const first = firstOfPart(e, last, small);
    const toLeft = leftRotations + <usize>gathered * stride, toRight = rightRotations + <usize>gathered * stride;
    sweep(d, e, first, last, small, toLeft, toRight);
    store<i32>(ranges + ((<usize>gathered) << 3), first);
    store<i32>(ranges + ((<usize>gathered) << 3), last, 4);
    if (++gathered < GATHERED) continue;
    applySweeps(left, leftRow, ranges, leftRotations, stride, gathered);
    applySweeps(right, rightRow, ranges, rightRotations, stride, gathered);
    gathered = 0;
  }
  applySweeps(left, leftRow, ranges, leftRotations, stride, gathered);
  applySweeps(right, rightRow, ranges, rightRotations, stride, gathered);
  makePositive(d, n, right, rightRow);
  sortDescending(d, n, left, leftRow, right, rightRow);
  return 0;
}

function largestEntry(d: usize, e: usize, n: i32): f64 {
  let largest: f64 = 0;
  for (let i = 0; i < n; i++) largest = max(largest, max(Math.abs(load<f64>(d + at(i))), Math.abs(load<f64>(e + at(i)))));
  return largest;
}

/** First row of the unsplit part that ends at `last`. */
function firstOfPart(e: usize, last: i32, small: f64): i32 {
  let first = last - 1;
  while (first > 0 && Math.abs(load<f64>(e + at(first - 1))) > small) first--;
  if (first > 0) store<f64>(e + at(first - 1), 0);
  return first;
}

let cosine: f64 = 1;
let sine: f64 = 0;
let length: f64 = 0;

/** cosine, sine, length with cosine f + sine g = length and cosine g = sine f. */
// @ts-ignore: decorator
@inline
function rotate(f: f64, g: f64): void {
  if (g == 0) {
    cosine = 1;
    sine = 0;
    length = f;
    return;
  }
  length = Math.sqrt(f * f + g * g);
  cosine = f / length;
  sine = g / length;
}

// @ts-ignore: decorator
@inline
function keep(rotation: usize): void {
  store<f64>(rotation, cosine);
  store<f64>(rotation, sine, 8);
}

/** One sweep over rows first .. last. */
export function sweep(d: usize, e: usize, first: i32, last: i32, small: f64, left: usize, right: usize): void {
  const top = Math.abs(load<f64>(d + at(first)));
  const shift = trailingShift(d, e, last);
  const zero = clearNegligible(d, first, last, small) || (shift / top) * (shift / top) < EPS;
  if (zero) sweepWithoutShift(d, e, first, last, left, right);
  else sweepWithShift(d, e, first, last, shift, left, right);
}

/** Sets diagonal entries within rounding to 0, which one sweep without shift then moves to the end; whether there were any. */
function clearNegligible(d: usize, first: i32, last: i32, small: f64): bool {
  let found = false;
  for (let i = first; i <= last; i++) {
    if (Math.abs(load<f64>(d + at(i))) > small) continue;
    store<f64>(d + at(i), 0);
    found = true;
  }
  return found;
}

/** The smaller singular value of the trailing 2 x 2 block. */
function trailingShift(d: usize, e: usize, last: i32): f64 {
  const f = Math.abs(load<f64>(d + at(last - 1))), g = Math.abs(load<f64>(e + at(last - 1)));
  const h = Math.abs(load<f64>(d + at(last)));
  const low = min(f, h), high = max(f, h);
  if (low == 0) return 0;
  // sigma_min sigma_max = f h and sigma_min^2 + sigma_max^2 = f^2 + g^2 + h^2, arranged so that nothing cancels.
  const sum = Math.sqrt((high + low) * (high + low) + g * g), difference = Math.sqrt((high - low) * (high - low) + g * g);
  return (2 * low * high) / (sum + difference);
}

function sweepWithShift(d: usize, e: usize, first: i32, last: i32, shift: f64, left: usize, right: usize): void {
  const top = load<f64>(d + at(first));
  let f = (Math.abs(top) - shift) * ((top < 0 ? -1.0 : 1.0) + shift / top);
  let g = load<f64>(e + at(first));
  for (let i = first; i < last; i++, left += ROTATION, right += ROTATION) {
    const di = load<f64>(d + at(i)), ei = load<f64>(e + at(i)), below = load<f64>(d + at(i + 1));
    rotate(f, g);
    keep(right);
    if (i > first) store<f64>(e + at(i - 1), length);
    const rotated = cosine * ei - sine * di;
    const lower = cosine * below;
    f = cosine * di + sine * ei;
    g = sine * below;
    rotate(f, g);
    keep(left);
    store<f64>(d + at(i), length);
    f = cosine * rotated + sine * lower;
    store<f64>(d + at(i + 1), cosine * lower - sine * rotated);
    if (i == last - 1) break;
    const next = load<f64>(e + at(i + 1));
    g = sine * next;
    store<f64>(e + at(i + 1), cosine * next);
  }
  store<f64>(e + at(last - 1), f);
}

function sweepWithoutShift(d: usize, e: usize, first: i32, last: i32, left: usize, right: usize): void {
  let outerCosine: f64 = 1, outerSine: f64 = 0, c: f64 = 1;
  for (let i = first; i < last; i++, left += ROTATION, right += ROTATION) {
    rotate(load<f64>(d + at(i)) * c, load<f64>(e + at(i)));
    keep(right);
    c = cosine;
    const s = sine;
    if (i > first) store<f64>(e + at(i - 1), outerSine * length);
    rotate(outerCosine * length, load<f64>(d + at(i + 1)) * s);
    keep(left);
    outerCosine = cosine;
    outerSine = sine;
    store<f64>(d + at(i), length);
  }
  const h = load<f64>(d + at(last)) * c;
  store<f64>(d + at(last), h * outerCosine);
  store<f64>(e + at(last - 1), h * outerSine);
}

function makePositive(d: usize, n: i32, right: usize, rightRow: usize): void {
  for (let i = 0; i < n; i++) {
    const value = load<f64>(d + at(i));
    if (value >= 0) continue;
    store<f64>(d + at(i), -value);
    negateRow(right + <usize>i * rightRow, rightRow);
  }
}

/** Selection sort: n exchanges of rows at the most. */
function sortDescending(d: usize, n: i32, left: usize, leftRow: usize, right: usize, rightRow: usize): void {
  for (let i = 0; i < n - 1; i++) {
    let most = i;
    for (let j = i + 1; j < n; j++) if (load<f64>(d + at(j)) > load<f64>(d + at(most))) most = j;
    if (most == i) continue;
    const value = load<f64>(d + at(i));
    store<f64>(d + at(i), load<f64>(d + at(most)));
    store<f64>(d + at(most), value);
    exchangeRows(left + <usize>i * leftRow, left + <usize>most * leftRow, leftRow);
    exchangeRows(right + <usize>i * rightRow, right + <usize>most * rightRow, rightRow);
  }
}
