/** Matrices whose singular vectors are known and random, so that alignment needs no decomposition. */
import { createRandom, type Random } from '../../src/base/random.ts';
import type { SingularValueDecomposition } from '../../src/linalg/jacobi.ts';
import type { Matrix } from '../../src/linalg/matrix.ts';

/** X = U diag(sigma) V^T with random orthonormal U (m, r) and V (n, r). */
export interface KnownMatrix {
  readonly matrix: Matrix;
  readonly decomposition: SingularValueDecomposition;
}

/** @param sigma descending, shape (min(rows, columns),); divided by its norm */
export function knownMatrix(rows: number, columns: number, sigma: readonly number[], seed: number): KnownMatrix {
  const random = createRandom(seed);
  const r = sigma.length;
  const norm = Math.hypot(...sigma);
  const values = Float64Array.from(sigma, (s) => s / norm);
  const u = orthonormalColumns(rows, r, random);
  const v = orthonormalColumns(columns, r, random);
  const data = new Float64Array(rows * columns);
  for (let k = 0; k < r; k++)
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) data[i * columns + j] += u[k][i] * values[k] * v[k][j];
  return {
    matrix: { rows, columns, data },
    decomposition: { u: asMatrix(rows, u), sigma: values, v: asMatrix(columns, v) },
  };
}

/** One direction with the share `outlier` of the norm, the rest spread evenly in log from `from` down to `to`. */
export function outlierSpectrum(r: number, outlier: number, from: number, to: number): number[] {
  return [outlier, ...logSpaced(r - 1, from, to)];
}

export function logSpaced(r: number, from: number, to: number): number[] {
  return Array.from({ length: r }, (_, i) => from * (to / from) ** (i / Math.max(1, r - 1)));
}

/** Gram-Schmidt, twice, on Gaussian columns. */
function orthonormalColumns(rows: number, count: number, random: Random): Float64Array[] {
  const columns: Float64Array[] = [];
  for (let k = 0; k < count; k++) {
    const x = Float64Array.from({ length: rows }, () => random.gaussian());
    for (const done of [...columns, ...columns]) {
      let along = 0;
      for (let i = 0; i < rows; i++) along += x[i] * done[i];
      for (let i = 0; i < rows; i++) x[i] -= along * done[i];
    }
    const length = Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));
    columns.push(x.map((value) => value / length));
  }
  return columns;
}

function asMatrix(rows: number, columns: readonly Float64Array[]): Matrix {
  const data = new Float64Array(rows * columns.length);
  columns.forEach((column, k) => {
    for (let i = 0; i < rows; i++) data[i * columns.length + k] = column[i];
  });
  return { rows, columns: columns.length, data };
}
