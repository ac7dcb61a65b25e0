/**
 * Singular value decomposition by one-sided Jacobi rotations: the slow, plain oracle of the kernels.
 *
 * In: an m x n matrix. Out: thin U, sigma, V.
 *
 * 1. scale by a power of two so that nothing overflows; transpose if wide;
 * 2. sweep over column pairs, rotating each pair orthogonal, until a sweep rotates nothing;
 * 3. sigma are the column norms, U the normalised columns, V the accumulated rotations.
 *
 * Guaranteed: absolute error of a few n eps sigma_1, and high relative accuracy of small values when the columns are
 * only badly scaled (Demmel and Veselic 1992). O(m n^2) a sweep in plain loops: for tests and small matrices.
 */
import { requireFinite } from '../base/checks.ts';
import { DomainError } from '../base/errors.ts';
import type { Matrix } from './matrix.ts';

/** X = U diag(sigma) V^T with r = min(rows, columns). */
export interface SingularValueDecomposition {
  /** (rows, r); a column that belongs to sigma = 0 is zero. */
  readonly u: Matrix;
  /** (r,), descending. */
  readonly sigma: Float64Array;
  /** (columns, r) if rows >= columns, else its columns for sigma = 0 are zero as well. */
  readonly v: Matrix;
}

/** Columns are orthogonal when |x^T y| is at most this times |x| |y|. */
const ORTHOGONAL = 2 ** -50;

/** Convergence is quadratic: ten sweeps are usual. */
const MOST_SWEEPS = 60;

/**
 * Thin singular value decomposition of a small matrix.
 *
 * @throws DomainError if the shape does not fit the data or an entry is not finite
 * @source Hestenes 1958; Demmel and Veselic 1992
 * @example jacobiSvd({ rows: 1, columns: 2, data: new Float64Array([3, 4]) }).sigma // [5]
 */
export function jacobiSvd(matrix: Matrix): SingularValueDecomposition {
  if (!(matrix.rows > 0 && matrix.columns > 0 && matrix.data.length === matrix.rows * matrix.columns))
    throw new DomainError(
      `jacobi: a ${matrix.rows} x ${matrix.columns} matrix cannot have ${matrix.data.length} entries`,
    );
  requireFinite('jacobi', matrix.data);
  if (matrix.rows >= matrix.columns) return decomposeTall(matrix);
  const { u, sigma, v } = decomposeTall(transposed(matrix));
  return { u: v, sigma, v: u };
}

/** Columns as separate arrays: work[j] is column j of X, rotations[j] column j of V. */
function decomposeTall(matrix: Matrix): SingularValueDecomposition {
  const { rows, columns } = matrix;
  const exponent = scaleExponent(matrix.data);
  const work = scaledColumns(matrix, exponent);
  const rotations = Array.from({ length: columns }, (_, j) => unitVector(columns, j));
  for (let sweep = 0; sweepPairs(work, rotations); sweep++)
    if (sweep === MOST_SWEEPS) throw new Error(`jacobi: no convergence in ${MOST_SWEEPS} sweeps`);
  const norms = work.map((column) => Math.sqrt(dot(column, column)));
  const order = norms.map((_, j) => j).sort((a, b) => norms[b] - norms[a]);
  const u = order.map((j) => work[j].map((x) => (norms[j] === 0 ? 0 : x / norms[j])));
  const half = Math.trunc(exponent / 2);
  return {
    u: fromColumns(rows, u),
    sigma: Float64Array.from(order, (j) => norms[j] * 2 ** -half * 2 ** (half - exponent)),
    v: fromColumns(
      columns,
      order.map((j) => rotations[j]),
    ),
  };
}

/** Rotates every pair of columns that is not orthogonal; whether any was. */
function sweepPairs(work: readonly Float64Array[], rotations: readonly Float64Array[]): boolean {
  let rotated = false;
  for (let p = 0; p < work.length; p++)
    for (let q = p + 1; q < work.length; q++) {
      const alpha = dot(work[p], work[p]);
      const beta = dot(work[q], work[q]);
      const gamma = dot(work[p], work[q]);
      if (Math.abs(gamma) <= ORTHOGONAL * Math.sqrt(alpha) * Math.sqrt(beta)) continue;
      rotated = true;
      const zeta = (beta - alpha) / (2 * gamma);
      const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
      const cosine = 1 / Math.sqrt(1 + t * t);
      rotate(work[p], work[q], cosine, cosine * t);
      rotate(rotations[p], rotations[q], cosine, cosine * t);
    }
  return rotated;
}

function rotate(x: Float64Array, y: Float64Array, cosine: number, sine: number): void {
  for (let i = 0; i < x.length; i++) {
    const xi = x[i];
    x[i] = cosine * xi - sine * y[i];
    y[i] = sine * xi + cosine * y[i];
  }
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}

/** Exponent of the power of two that brings the largest entry near 1. */
function scaleExponent(data: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < data.length; i++) largest = Math.max(largest, Math.abs(data[i]));
  return largest === 0 ? 0 : -Math.ceil(Math.log2(largest));
}

function scaledColumns({ rows, columns, data }: Matrix, exponent: number): Float64Array[] {
  const half = Math.trunc(exponent / 2);
  const scale = (x: number): number => x * 2 ** half * 2 ** (exponent - half);
  return Array.from({ length: columns }, (_, j) =>
    Float64Array.from({ length: rows }, (_, i) => scale(data[i * columns + j])),
  );
}

function unitVector(length: number, index: number): Float64Array {
  const vector = new Float64Array(length);
  vector[index] = 1;
  return vector;
}

function fromColumns(rows: number, columns: readonly Float64Array[]): Matrix {
  const data = new Float64Array(rows * columns.length);
  columns.forEach((column, j) => {
    for (let i = 0; i < rows; i++) data[i * columns.length + j] = column[i];
  });
  return { rows, columns: columns.length, data };
}

function transposed({ rows, columns, data }: Matrix): Matrix {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = data[i * columns + j];
  return { rows: columns, columns: rows, data: out };
}
