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

/** A w, (N,). */
export function applyOperator(operator: Float64Array, w: Float64Array): Float64Array {
  const d = w.length;
  return Float64Array.from({ length: operator.length / d }, (_, i) => {
    let sum = 0;
    const row = i * d;
    for (let j = 0; j < d; j++) sum += operator[row + j] * w[j];
    return sum;
  });
}

/** A^T (A w - y), (d, d): the gradient of half the squared residual. */
export function sensingGradient({ operator, observed }: SensingProblem, w: Float64Array): Float64Array {
  const residual = applyOperator(operator, w);
  const gradient = new Float64Array(w.length);
  for (let i = 0; i < residual.length; i++) {
    const factor = residual[i] - observed[i];
    const row = i * w.length;
    for (let j = 0; j < w.length; j++) gradient[j] += factor * operator[row + j];
  }
  return gradient;
}

/** ||A w - y|| / ||y||. */
export function relativeResidual({ operator, observed }: SensingProblem, w: Float64Array): number {
  const residual = applyOperator(operator, w).map((value, i) => value - observed[i]);
  return frobeniusNorm(residual) / frobeniusNorm(observed);
}

function largestEigenvalue(operator: Float64Array, d: number, random: Random): number {
  let vector = Float64Array.from({ length: d }, () => random.gaussian());
  let value = 0;
  for (let i = 0; i < 60; i++) {
    const length = frobeniusNorm(vector);
    vector = vector.map((x) => x / length);
    const image = applyOperator(operator, vector);
    value = image.reduce((sum, x) => sum + x * x, 0);
    const next = new Float64Array(d);
    for (let r = 0; r < image.length; r++) for (let j = 0; j < d; j++) next[j] += image[r] * operator[r * d + j];
    vector = next;
  }
  return value;
}
