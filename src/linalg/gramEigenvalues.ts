/**
 * Eigenvalues of the Gram matrix of a matrix, the squares of its singular values.
 *
 * In: an m x n matrix, float32 or float64. Out: eigenvalues of the Gram matrix of its smaller side and its trace, both of the
 * matrix multiplied by a power of two.
 *
 * 1. check the entries and find the power of two that brings the largest near 1;
 * 2. Gram matrix in float64 (kernels/gram.ts);
 * 3. to a band of width 16, then to tridiagonal form (kernels/band.ts, kernels/tridiagonal.ts);
 * 4. all eigenvalues by QL (kernels/eigenvalues.ts), or chosen ones by bisection (kernels/sturm.ts).
 *
 * Guaranteed: eigenvalues to within a few eps times the largest, whatever the scale of the entries. Not guaranteed:
 * relative accuracy of small ones; a singular value below 1e-8 of the largest is not resolved.
 */
import { DomainError } from '../base/errors.ts';
import type { KernelExports, Kernels } from './kernels.ts';
import type { Matrix } from './matrix.ts';

/** Eigenvalues of the scaled Gram matrix. */
export interface GramEigenvalues {
  /** In the order asked for: all descending, or one for each position. Never negative. */
  readonly eigenvalues: Float64Array;
  /** Sum of all eigenvalues: ||scale X||_F^2. */
  readonly trace: number;
  /** The power of two, as its exponent. */
  readonly exponent: number;
}

/** A singular value below this share of the largest is lost in the rounding of the Gram matrix. */
export const RESOLUTION_FLOOR = 1e-8;

/** Largest smaller side: the blocks of its Gram matrix take 1.2 GB of the 4 GB that WebAssembly can address. */
export const LARGEST_SIDE = 16384;

/**
 * Bytes that the singular values of an m x n float32 matrix take at once: the matrix, the blocks of its Gram matrix
 * and a chunk.
 *
 * @accuracy within 10 % for a smaller side from 1000 up; a running thread adds about 30 MB
 */
export function workingBytes(rows: number, columns: number): number {
  const side = Math.min(rows, columns);
  const blocks = Math.ceil(side / BLOCK);
  return 4 * rows * columns + ((blocks * (blocks + 1)) / 2) * BLOCK_BYTES + side * (DEPTH * 12 + BAND_COLUMN);
}

/** Rows of the longer side in one chunk; two packed groups of four by 256 doubles fit the first-level cache. */
const DEPTH = 256;

const BLOCK = 64;
const BLOCK_BYTES = 64 * 72 * 8;
const BAND_COLUMN = 34 * 8;
const WIDTH = 16;
/** Bytes of scratch that the second stage and the bisection need. */
const SMALL_SCRATCH = 512;

/** All eigenvalues, descending. */
export function allGramEigenvalues(kernels: Kernels, matrix: Matrix): GramEigenvalues {
  return withTridiagonal(kernels, matrix, 0, (functions, at, n) => {
    if (functions.tridiagonalEigenvalues(at.diagonal, at.offDiagonal, n) !== 0)
      throw new Error(`singular values: QL did not converge for a ${matrix.rows} x ${matrix.columns} matrix`);
    return new Float64Array(functions.memory.buffer, at.diagonal, n).slice().sort().reverse();
  });
}

/**
 * Chosen eigenvalues, without computing the others.
 *
 * @param positions 0-based in descending order
 */
export function chosenGramEigenvalues(kernels: Kernels, matrix: Matrix, positions: readonly number[]): GramEigenvalues {
  const count = positions.length;
  return withTridiagonal(kernels, matrix, count, (functions, at, n) => {
    const ascending = positions.map((position) => n - 1 - position);
    new Int32Array(functions.memory.buffer, at.positions, count).set(ascending);
    functions.bisectEigenvalues(at.diagonal, at.offDiagonal, n, at.positions, count, at.values, at.small);
    return new Float64Array(functions.memory.buffer, at.values, count).slice();
  });
}

/** @throws DomainError unless both sides are positive, the smaller one is not too large and the data fits them. */
export function requireShape({ rows, columns, data }: Matrix): void {
  const shape = `${rows} x ${columns}`;
  if (!(Number.isInteger(rows) && Number.isInteger(columns) && rows > 0 && columns > 0))
    throw new DomainError(`singular values: rows and columns must be positive integers, got ${shape}`);
  if (data.length !== rows * columns)
    throw new DomainError(`singular values: a ${shape} matrix has ${rows * columns} entries, got ${data.length}`);
  if (Math.min(rows, columns) > LARGEST_SIDE)
    throw new DomainError(`singular values: the smaller side can be at most ${LARGEST_SIDE}, got ${shape}`);
}

interface Layout {
  readonly gram: number;
  readonly raw: number;
  readonly packed: number;
  readonly doubled: number;
  readonly band: number;
  readonly scratch: number;
  readonly small: number;
  readonly diagonal: number;
  readonly offDiagonal: number;
  readonly positions: number;
  readonly values: number;
}

