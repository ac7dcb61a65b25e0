/**
 * Gram matrix of the smaller side, in float64.
 *
 * In: an m x n matrix in chunks along its longer side, float32 or float64. Out: X X^T (m <= n) or X^T X (m > n) by
 * its lower 64 x 64 blocks (layout.ts), diagonal blocks in full.
 *
 * 1. pack: scale a chunk, convert it to float64 and lay it out in groups of four rows of the smaller side, group g
 *    holding element (4 g + r, k) at [g][k][r];
 * 2. add: C += P P^T over the lower tiles;
 * 3. mirror: complete the diagonal blocks.
 *
 * Guaranteed: products of two float32 numbers are exact; sums run over at most one chunk before they are added to the
 * total, so the error grows with the chunk and the number of chunks, not with their product.
 */
import { at, BLOCK, BLOCK_ROW, blockAt } from './layout';
import { addProduct } from './tiles';

/** Groups of four rows in a block. */
const GROUPS: i32 = BLOCK / 4;

/** Groups whose packed rows (8 KB each at depth 256) stay in the second-level cache while all rows pass over them. */
const STRIP: i32 = 4 * GROUPS;

/**
 * Packs a chunk whose contiguous direction is the smaller side (a tall matrix: `depth` rows of `side` columns).
 *
 * @param scale1 scale2: powers of two, applied one after the other because their product may not be a number
 */
function packAcross<T>(raw: usize, side: i32, depth: i32, packed: usize, scale1: f64, scale2: f64): void {
  const length = (<usize>depth) << 5;
  const factor1 = f64x2.splat(scale1), factor2 = f64x2.splat(scale2);
  for (let k = 0; k < depth; k++) {
    let from = raw + <usize>k * <usize>side * sizeof<T>();
    let out = packed + ((<usize>k) << 5);
    for (let g = 0; g < side >> 2; g++, out += length, from += 4 * sizeof<T>()) {
      v128.store(out, f64x2.mul(f64x2.mul(loadPair<T>(from), factor1), factor2));
      v128.store(out, f64x2.mul(f64x2.mul(loadPair<T>(from + 2 * sizeof<T>()), factor1), factor2), 16);
    }
    if (!(side & 3)) continue;
    for (let r = 0; r < 4; r++) {
      const x: f64 = r < (side & 3) ? (<f64>load<T>(from + <usize>r * sizeof<T>())) * scale1 * scale2 : 0;
      store<f64>(out + at(r), x);
    }
  }
}

/** Two neighbouring entries as doubles. */
// @ts-ignore: decorator
@inline
function loadPair<T>(from: usize): v128 {
  if (sizeof<T>() == 8) return v128.load(from);
  return f64x2.promote_low_f32x4(v128.load64_zero(from));
}

/** Packs a chunk whose contiguous direction is the longer side (a wide matrix: `side` rows of `depth` columns). */
function packAlong<T>(raw: usize, side: i32, depth: i32, packed: usize, scale1: f64, scale2: f64): void {
  const groups = (side + 3) >> 2;
  let out = packed;
  for (let g = 0; g < groups; g++) {
    for (let r = 0; r < 4; r++) {
      const i = (g << 2) + r;
      const row = raw + <usize>i * <usize>depth * sizeof<T>();
      const to = out + at(r);
      for (let k = 0; k < depth; k++) {
        const x: f64 = i < side ? (<f64>load<T>(row + <usize>k * sizeof<T>())) * scale1 * scale2 : 0;
        store<f64>(to + ((<usize>k) << 5), x);
      }
    }
    out += (<usize>depth) << 5;
  }
}

export function packAcross32(raw: usize, side: i32, depth: i32, packed: usize, scale1: f64, scale2: f64): void {
  packAcross<f32>(raw, side, depth, packed, scale1, scale2);
}

export function packAcross64(raw: usize, side: i32, depth: i32, packed: usize, scale1: f64, scale2: f64): void {
  packAcross<f64>(raw, side, depth, packed, scale1, scale2);
}

export function packAlong32(raw: usize, side: i32, depth: i32, packed: usize, scale1: f64, scale2: f64): void {
  packAlong<f32>(raw, side, depth, packed, scale1, scale2);
}

export function packAlong64(raw: usize, side: i32, depth: i32, packed: usize, scale1: f64, scale2: f64): void {
  packAlong<f64>(raw, side, depth, packed, scale1, scale2);
}

/**
 * gram += P P^T over the tiles of the lower half.
 *
 * @param doubled scratch, depth * 64 bytes
 */
export function addGram(packed: usize, side: i32, depth: i32, gram: usize, doubled: usize): void {
  const groups = (side + 3) >> 2;
  const length = (<usize>depth) << 5;
  for (let first = 0; first < groups; first += STRIP) {
    for (let g = first; g < groups; g++) {
      doublePacked(packed + <usize>g * length, depth << 2, doubled);
      const row = <usize>((g & 15) << 2) * BLOCK_ROW;
      for (let left = first; left <= min(g, first + STRIP - 1); left += GROUPS) {
        const count = min(g + 1 - left, GROUPS);
        const tile = blockAt(gram, g / GROUPS, left / GROUPS) + row;
        addProduct(doubled, packed + <usize>left * length, 32, length, count, depth, tile, BLOCK_ROW);
      }
    }
  }
}

/** Writes each of `count` doubles twice. */
export function doublePacked(from: usize, count: i32, to: usize): void {
  const end = from + ((<usize>count) << 3);
  for (; from < end; from += 32, to += 64) {
    v128.store(to, v128.load64_splat(from));
    v128.store(to, v128.load64_splat(from, 8), 16);
    v128.store(to, v128.load64_splat(from, 16), 32);
    v128.store(to, v128.load64_splat(from, 24), 48);
  }
}

/** Copies the lower half of each diagonal block to its upper half. */
export function mirrorDiagonalBlocks(gram: usize, size: i32): void {
  for (let b = 0; b << 6 < size; b++) {
    const block = blockAt(gram, b, b);
    for (let i = 0; i < BLOCK; i++)
      for (let j = 0; j < i; j++)
        store<f64>(
          block + <usize>j * BLOCK_ROW + ((<usize>i) << 3),
          load<f64>(block + <usize>i * BLOCK_ROW + ((<usize>j) << 3)),
        );
  }
}
