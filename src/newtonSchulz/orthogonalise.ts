/**
 * Newton-Schulz on a matrix, in plain float64 loops: slow, obvious, and the oracle for every faster engine.
 *
 * 1. Lay the matrix wide, m <= n.
 * 2. Divide by the entry norm: X = M / (scale norm(M) + epsilon).
 * 3. For each (a, b, c): A = X X^T, then X <- a X + (b A + c A A) X.
 * 4. Turn back.
 *
 * If M = U diag(sigma) V^T behind a Frobenius entry, the result is U diag(f(sigma / norm)) V^T with f of `response`,
 * up to about 1e-15 times the slope at zero of the schedule and the epsilon of the entry.
 */
import { requireFinite, requireInteger } from '../base/checks.ts';
import { DomainError } from '../base/errors.ts';
import type { Matrix } from '../linalg/matrix.ts';
import type { NsCoefficients, NsEntry, NsSchedule } from './schedule.ts';

/** A {@link Matrix} in float64, which is what the steps compute in. */
interface Float64Matrix extends Matrix {
  readonly data: Float64Array;
}

/**
 * The approximately orthonormalised matrix.
 *
 * Computes in float64 whatever `schedule.precision` says.
 *
 * @param matrix (m, n), any scale; zero gives zero
 * @returns (m, n), float64
 * @throws DomainError if an entry is not finite or the data do not fit the shape
 * @source Jordan 2024; for the "aol" entry arXiv:2512.04632
 */
export function orthogonalise(matrix: Matrix, schedule: NsSchedule): Matrix {
  requireMatrix(matrix);
  const tall = matrix.rows > matrix.columns;
  const wide = tall ? transpose(matrix) : { ...matrix, data: Float64Array.from(matrix.data) }; // (m, n), m <= n
  let x = enter(wide, schedule.entry);
  for (const coefficients of schedule.coefficients) x = step(x, coefficients);
  return tall ? transpose(x) : x;
}

/** Step 2. The largest entry is divided out first, so that no square overflows or vanishes. */
function enter(matrix: Float64Matrix, { normalisation, scale, epsilon }: NsEntry): Float64Matrix {
  const largest = matrix.data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  if (largest === 0) return matrix;
  const unit = { ...matrix, data: matrix.data.map((x) => x / largest) };
  const norms = normalisation === 'aol' ? aolNorms(unit) : Array<number>(unit.rows).fill(frobenius(unit));
  const data = unit.data.map((x, k) => x / (scale * norms[Math.floor(k / unit.columns)] + epsilon / largest));
  return { ...unit, data };
}

/** a X + (b A + c A A) X with A = X X^T. */
function step(x: Float64Matrix, [a, b, c]: NsCoefficients): Float64Matrix {
  const gram = multiply(x, transpose(x)); // (m, m)
  const square = multiply(gram, gram); // (m, m)
  const mixed = { ...gram, data: gram.data.map((g, k) => b * g + c * square.data[k]) };
  const update = multiply(mixed, x); // (m, n)
  return { ...x, data: x.data.map((value, k) => a * value + update.data[k]) };
}

function frobenius({ data }: Float64Matrix): number {
  return Math.sqrt(data.reduce((total, x) => total + x * x, 0));
}

/** Norm of row i in the AOL rescaling: sqrt(sum_j |(X X^T)_ij|), which bounds every singular value by 1. */
function aolNorms(x: Float64Matrix): number[] {
  const gram = multiply(x, transpose(x)); // (m, m)
  return Array.from({ length: gram.rows }, (_, i) =>
    Math.sqrt(gram.data.subarray(i * gram.columns, (i + 1) * gram.columns).reduce((sum, g) => sum + Math.abs(g), 0)),
  );
}

function multiply(left: Float64Matrix, right: Float64Matrix): Float64Matrix {
  const { rows, columns: inner } = left;
  const { columns } = right;
  const data = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < inner; k++) {
      const factor = left.data[i * inner + k];
      for (let j = 0; j < columns; j++) data[i * columns + j] += factor * right.data[k * columns + j];
    }
  return { rows, columns, data };
}

function transpose({ rows, columns, data }: Matrix): Float64Matrix {
  const turned = new Float64Array(data.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) turned[j * rows + i] = data[i * columns + j];
  return { rows: columns, columns: rows, data: turned };
}

function requireMatrix({ rows, columns, data }: Matrix): void {
  requireInteger('orthogonalise', 'rows', rows);
  requireInteger('orthogonalise', 'columns', columns);
  if (data.length !== rows * columns)
    throw new DomainError(
      `orthogonalise: a ${rows} x ${columns} matrix needs ${rows * columns} entries, got ${data.length}`,
    );
  requireFinite('orthogonalise', data);
}
