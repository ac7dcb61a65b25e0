/** Real matrices whose singular directions are shared, or not: the check that statements about spectra hold for matrices. */
import type { Random } from '../base/random.ts';
import { mean } from '../base/sums.ts';
import type { Matrix } from '../linalg/matrix.ts';
import { polarFactor, singularVectors } from '../linalg/singularVectors.ts';
import { spectralEntropy } from '../linalg/spectrumMeasures.ts';
import { entropyGain } from './entropyGain.ts';
import { drawSpectrum } from './spectrumKinds.ts';

export interface GainOnMatrices {
  readonly side: number;
  readonly pairs: number;
  /** |entropy gain of the matrix - that of the spectrum|, largest, in nats. */
  readonly largestDifference: number;
  /** Mean entropy gain of a polar step where W and G share directions, and where they do not. */
  readonly shared: number;
  readonly unshared: number;
}

/** Length of the step in units of the mean weight. */
const STEP = 0.05;

/** Entropy gains of W + eta polar(G) for square W and G, with shared and with unrelated singular directions. */
export function alignedGain({
  side,
  pairs,
  random,
}: {
  readonly side: number;
  readonly pairs: number;
  readonly random: Random;
}): GainOnMatrices {
  const differences: number[] = [];
  const shared: number[] = [];
  const unshared: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const [u, v] = [randomOrthogonal(side, random), randomOrthogonal(side, random)];
    const weights = drawSpectrum('lognormal', side, random);
    const w = withDirections(u, weights, v);
    const gradient = withDirections(u, drawSpectrum('power law', side, random), v);
    const eta = STEP * mean([...weights]);
    const gain = polarGain(w, gradient, eta);
    differences.push(Math.abs(gain - entropyGain(weights, new Float64Array(side).fill(1), eta)));
    shared.push(gain);
    unshared.push(polarGain(w, gaussianMatrix(side, side, random), eta));
  }
  return { side, pairs, largestDifference: Math.max(...differences), shared: mean(shared), unshared: mean(unshared) };
}

/** Uniformly distributed orthogonal matrix: the polar factor of a Gaussian one. */
export function randomOrthogonal(side: number, random: Random): Matrix {
  return polarFactor(gaussianMatrix(side, side, random));
}

export function gaussianMatrix(rows: number, columns: number, random: Random): Matrix {
  return { rows, columns, data: Float64Array.from({ length: rows * columns }, () => random.gaussian()) };
}

/**
 * U diag(sigma) V^T.
 *
 * @param u (m, at least r), v (n, at least r): their first r columns are used
 */
export function withDirections(u: Matrix, sigma: ArrayLike<number>, v: Matrix): Matrix {
  const data = new Float64Array(u.rows * v.rows); // (m, n)
  for (let i = 0; i < u.rows; i++)
    for (let k = 0; k < sigma.length; k++) {
      const factor = u.data[i * u.columns + k] * sigma[k];
      for (let j = 0; j < v.rows; j++) data[i * v.rows + j] += factor * v.data[j * v.columns + k];
    }
  return { rows: u.rows, columns: v.rows, data };
}

function polarGain(weights: Matrix, gradient: Matrix, eta: number): number {
  const polar = polarFactor(gradient);
  const moved = { ...weights, data: polar.data.map((value, i) => weights.data[i] + eta * value) };
  return spectralEntropy(singularVectors(moved).sigma) - spectralEntropy(singularVectors(weights).sigma);
}
