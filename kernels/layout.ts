/**
 * Where the numbers of a symmetric matrix and of its band lie in memory.
 *
 * Here and in the other kernels `@ts-ignore: decorator` stands before `@inline`: AssemblyScript takes decorators on functions, editors
 * that check with TypeScript do not. Nothing else may be ignored so.
 */

/** Side of the square blocks in which a symmetric matrix is stored. */
export const BLOCK: i32 = 64;

/** Bytes from one row of a block to the next: eight spare columns keep the rows in different cache sets. */
export const BLOCK_ROW: usize = 72 * 8;

/** Bytes of a block. */
export const BLOCK_BYTES: usize = 64 * BLOCK_ROW;

/** Block (i, j), j <= i, of a symmetric matrix stored by its lower blocks, row after row of blocks. */
// @ts-ignore: decorator
@inline
export function blockAt(a: usize, i: i32, j: i32): usize {
  return a + (<usize>((i * (i + 1)) >> 1) + <usize>j) * BLOCK_BYTES;
}

/** Width of the band that the first stage leaves; its kernels and those of the second are written for 16. */
export const WIDTH: i32 = 16;

/**
 * Bytes from one column of the band to the next: element (j + d, j) is slot d of column j, d = 0 .. 31 (the lower half
 * and the bulge of the second stage); slots 32 and 33 absorb vector stores that reach one row above the diagonal.
 */
export const BAND_COLUMN: usize = 34 * 8;

// @ts-ignore: decorator
@inline
export function at(i: i32): usize {
  return (<usize>i) << 3;
}
