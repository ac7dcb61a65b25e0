/**
 * Speeds of singular values under Muon where nothing is aligned: d sigma_i / dt = -u_i^T O v_i with O the polar factor of
 * the gradient and u_i, v_i the singular vectors of W. |u^T O v| <= 1, with equality where the directions are shared.
 */
import type { Random } from '../base/random.ts';
import type { Matrix } from '../linalg/matrix.ts';
import { polarFactor, singularVectors } from '../linalg/singularVectors.ts';
import { gaussianMatrix } from './alignedMatrices.ts';
import { gradientOf, product, type RegressionShape } from './regressionFlow.ts';

export interface UnalignedSpeeds {
  readonly steps: number;
  readonly largestSpeed: number;
  readonly meanSpeed: number;
  /** |finite difference - formula|, largest. */
  readonly largestError: number;
}

const STEPS = 12;
const ETA = 0.05;
/** Length of the finite difference: its error is of this order over the gap between singular values. */
const DIFFERENCE = 1e-7;

/** Gaussian measurements of a Gaussian matrix, W started at random; both normalised to columns of length about 1. */
export function unalignedSpeeds({ measurements, unknowns, outputs }: RegressionShape, random: Random): UnalignedSpeeds {
  const scaled = (matrix: Matrix, scale: number): Matrix => ({
    ...matrix,
    data: Float64Array.from(matrix.data, (value) => value * scale),
  });
  const x = scaled(gaussianMatrix(measurements, unknowns, random), 1 / Math.sqrt(measurements));
  const y = product(x, scaled(gaussianMatrix(unknowns, outputs, random), 1 / Math.sqrt(outputs)));
  let w = scaled(gaussianMatrix(unknowns, outputs, random), 0.3 / Math.sqrt(unknowns));
  let [largestSpeed, largestError, sum, count] = [0, 0, 0, 0];
  for (let step = 0; step < STEPS; step++) {
    const polar = polarFactor(gradientOf(x, y, w));
    const speeds = formulaSpeeds(w, polar);
    const [before, after] = [singularVectors(w).sigma, singularVectors(moved(w, polar, DIFFERENCE)).sigma];
    for (const [i, speed] of speeds.entries()) {
      largestSpeed = Math.max(largestSpeed, Math.abs(speed));
      largestError = Math.max(largestError, Math.abs((after[i] - before[i]) / DIFFERENCE - speed));
      sum += Math.abs(speed);
      count++;
    }
    w = moved(w, polar, ETA);
  }
  return { steps: STEPS, largestSpeed, largestError, meanSpeed: sum / count };
}

/** W - eta O. */
function moved(w: Matrix, polar: Matrix, eta: number): Matrix {
  return { ...w, data: Float64Array.from(w.data, (value, i) => value - eta * polar.data[i]) };
}

/** -u_i^T O v_i for every singular value of W. */
function formulaSpeeds(w: Matrix, polar: Matrix): Float64Array {
  const { u, sigma, v } = singularVectors(w);
  const applied = product(polar, v); // (d, r)
  return sigma.map((_, i) => {
    let sum = 0;
    for (let a = 0; a < w.rows; a++) sum += u.data[a * u.columns + i] * applied.data[a * applied.columns + i];
    return -sum;
  });
}
