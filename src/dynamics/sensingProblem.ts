/**
 * Matrix sensing: y = A(X) + noise, where A takes N inner products of X with Gaussian matrices of entries N(0, 1 / N).
 *
 * With this scale A^T A is near the identity on low-rank matrices (restricted isometry) and has the largest eigenvalue
 * about (1 + sqrt(d^2 / N))^2.
 */
import type { Random } from '../base/random.ts';
import { polarFactor } from '../linalg/singularVectors.ts';
import { frobeniusNorm } from '../linalg/spectrumMeasures.ts';
import { gaussianMatrix, withDirections } from './alignedMatrices.ts';

export interface SensingSettings {
  /** d: the unknown matrix is d x d. */
  readonly side: number;
  /** Rank of the matrix to be found, its singular values equal and its Frobenius norm 1. */
  readonly rank: number;
  /** N / d^2, below 1: fewer measurements than unknowns. */
  readonly measured: number;
  /** Standard deviation of the noise as a share of the root mean square of the clean measurements. */
  readonly noise: number;
}

export interface SensingProblem {
  readonly side: number;
  /** N. */
  readonly measurements: number;
  /** (N, d^2) row-major. */
  readonly operator: Float64Array;
  /** (N,) */
  readonly observed: Float64Array;
  /** (d, d), Frobenius norm 1. */
  readonly truth: Float64Array;
  /** Upper bound of the largest eigenvalue of A^T A, by power iteration and 2 % on top. */
  readonly smoothness: number;
  /** Standard deviation of the noise in each measurement. */
  readonly noiseLevel: number;
}

/** Draws truth, measurements and noise, in this order. */
export function drawSensingProblem({ side, rank, measured, noise }: SensingSettings, random: Random): SensingProblem {
  const measurements = Math.round(measured * side * side);
  const equal = new Float64Array(rank).fill(1 / Math.sqrt(rank));
  const directions = () => polarFactor(gaussianMatrix(side, rank, random));
  const truth = withDirections(directions(), equal, directions()).data as Float64Array;
  const scale = 1 / Math.sqrt(measurements);
  const operator = Float64Array.from({ length: measurements * side * side }, () => scale * random.gaussian());
  const clean = applyOperator(operator, truth);
  const noiseLevel = (noise * frobeniusNorm(clean)) / Math.sqrt(measurements);
  return {
    side,
    measurements,
    operator,
    observed: clean.map((value) => value + noiseLevel * random.gaussian()),
    truth,
    smoothness: 1.02 * largestEigenvalue(operator, side * side, random),
    noiseLevel,
  };
}

/** A w, (N,). Four rows at a time share what is loaded of w: the sweep spends its time here and in the transpose. */
export function applyOperator(operator: Float64Array, w: Float64Array): Float64Array {
  const d = w.length;
  const out = new Float64Array(operator.length / d);
  for (let i = 0; i < out.length; i += 4) {
    const [r0, r1, r2, r3] = fourRows(i, out.length, d);
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    for (let j = 0; j < d; j++) {
      const x = w[j];
      s0 += operator[r0 + j] * x;
      s1 += operator[r1 + j] * x;
      s2 += operator[r2 + j] * x;
      s3 += operator[r3 + j] * x;
    }
    out[i] = s0;
    if (i + 1 < out.length) out[i + 1] = s1;
    if (i + 2 < out.length) out[i + 2] = s2;
    if (i + 3 < out.length) out[i + 3] = s3;
  }
  return out;
}

/** A^T r, (d^2,). */
function applyTransposed(operator: Float64Array, r: Float64Array): Float64Array {
  const d = operator.length / r.length;
  const out = new Float64Array(d);
  for (let i = 0; i < r.length; i += 4) {
    const [r0, r1, r2, r3] = fourRows(i, r.length, d);
    const [f0, f1, f2, f3] = [r[i], r[i + 1] ?? 0, r[i + 2] ?? 0, r[i + 3] ?? 0];
    for (let j = 0; j < d; j++)
      out[j] += f0 * operator[r0 + j] + f1 * operator[r1 + j] + (f2 * operator[r2 + j] + f3 * operator[r3 + j]);
  }
  return out;
}

/** Where rows i to i + 3 begin; beyond the last one, where it begins. */
function fourRows(i: number, rows: number, d: number): readonly [number, number, number, number] {
  const last = rows - 1;
  return [i * d, Math.min(i + 1, last) * d, Math.min(i + 2, last) * d, Math.min(i + 3, last) * d];
}

/** A^T (A w - y), (d, d): the gradient of half the squared residual. */
export function sensingGradient({ operator, observed }: SensingProblem, w: Float64Array): Float64Array {
  const residual = applyOperator(operator, w);
  for (let i = 0; i < residual.length; i++) residual[i] -= observed[i];
  return applyTransposed(operator, residual);
}

/** ||A w - y|| / ||y||. */
export function relativeResidual({ operator, observed }: SensingProblem, w: Float64Array): number {
  const residual = applyOperator(operator, w).map((value, i) => value - observed[i]);
  return frobeniusNorm(residual) / frobeniusNorm(observed);
}

function largestEigenvalue(operator: Float64Array, d: number, random: Random): number {
  let vector: Float64Array = Float64Array.from({ length: d }, () => random.gaussian());
  let value = 0;
  for (let i = 0; i < 60; i++) {
    const length = frobeniusNorm(vector);
    vector = vector.map((x) => x / length);
    const image = applyOperator(operator, vector);
    value = image.reduce((sum, x) => sum + x * x, 0);
    vector = applyTransposed(operator, image);
  }
  return value;
}
