/**
 * Reduction of a symmetric band of width 16 to tridiagonal form by bulge chasing (the second of two stages).
 *
 * In: the lower band by columns (layout.ts), followed by 32 columns of zeros, so that every block below is a full
 * 16 x 16 and no edge needs a case of its own. Out: diagonal and off-diagonal.
 *
 * For each column j, a reflector of length 16 clears it below its off-diagonal; then down the band, block by block:
 * 1. D <- H D H on the diagonal block of the reflector's rows;
 * 2. O <- O H on the block below it, which fills O;
 * 3. a new reflector clears the first column of O and is applied to the others; it takes the place of H.
 * In all about 6 * 16 n^2 operations on data that stays in the second-level cache.
 *
 * Source: Lang 1993, "A parallel algorithm for reducing symmetric banded matrices to tridiagonal form" (SISC 14).
 */
import { multiplyAdd, multiplySubtract } from './fused';
import { BAND_COLUMN } from './layout';

/** Bytes from element (i, j) to (i, j + 1) within the band: a block reads as a column-major matrix of this stride. */
const ACROSS: usize = BAND_COLUMN - 8;

/** Bytes of scratch: two reflectors and the product of a block with one, sixteen numbers each. */
export const CHASE_SCRATCH: usize = 4 * 128;

export function reduceToTridiagonal(band: usize, n: i32, diagonal: usize, offDiagonal: usize, scratch: usize): void {
  for (let j = 0; j < n - 2; j++) chase(band, n, j, scratch);
  for (let j = 0; j < n; j++) {
    const column = band + <usize>j * BAND_COLUMN;
    store<f64>(diagonal + ((<usize>j) << 3), load<f64>(column));
    store<f64>(offDiagonal + ((<usize>j) << 3), j < n - 1 ? load<f64>(column, 8) : 0);
  }
}

/** Clears column j below its off-diagonal and chases the bulge off the end. */
export function chase(band: usize, n: i32, j: i32, scratch: usize): void {
  let v = scratch, next = scratch + 128;
  const z = scratch + 256;
  let tau = reflector16(band + <usize>j * BAND_COLUMN + 8, v);
  for (let row = j + 1; row < n; row += 16) {
    const block = band + <usize>row * BAND_COLUMN;
    if (tau != 0) similarity16(block, v, tau, z);
    if (row + 16 >= n) return;
    const below = block + 128;
    if (tau != 0) blockTimesVector16(below, v, tau, z);
    else memory.fill(z, 0, 128);
    subtractOuter16(below, z, load<f64>(v));
    tau = reflector16(below, next);
    passRight16(below, z, v, next, tau);
    const swap = v;
    v = next;
    next = swap;
  }
}

/**
 * Householder vector of the sixteen numbers at x, which become beta, 0, ..., 0.
 *
 * @param v out: v[0] = 1
 * @returns tau of I - tau v v^T; 0 where there is nothing to eliminate
 */
export function reflector16(x: usize, v: usize): f64 {
  const alpha = load<f64>(x);
  const x0 = f64x2.replace_lane(v128.load(x), 0, 0);
  const x1 = v128.load(x, 16), x2 = v128.load(x, 32), x3 = v128.load(x, 48);
  const x4 = v128.load(x, 64), x5 = v128.load(x, 80), x6 = v128.load(x, 96), x7 = v128.load(x, 112);
  const s0 = multiplyAdd(x1, x1, f64x2.mul(x0, x0));
  const s1 = multiplyAdd(x3, x3, f64x2.mul(x2, x2));
  const s2 = multiplyAdd(x5, x5, f64x2.mul(x4, x4));
  const s3 = multiplyAdd(x7, x7, f64x2.mul(x6, x6));
  const s = f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3));
  const sum = f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1);
  if (sum == 0) {
    memory.fill(v, 0, 128);
    store<f64>(v, 1);
    return 0;
  }
  const norm = Math.sqrt(alpha * alpha + sum);
  const beta = alpha > 0 ? -norm : norm;
  const f = f64x2.splat(1 / (alpha - beta));
  v128.store(v, f64x2.replace_lane(f64x2.mul(x0, f), 0, 1));
  v128.store(v, f64x2.mul(x1, f), 16);
  v128.store(v, f64x2.mul(x2, f), 32);
  v128.store(v, f64x2.mul(x3, f), 48);
  v128.store(v, f64x2.mul(x4, f), 64);
  v128.store(v, f64x2.mul(x5, f), 80);
  v128.store(v, f64x2.mul(x6, f), 96);
  v128.store(v, f64x2.mul(x7, f), 112);
  memory.fill(x, 0, 128);
  store<f64>(x, beta);
  return (beta - alpha) / beta;
}

/** D <- H D H for the symmetric 16 x 16 block whose lower half starts at `block`. */
export function similarity16(block: usize, v: usize, tau: f64, w: usize): void {
  symmetricTimesVector16(block, v, w);
  let product: f64 = 0;
  for (let i: usize = 0; i < 128; i += 8) product += load<f64>(v + i) * load<f64>(w + i);
  const t = f64x2.splat(tau), h = f64x2.splat(0.5 * tau * tau * product);
  for (let i: usize = 0; i < 128; i += 16)
    v128.store(w + i, multiplySubtract(h, v128.load(v + i), f64x2.mul(t, v128.load(w + i))));
  for (let c: usize = 0; c < 16; c++) {
    const column = block + c * ACROSS;
    const vc = f64x2.splat(load<f64>(v + (c << 3))), wc = f64x2.splat(load<f64>(w + (c << 3)));
    for (let i = (c & ~1) << 3; i < 128; i += 16) {
      const change = multiplyAdd(wc, v128.load(v + i), f64x2.mul(vc, v128.load(w + i)));
      v128.store(column + i, f64x2.sub(v128.load(column + i), change));
    }
  }
}

