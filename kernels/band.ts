/**
 * Orthogonal reduction of a symmetric matrix to a band of width 16 (the first of two stages to tridiagonal form).
 *
 * In: A by its lower 64 x 64 blocks (layout.ts), of a size that is a multiple of 16; it is overwritten.
 * Out: the band in column storage for tridiagonal.ts.
 *
 * For each panel of sixteen columns:
 * 1. Householder QR of the part below the band: Q = I - V T V^T, V unit lower trapezoidal, T upper triangular;
 * 2. X = V T and Y = A X;
 * 3. W = Y - V (X^T Y) / 2, so that Q^T A Q = A - V W^T - W V^T;
 * 4. that update of the trailing lower blocks.
 *
 * Steps 2 and 4 hold nearly all of the 4/3 n^3 operations, run through the register tiles and read A once each per
 * sixteen columns; a direct reduction to tridiagonal form reads it once per column and is bound by memory.
 * V^T is kept whole, X^T, Y^T and W^T by blocks of 64 columns; column i of each belongs to row i of A.
 *
 * Source: Bischof, Lang and Sun 2000, "A framework for symmetric band reduction" (ACM TOMS 26).
 */
import { at, BLOCK, BLOCK_BYTES, BLOCK_ROW, blockAt, BAND_COLUMN, WIDTH } from './layout';
import { factorPanel } from './panel';
import { addDots, addProduct } from './tiles';

/** Bytes for one block of 64 rows: X or Y (16 block rows), and Y in halves (16 x 64 pairs). */
const STRIP: usize = 16 * BLOCK_ROW;
const HALVES: usize = 16384;

/** Bytes of the two packed factors of the update for four rows, depth 32; the first is doubled. */
const LEFT_GROUP: usize = 2048;
const RIGHT_GROUP: usize = 1024;

/** Bytes of a 16 x 16 square. */
const SQUARE: usize = 2048;

/** Bytes of scratch that reduceToBand needs for `size` rows. */
export function bandScratchBytes(size: i32): usize {
  const blocks = <usize>((size + 63) >> 6);
  const update: usize = 16 * (LEFT_GROUP + RIGHT_GROUP);
  return 4 * SQUARE + HALVES + BLOCK_BYTES + 16 * rowBytes(size) + blocks * (2 * STRIP + HALVES + update);
}

/** Bytes from one row to the next of V^T: 64 spare bytes keep the rows in different cache sets. */
// @ts-ignore: decorator
@inline
function rowBytes(size: i32): usize {
  return (<usize>size << 3) + 64;
}

/**
 * @param a lower blocks, diagonal blocks in full; overwritten
 * @param size multiple of 16
 * @param band zeroed, (size + 32) columns of BAND_COLUMN bytes
 */
export function reduceToBand(a: usize, size: i32, band: usize, scratch: usize): void {
  const blocks = <usize>((size + 63) >> 6);
  const row = rowBytes(size);
  const t = scratch, s = t + SQUARE, factor = s + SQUARE, sHalves = factor + 2 * SQUARE;
  const transposed = sHalves + HALVES;
  const v = transposed + BLOCK_BYTES;
  const x = v + 16 * row;
  const y = x + blocks * STRIP;
  const halves = y + blocks * STRIP;
  const left = halves + blocks * HALVES;
  const right = left + blocks * 16 * LEFT_GROUP;
  for (let first = 0; first < size; first += WIDTH) {
    storeDiagonal(a, first, band);
    const start = first + WIDTH;
    if (start >= size) break;
    loadPanel(a, first, size, v, row);
    factorPanel(v, row, start, size, t, s, band + <usize>first * BAND_COLUMN);
    memory.fill(x, 0, 2 * blocks * STRIP);
    memory.fill(halves, 0, blocks * HALVES);
    memory.fill(sHalves, 0, HALVES);
    doubleSquare(t, 1, factor);
    addSquareTimes(factor, v, row, start, size, x);
    multiplySymmetric(a, start, size, x, y, halves, transposed);
    addInnerProducts(x, y, start, size, sHalves, s);
    doubleSquare(s, -0.5, factor);
    addSquareTimes(factor, v, row, start, size, y); // Y holds W from here on
    packFactors(v, row, y, start, size, left, right);
    updateTrailing(a, start, size, left, right);
  }
}