function withTridiagonal(
  kernels: Kernels,
  matrix: Matrix,
  count: number,
  solve: (functions: KernelExports, at: Layout, n: number) => Float64Array,
): GramEigenvalues {
  requireShape(matrix);
  const exponent = scaleExponent(matrix);
  const n = Math.min(matrix.rows, matrix.columns);
  const size = Math.ceil(n / WIDTH) * WIDTH;
  try {
    const [functions, at] = reserveLayout(kernels, size, matrix.data.BYTES_PER_ELEMENT, count);
    const bytes = new Uint8Array(functions.memory.buffer);
    bytes.fill(0, at.gram, at.raw);
    bytes.fill(0, at.band, at.scratch);
    addChunks(functions, at, matrix, exponent);
    const trace = traceOf(functions, at.gram, n);
    functions.mirrorDiagonalBlocks(at.gram, size);
    functions.reduceToBand(at.gram, size, at.band, at.scratch);
    functions.reduceToTridiagonal(at.band, n, at.diagonal, at.offDiagonal, at.small);
    const eigenvalues = solve(functions, at, n).map((value) => Math.max(value, 0));
    return { eigenvalues, trace, exponent };
  } finally {
    kernels.trim();
  }
}

/**
 * Checks the entries.
 *
 * @returns the exponent of the power of two that brings the largest magnitude into [0.5, 1]; 0 for a zero matrix
 */
export function scaleExponent({ columns, data }: Matrix): number {
  let largest = 0;
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    const magnitude = Math.abs(value);
    if (!(magnitude < Number.POSITIVE_INFINITY)) refuseEntry(value, i, columns);
    if (magnitude > largest) largest = magnitude;
  }
  return largest === 0 ? 0 : -Math.ceil(Math.log2(largest));
}

function refuseEntry(value: number, index: number, columns: number): never {
  const place = `(${Math.floor(index / columns)}, ${index % columns})`;
  throw new DomainError(`singular values: entry ${place} is ${value}; every entry must be finite`);
}

/** Places everything a matrix needs one after the other, at multiples of 64 bytes. */
function reserveLayout(kernels: Kernels, size: number, entryBytes: number, count: number): [KernelExports, Layout] {
  const functions = kernels.reserve(0);
  const blocks = Math.ceil(size / BLOCK);
  let next = Math.ceil(functions.heapBase() / 64) * 64;
  const place = (bytes: number): number => {
    const address = next;
    next += Math.ceil(bytes / 64) * 64;
    return address;
  };
  const layout: Layout = {
    gram: place(((blocks * (blocks + 1)) / 2) * BLOCK_BYTES),
    raw: place(DEPTH * size * entryBytes),
    packed: place(DEPTH * size * 8),
    doubled: place(DEPTH * 64),
    band: place((size + 2 * WIDTH) * BAND_COLUMN),
    scratch: place(functions.bandScratchBytes(size)),
    small: place(SMALL_SCRATCH),
    diagonal: place(size * 8),
    offDiagonal: place(size * 8),
    positions: place(count * 4),
    values: place(count * 8),
  };
  kernels.reserve(next - functions.heapBase());
  return [functions, layout];
}

/** Gram matrix of the smaller side, chunk by chunk along the longer one. */
function addChunks(functions: KernelExports, at: Layout, { rows, columns, data }: Matrix, exponent: number): void {
  const tall = rows >= columns;
  const side = Math.min(rows, columns);
  const long = Math.max(rows, columns);
  const single = data instanceof Float32Array;
  const across = single ? functions.packAcross32 : functions.packAcross64;
  const along = single ? functions.packAlong32 : functions.packAlong64;
  const pack = tall ? across : along;
  const half = Math.trunc(exponent / 2);
  for (let from = 0; from < long; from += DEPTH) {
    const depth = Math.min(DEPTH, long - from);
    const { buffer } = functions.memory;
    const raw = single
      ? new Float32Array(buffer, at.raw, side * depth)
      : new Float64Array(buffer, at.raw, side * depth);
    if (tall) raw.set(data.subarray(from * side, (from + depth) * side));
    else for (let i = 0; i < side; i++) raw.set(data.subarray(i * long + from, i * long + from + depth), i * depth);
    pack(at.raw, side, depth, at.packed, 2 ** half, 2 ** (exponent - half));
    functions.addGram(at.packed, side, depth, at.gram, at.doubled);
  }
}

function traceOf(functions: KernelExports, gram: number, n: number): number {
  const entries = new Float64Array(functions.memory.buffer, gram);
  let trace = 0;
  for (let i = 0; i < n; i++) {
    const block = i >> 6;
    const index = ((block * (block + 1)) / 2 + block) * (BLOCK_BYTES / 8) + (i & 63) * 73;
    trace += entries[index]!;
  }
  return trace;
}
