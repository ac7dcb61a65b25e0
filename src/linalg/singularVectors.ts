/**
 * Singular value decomposition with vectors, and the polar factor that follows from it.
 *
 * In: an m x n matrix, float32 or float64. Out: thin U, sigma, V in float64, or U V^T.
 *
 * 1. check the entries, multiply by the power of two that brings the largest near 1, lay the matrix tall;
 * 2. to bidiagonal form by Householder reflections, and their products (kernels/bidiagonal.ts);
 * 3. implicit QR on the bidiagonal, rotating the products along (kernels/bidiagonalQr.ts).
 *
 * Guaranteed: |sigma - exact| <= p(n) eps sigma_1; U and V orthonormal to p(n) eps whatever the spectrum, p a modest
 * polynomial. Unlike the Gram path of singularValues, values down to eps sigma_1 are resolved.
 */
import { DomainError } from '../base/errors.ts';
import { requireShape, scaleExponent } from './gramEigenvalues.ts';
import type { SingularValueDecomposition } from './jacobi.ts';
import { kernelModule } from './kernelModule.ts';
import { createKernels, type KernelExports, type Kernels } from './kernels.ts';
import type { Matrix } from './matrix.ts';

/** A {@link Matrix} in float64. */
type Float64Matrix = Matrix & { readonly data: Float64Array };

/** A singular value at most this many times r sigma_1 is 0 to rounding; its directions are arbitrary. */
const RANK_TOLERANCE = 4 * Number.EPSILON;

// Kept because instances reserve address space that only garbage collection returns; it holds no result.
let kernels: Kernels | undefined;

/**
 * Thin singular value decomposition X = U diag(sigma) V^T with r = min(rows, columns).
 *
 * @returns u (rows, r), sigma (r,) descending, v (columns, r); columns that belong to sigma = 0 complete the bases
 * @throws DomainError if the shape is wrong or an entry is not finite
 * @accuracy |sigma - exact| <= 4 r eps sigma_1; |U^T U - I|, |V^T V - I| <= 1e-13 for r = 512
 * @source Golub and Kahan 1965; Demmel and Kahan 1990
 * @example singularVectors({ rows: 1, columns: 2, data: new Float64Array([3, 4]) }).sigma // [5]
 */
export function singularVectors(matrix: Matrix): SingularValueDecomposition {
  return withDecomposition(matrix, ({ sigma, left, right, functions }, exponent) => {
    const half = Math.trunc(exponent / 2);
    const unscaled = sigma.map((value) => value * 2 ** -half * 2 ** (half - exponent));
    if (unscaled[0] === Number.POSITIVE_INFINITY)
      throw new DomainError(
        'singular vectors: the largest singular value exceeds the largest double; divide the matrix by a constant',
      );
    return { u: columnsOf(functions, left), sigma: unscaled, v: columnsOf(functions, right) };
  });
}

export interface PolarOptions {
  /** Singular values up to this, in the scale of the matrix, count as 0. */
  readonly negligible?: number;
  /** Share of the r directions kept, the largest first; rounded up. 1 keeps all. */
  readonly share?: number;
}

/**
 * The polar factor U V^T: the nearest matrix with orthonormal rows or columns, where Newton-Schulz goes in the limit.
 *
 * Directions that a matrix does not have are left at 0: the factor of a matrix of rank k has k singular values at 1. A
 * value counts as 0 up to 4 r eps sigma_1, or up to `negligible`, which a matrix that is itself the rounded difference of
 * larger ones needs.
 *
 * @returns (rows, columns), float64; zero for a zero matrix
 * @throws DomainError if the shape is wrong or an entry is not finite
 * @accuracy |Q^T Q - I|_F <= 1e-12 for a 512 x 512 matrix of full rank
 * @source Higham 2008, "Functions of Matrices", chapter 8
 * @example polarFactor({ rows: 1, columns: 2, data: new Float64Array([3, 4]) }).data // [0.6, 0.8]
 */
export function polarFactor(matrix: Matrix, { negligible = 0, share = 1 }: PolarOptions = {}): Float64Matrix {
  if (!(share > 0 && share <= 1))
    throw new DomainError(`polar factor: the share of directions must lie in (0, 1], got ${share}`);
  return withDecomposition(matrix, (found, exponent) => {
    const half = Math.trunc(exponent / 2);
    const least = Math.max(
      RANK_TOLERANCE * found.sigma.length * found.sigma[0],
      negligible * 2 ** half * 2 ** (exponent - half),
    );
    let rank = Math.ceil(share * found.sigma.length * (1 - 4 * Number.EPSILON));
    while (rank > 0 && found.sigma[rank - 1] <= least) rank--;
    return productOfFactors(found, rank);
  });
}

/** Rows of a factor's transpose in the kernels' memory: row j is the singular vector of sigma_j. */
interface VectorRows {
  readonly address: number;
  readonly count: number;
  readonly length: number;
  /** Bytes from one row to the next. */
  readonly row: number;
}

interface Decomposition {
  readonly sigma: Float64Array;
  readonly left: VectorRows;
  readonly right: VectorRows;
  readonly functions: KernelExports;
  /** Where m x n doubles and their scratch may be written. */
  readonly free: number;
}