/** Copies a 16 x 16 diagonal block to the band. */
function storeDiagonal(a: usize, first: i32, band: usize): void {
  const block = blockAt(a, first >> 6, first >> 6);
  for (let j = first; j < first + WIDTH; j++)
    for (let i = j; i < first + WIDTH; i++)
      store<f64>(
        band + <usize>j * BAND_COLUMN + at(i - j),
        load<f64>(block + <usize>(i & 63) * BLOCK_ROW + at(j & 63)),
      );
}

/** V^T <- the transposed panel below the band. */
function loadPanel(a: usize, first: i32, size: i32, v: usize, row: usize): void {
  for (let i = first + WIDTH; i < size; i++) {
    const from = blockAt(a, i >> 6, first >> 6) + <usize>(i & 63) * BLOCK_ROW + at(first & 63);
    for (let c = 0; c < WIDTH; c++) store<f64>(v + <usize>c * row + at(i), load<f64>(from + at(c)));
  }
}

/** Lays out scale * M (16 x 16, row-major) as the doubled left factor of addProduct, four columns a group. */
function doubleSquare(m: usize, scale: f64, factor: usize): void {
  for (let k: usize = 0; k < 16; k++)
    for (let c: usize = 0; c < 16; c++)
      v128.store(
        factor + (c >> 2) * 1024 + (k << 6) + ((c & 3) << 4),
        f64x2.splat(scale * load<f64>(m + (k << 7) + (c << 3))),
      );
}

/** First and one past the last row of a block that belong to rows start .. size. */
// @ts-ignore: decorator
@inline
function firstIn(block: i32, start: i32): i32 {
  return max(start - (block << 6), 0);
}

// @ts-ignore: decorator
@inline
function endIn(block: i32, size: i32): i32 {
  return min(size - (block << 6), BLOCK);
}

/** out += M^T V^T, by blocks. */
function addSquareTimes(factor: usize, v: usize, row: usize, start: i32, size: i32, out: usize): void {
  for (let b = start >> 6; b << 6 < size; b++) {
    const low = firstIn(b, start), end = endIn(b, size);
    for (let g: usize = 0; g < 4; g++)
      addProduct(
        factor + g * 1024, v + at((b << 6) + low), row, 32, (end - low) >> 2, 16,
        out + <usize>b * STRIP + 4 * g * BLOCK_ROW + at(low), BLOCK_ROW,
      );
  }
}

/** Y = A X over the trailing rows; a block below the diagonal serves its own rows and, transposed, its columns' rows. */
function multiplySymmetric(a: usize, start: i32, size: i32, x: usize, y: usize, halves: usize, transposed: usize): void {
  for (let i = start >> 6; i << 6 < size; i++)
    for (let j = start >> 6; j <= i; j++) {
      const block = blockAt(a, i, j);
      multiplyBlock(block, firstIn(i, start), endIn(i, size), firstIn(j, start), endIn(j, size), x, j, halves, i);
      if (j == i) continue;
      transposeBlock(block, transposed);
      multiplyBlock(transposed, firstIn(j, start), endIn(j, size), firstIn(i, start), endIn(i, size), x, i, halves, j);
    }
  for (let i = start >> 6; i << 6 < size; i++)
    addHalves(halves + <usize>i * HALVES, firstIn(i, start), endIn(i, size), y + <usize>i * STRIP);
}

/** Halves of block `to` += the block's rows low .. end and columns left .. right times X of block `from`. */
function multiplyBlock(
  block: usize, low: i32, end: i32, left: i32, right: i32, x: usize, from: i32, halves: usize, to: i32,
): void {
  const operand = x + <usize>from * STRIP + at(left);
  const result = halves + <usize>to * HALVES;
  for (let r = low; r < end; r += 4)
    addDots(block + <usize>r * BLOCK_ROW + at(left), operand, right - left, result + ((<usize>r) << 4));
}

