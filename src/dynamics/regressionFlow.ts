/**
 * Regression with matrices, step by step: what the closed forms of regressionModes.ts are compared with.
 *
 * Euler steps W <- W - eta D with D the gradient X^T (X W - Y) or its polar factor. The singular values of W are read
 * along Q and R, the directions that the construction gives it.
 */
import type { Random } from '../base/random.ts';
import type { Matrix } from '../linalg/matrix.ts';
import { polarFactor } from '../linalg/singularVectors.ts';
import { gaussianMatrix, withDirections } from './alignedMatrices.ts';
import type { Flow, Mode } from './regressionModes.ts';

export interface RegressionShape {
  /** N. */
  readonly measurements: number;
  /** d > N. */
  readonly unknowns: number;
  /** k, columns of W. */
  readonly outputs: number;
}

/** X, Y, W(0) and the directions they share. */
export interface AlignedProblem {
  readonly x: Matrix;
  readonly y: Matrix;
  readonly start: Matrix;
  /** (d, r) */
  readonly q: Matrix;
  /** (k, r) */
  readonly r: Matrix;
}

/** Matrices with random shared directions for the given modes; as many as min(N, k). */
export function alignedProblem(modes: readonly Mode[], shape: RegressionShape, random: Random): AlignedProblem {
  const { measurements, unknowns, outputs } = shape;
  const p = orthonormalColumns(measurements, modes.length, random);
  const q = orthonormalColumns(unknowns, modes.length, random);
  const r = orthonormalColumns(outputs, modes.length, random);
  return {
    x: withDirections(
      p,
      modes.map(({ measurement }) => measurement),
      q,
    ),
    y: withDirections(
      p,
      modes.map(({ measurement, target }) => measurement * target),
      r,
    ),
    start: withDirections(
      q,
      modes.map(({ start }) => start),
      r,
    ),
    q,
    r,
  };
}

/** A gradient below this share of ||X|| ||Y|| is the rounding of residuals that have vanished. */
const ROUNDING = 1e-13;

/**
 * Values q_i^T W r_i after every step of Euler's method, and how far W has left its directions.
 *
 * @param eta length of a step, in time
 * @returns one row of (r,) values a step, the start first
 */
export function eulerModes(
  flow: Flow,
  { x, y, start, q, r }: AlignedProblem,
  eta: number,
  steps: number,
): { readonly values: readonly Float64Array[]; readonly offDirections: number } {
  let w: Matrix = { ...start, data: Float64Array.from(start.data) };
  const values = [alongDirections(w, q, r)];
  const negligible = ROUNDING * frobenius(x) * frobenius(y);
  for (let step = 0; step < steps; step++) {
    const gradient = gradientOf(x, y, w);
    const direction = flow === 'muon' ? polarFactor(gradient, { negligible }) : gradient;
    w = { ...w, data: (w.data as Float64Array).map((value, i) => value - eta * direction.data[i]) };
    values.push(alongDirections(w, q, r));
  }
  return { values, offDirections: outside(w, q, values[values.length - 1], r) };
}

/** X^T (X W - Y), (d, k). */
export function gradientOf(x: Matrix, y: Matrix, w: Matrix): Matrix {
  const residual = product(x, w); // (N, k)
  for (let i = 0; i < residual.data.length; i++) residual.data[i] -= y.data[i];
  return product(transpose(x), residual);
}

/** (m, n) = A B. */
export function product(a: Matrix, b: Matrix): Matrix & { readonly data: Float64Array } {
  const data = new Float64Array(a.rows * b.columns);
  for (let i = 0; i < a.rows; i++)
    for (let k = 0; k < a.columns; k++) {
      const factor = a.data[i * a.columns + k];
      for (let j = 0; j < b.columns; j++) data[i * b.columns + j] += factor * b.data[k * b.columns + j];
    }
  return { rows: a.rows, columns: b.columns, data };
}

export function transpose({ rows, columns, data }: Matrix): Matrix {
  const turned = new Float64Array(data.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) turned[j * rows + i] = data[i * columns + j];
  return { rows: columns, columns: rows, data: turned };
}

/** (rows, count) with orthonormal columns, uniformly distributed. */
function orthonormalColumns(rows: number, count: number, random: Random): Matrix {
  return polarFactor(gaussianMatrix(rows, count, random));
}

/** q_i^T W r_i for each i. */
function alongDirections(w: Matrix, q: Matrix, r: Matrix): Float64Array {
  return Float64Array.from({ length: q.columns }, (_, i) => {
    let sum = 0;
    for (let a = 0; a < w.rows; a++)
      for (let b = 0; b < w.columns; b++)
        sum += q.data[a * q.columns + i] * w.data[a * w.columns + b] * r.data[b * r.columns + i];
    return sum;
  });
}

/** ||W - Q diag(values) R^T||_F */
function outside(w: Matrix, q: Matrix, values: Float64Array, r: Matrix): number {
  const inside = withDirections(q, values, r);
  return frobenius({ ...w, data: Float64Array.from(w.data, (value, i) => value - inside.data[i]) });
}

function frobenius({ data }: Matrix): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i] ** 2;
  return Math.sqrt(sum);
}