/** Decomposes; `use` must copy what it keeps, because the memory is given back. */
function withDecomposition<T>(matrix: Matrix, use: (found: Decomposition, exponent: number) => T): T {
  requireShape(matrix);
  const exponent = scaleExponent(matrix);
  kernels ??= createKernels(kernelModule());
  try {
    return use(decompose(kernels, matrix, exponent), exponent);
  } finally {
    kernels.trim();
  }
}

function decompose(instance: Kernels, matrix: Matrix, exponent: number): Decomposition {
  const tall = matrix.rows >= matrix.columns;
  const m = Math.max(matrix.rows, matrix.columns);
  const n = Math.min(matrix.rows, matrix.columns);
  const [functions, at] = reserve(instance, m, n);
  const { buffer } = functions.memory;
  new Uint8Array(buffer).fill(0, at.a, at.end);
  loadTall(matrix, new Float64Array(buffer, at.a), at.row / 8, exponent);
  functions.reduceToBidiagonal(at.a, m, n, at.row, at.u, at.uRow, at.v, at.d, at.e, at.w);
  functions.multiplyReflections(at.u, n, 0, at.uRow, at.left, n);
  functions.multiplyReflections(at.v, n, 1, at.row, at.right, n);
  if (functions.bidiagonalVectors(at.d, at.e, n, at.left, at.uRow, at.right, at.row, at.scratch) !== 0)
    throw new Error(`singular vectors: QR did not converge for a ${matrix.rows} x ${matrix.columns} matrix`);
  const long: VectorRows = { address: at.left, count: n, length: m, row: at.uRow };
  const short: VectorRows = { address: at.right, count: n, length: n, row: at.row };
  return {
    sigma: new Float64Array(buffer, at.d, n).slice(),
    left: tall ? long : short,
    right: tall ? short : long,
    functions,
    free: at.a,
  };
}

/** Places the parts one after the other, at multiples of 64 bytes; the first is free for a product at the end. */
function reserve(instance: Kernels, m: number, n: number): [KernelExports, Record<Part, number>] {
  const functions = instance.reserve(0);
  const row = paddedRow(n);
  const uRow = paddedRow(m);
  let end = Math.ceil(functions.heapBase() / 64) * 64;
  const place = (bytes: number): number => {
    const address = end;
    end += Math.ceil(bytes / 64) * 64;
    return address;
  };
  const places = {
    a: place(Math.max(fours(m) * row, fours(n) * uRow) + functions.productScratchBytes()),
    u: place(n * uRow),
    v: place(n * row),
    left: place(fours(n) * uRow),
    right: place(fours(n) * row),
    d: place(n * 8),
    e: place(n * 8),
    w: place(row),
    scratch: place(functions.bidiagonalScratchBytes(n)),
  };
  instance.reserve(end - functions.heapBase());
  return [functions, { ...places, row, uRow, end }];
}

type Part = 'a' | 'u' | 'v' | 'left' | 'right' | 'd' | 'e' | 'w' | 'scratch' | 'row' | 'uRow' | 'end';

function fours(rows: number): number {
  return Math.ceil(rows / 4) * 4;
}

/** Bytes of a row of `entries` doubles: a multiple of 64, and odd in those units so that rows meet different cache sets. */
function paddedRow(entries: number): number {
  const lines = Math.ceil(entries / 8);
  return 64 * (lines % 2 === 0 ? lines + 1 : lines);
}

function loadTall({ rows, columns, data }: Matrix, to: Float64Array, stride: number, exponent: number): void {
  const half = Math.trunc(exponent / 2);
  const [first, second] = [2 ** half, 2 ** (exponent - half)];
  const [step, toNext] = rows >= columns ? [stride, 1] : [1, stride];
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) to[i * step + j * toNext] = data[i * columns + j] * first * second;
}

/** Sum over the first `rank` directions of left_j^T right_j, (left.length, right.length). */
function productOfFactors({ left, right, functions, free }: Decomposition, rank: number): Float64Matrix {
  const scratch = free;
  const out = scratch + functions.productScratchBytes();
  const stride = right.row / 8;
  const all = new Float64Array(functions.memory.buffer, out, fours(left.length) * stride).fill(0);
  functions.addTransposedProduct(left.address, left.row, right.address, right.row, rank, left.length, out, scratch);
  const data = new Float64Array(left.length * right.length);
  for (let i = 0; i < left.length; i++) data.set(all.subarray(i * stride, i * stride + right.length), i * right.length);
  return { rows: left.length, columns: right.length, data };
}

/** (length, count): the rows as columns. */
function columnsOf({ memory }: KernelExports, { address, count, length, row }: VectorRows): Float64Matrix {
  const from = new Float64Array(memory.buffer, address, (count * row) / 8);
  const out = new Float64Array(length * count);
  for (let j = 0; j < count; j++) for (let i = 0; i < length; i++) out[i * count + j] = from[(j * row) / 8 + i];
  return { rows: length, columns: count, data: out };
}