export function transposeBlock(block: usize, out: usize): void {
  for (let i = 0; i < BLOCK; i += 2) {
    const row = block + <usize>i * BLOCK_ROW;
    for (let j = 0; j < BLOCK; j += 2) {
      const x0 = v128.load(row + at(j)), x1 = v128.load(row + at(j), BLOCK_ROW);
      const to = out + <usize>j * BLOCK_ROW + at(i);
      v128.store(to, v128.shuffle<f64>(x0, x1, 0, 2));
      v128.store(to, v128.shuffle<f64>(x0, x1, 1, 3), BLOCK_ROW);
    }
  }
}

/** y += the sums of the two halves, for sixteen rows. */
export function addHalves(halves: usize, low: i32, end: i32, y: usize): void {
  for (let c: usize = 0; c < 16; c++)
    for (let r = low; r < end; r++) {
      const pair = halves + (c << 10) + ((<usize>r) << 4);
      const to = y + c * BLOCK_ROW + at(r);
      store<f64>(to, load<f64>(to) + (load<f64>(pair) + load<f64>(pair, 8)));
    }
}

/** s = X^T Y, (16, 16) row-major. */
function addInnerProducts(x: usize, y: usize, start: i32, size: i32, halves: usize, s: usize): void {
  for (let b = start >> 6; b << 6 < size; b++) {
    const low = firstIn(b, start);
    for (let g: usize = 0; g < 4; g++)
      addDots(
        y + <usize>b * STRIP + 4 * g * BLOCK_ROW + at(low), x + <usize>b * STRIP + at(low), endIn(b, size) - low,
        halves + (g << 6),
      );
  }
  for (let i: usize = 0; i < 16; i++)
    for (let j: usize = 0; j < 16; j++) {
      const pair = halves + (i << 10) + (j << 4);
      store<f64>(s + (i << 7) + (j << 3), load<f64>(pair) + load<f64>(pair, 8));
    }
}

/** left = -[V W], doubled, and right = [W V], both in groups of four rows with depth 32. */
export function packFactors(
  v: usize, row: usize, w: usize, start: i32, size: i32, left: usize, right: usize,
): void {
  for (let i = start; i < size; i++) {
    const toLeft = left + ((<usize>i) >> 2) * LEFT_GROUP + ((<usize>(i & 3)) << 4);
    const toRight = right + ((<usize>i) >> 2) * RIGHT_GROUP + at(i & 3);
    const fromW = w + ((<usize>i) >> 6) * STRIP + at(i & 63);
    for (let c: usize = 0; c < 16; c++) {
      const vi = load<f64>(v + c * row + at(i)), wi = load<f64>(fromW + c * BLOCK_ROW);
      v128.store(toLeft + (c << 6), f64x2.splat(-vi));
      v128.store(toLeft + (c << 6), f64x2.splat(-wi), 1024);
      store<f64>(toRight + (c << 5), wi);
      store<f64>(toRight + (c << 5), vi, 512);
    }
  }
}

/** A += left right^T over the trailing lower blocks. */
function updateTrailing(a: usize, start: i32, size: i32, left: usize, right: usize): void {
  for (let i = start >> 6; i << 6 < size; i++)
    for (let j = start >> 6; j <= i; j++) {
      const from = firstIn(j, start), count = (endIn(j, size) - from) >> 2;
      const q = right + ((<usize>((j << 6) + from)) >> 2) * RIGHT_GROUP;
      const block = blockAt(a, i, j) + at(from);
      for (let r = firstIn(i, start); r < endIn(i, size); r += 4)
        addProduct(
          left + ((<usize>((i << 6) + r)) >> 2) * LEFT_GROUP, q, 32, RIGHT_GROUP, count, 32,
          block + <usize>r * BLOCK_ROW, BLOCK_ROW,
        );
    }
}
