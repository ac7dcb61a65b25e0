/** Matrices with known spectra, for tests. */
import { createRandom } from '../../src/base/random.ts';
import type { Matrix } from '../../src/linalg/matrix.ts';

/** A matrix in float64. */
export type DoubleMatrix = Matrix & { readonly data: Float64Array };

/** Gaussian entries. */
export function gaussian(rows: number, columns: number, seed: number, scale = 1): DoubleMatrix {
  const random = createRandom(seed);
  const data = Float64Array.from({ length: rows * columns }, () => scale * random.gaussian());
  return { rows, columns, data };
}

/** The same entries rounded to float32. */
export function toFloat32({ rows, columns, data }: Matrix): Matrix {
  return { rows, columns, data: Float32Array.from(data) };
}

/**
 * A matrix with the given singular values: reflectors I - 2 u u^T applied to diag(sigma) from both sides. Each one is
 * orthogonal to rounding, so the spectrum is right to a few eps sigma_1.
 */
export function withSpectrum(rows: number, columns: number, sigma: ArrayLike<number>, seed: number): DoubleMatrix {
  const random = createRandom(seed);
  const data = new Float64Array(rows * columns);
  for (let i = 0; i < sigma.length; i++) data[i * columns + i] = sigma[i];
  const matrix = { rows, columns, data };
  for (let k = 0; k < 3; k++) {
    reflectRows(matrix, unit(rows, random));
    reflectColumns(matrix, unit(columns, random));
  }
  return matrix;
}

function unit(length: number, random: ReturnType<typeof createRandom>): Float64Array {
  const vector = Float64Array.from({ length }, () => random.gaussian());
  const norm = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
  return vector.map((x) => x / norm);
}

function reflectRows({ rows, columns, data }: Matrix, u: Float64Array): void {
  const products = new Float64Array(columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) products[j] += u[i] * data[i * columns + j];
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) data[i * columns + j] -= 2 * u[i] * products[j];
}

function reflectColumns({ rows, columns, data }: Matrix, u: Float64Array): void {
  for (let i = 0; i < rows; i++) {
    let product = 0;
    for (let j = 0; j < columns; j++) product += data[i * columns + j] * u[j];
    for (let j = 0; j < columns; j++) data[i * columns + j] -= 2 * product * u[j];
  }
}