/** w = D v from the lower half of D. */
export function symmetricTimesVector16(block: usize, v: usize, w: usize): void {
  memory.fill(w, 0, 128);
  for (let c: usize = 0; c < 16; c++) {
    const column = block + c * ACROSS;
    const at = c << 3;
    const vc = load<f64>(v + at);
    let sum = load<f64>(column + at) * vc;
    let i = at + 8;
    if (!(c & 1)) {
      const x = load<f64>(column + i);
      sum += x * load<f64>(v + i);
      store<f64>(w + i, load<f64>(w + i) + x * vc);
      i += 8;
    }
    let s = f64x2.splat(0);
    const f = f64x2.splat(vc);
    for (; i < 128; i += 16) {
      const x = v128.load(column + i);
      s = multiplyAdd(x, v128.load(v + i), s);
      v128.store(w + i, multiplyAdd(x, f, v128.load(w + i)));
    }
    store<f64>(w + at, load<f64>(w + at) + sum + f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1));
  }
}

/** z = tau O v for the 16 x 16 block at `block`. */
export function blockTimesVector16(block: usize, v: usize, tau: f64, z: usize): void {
  let z0 = f64x2.splat(0), z1 = f64x2.splat(0), z2 = f64x2.splat(0), z3 = f64x2.splat(0);
  let z4 = f64x2.splat(0), z5 = f64x2.splat(0), z6 = f64x2.splat(0), z7 = f64x2.splat(0);
  const end = block + 16 * ACROSS;
  for (let column = block; column < end; column += ACROSS, v += 8) {
    const f = v128.load64_splat(v);
    z0 = multiplyAdd(f, v128.load(column), z0);
    z1 = multiplyAdd(f, v128.load(column, 16), z1);
    z2 = multiplyAdd(f, v128.load(column, 32), z2);
    z3 = multiplyAdd(f, v128.load(column, 48), z3);
    z4 = multiplyAdd(f, v128.load(column, 64), z4);
    z5 = multiplyAdd(f, v128.load(column, 80), z5);
    z6 = multiplyAdd(f, v128.load(column, 96), z6);
    z7 = multiplyAdd(f, v128.load(column, 112), z7);
  }
  const t = f64x2.splat(tau);
  v128.store(z, f64x2.mul(t, z0));
  v128.store(z, f64x2.mul(t, z1), 16);
  v128.store(z, f64x2.mul(t, z2), 32);
  v128.store(z, f64x2.mul(t, z3), 48);
  v128.store(z, f64x2.mul(t, z4), 64);
  v128.store(z, f64x2.mul(t, z5), 80);
  v128.store(z, f64x2.mul(t, z6), 96);
  v128.store(z, f64x2.mul(t, z7), 112);
}

/** x -= f z for sixteen numbers. */
// @ts-ignore: decorator
@inline
function subtractOuter16(x: usize, z: usize, f: f64): void {
  const s = f64x2.splat(f);
  for (let i: usize = 0; i < 128; i += 16)
    v128.store(x + i, multiplySubtract(s, v128.load(z + i), v128.load(x + i)));
}

/** For columns 1 .. 15 of O: subtract z v_c (the old reflector from the right), then apply the new one from the left. */
export function passRight16(block: usize, z: usize, v: usize, next: usize, tau: f64): void {
  const end = block + 16 * ACROSS;
  for (let column = block + ACROSS; column < end; column += ACROSS) {
    v += 8;
    const f = v128.load64_splat(v);
    const x0 = multiplySubtract(f, v128.load(z), v128.load(column));
    const x1 = multiplySubtract(f, v128.load(z, 16), v128.load(column, 16));
    const x2 = multiplySubtract(f, v128.load(z, 32), v128.load(column, 32));
    const x3 = multiplySubtract(f, v128.load(z, 48), v128.load(column, 48));
    const x4 = multiplySubtract(f, v128.load(z, 64), v128.load(column, 64));
    const x5 = multiplySubtract(f, v128.load(z, 80), v128.load(column, 80));
    const x6 = multiplySubtract(f, v128.load(z, 96), v128.load(column, 96));
    const x7 = multiplySubtract(f, v128.load(z, 112), v128.load(column, 112));
    let s0 = multiplyAdd(x1, v128.load(next, 16), f64x2.mul(x0, v128.load(next)));
    let s1 = multiplyAdd(x3, v128.load(next, 48), f64x2.mul(x2, v128.load(next, 32)));
    s0 = f64x2.add(s0, multiplyAdd(x5, v128.load(next, 80), f64x2.mul(x4, v128.load(next, 64))));
    s1 = f64x2.add(s1, multiplyAdd(x7, v128.load(next, 112), f64x2.mul(x6, v128.load(next, 96))));
    s0 = f64x2.add(s0, s1);
    const g = f64x2.splat(tau * (f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1)));
    v128.store(column, multiplySubtract(g, v128.load(next), x0));
    v128.store(column, multiplySubtract(g, v128.load(next, 16), x1), 16);
    v128.store(column, multiplySubtract(g, v128.load(next, 32), x2), 32);
    v128.store(column, multiplySubtract(g, v128.load(next, 48), x3), 48);
    v128.store(column, multiplySubtract(g, v128.load(next, 64), x4), 64);
    v128.store(column, multiplySubtract(g, v128.load(next, 80), x5), 80);
    v128.store(column, multiplySubtract(g, v128.load(next, 96), x6), 96);
    v128.store(column, multiplySubtract(g, v128.load(next, 112), x7), 112);
  }
}
