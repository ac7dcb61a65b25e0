/**
 * How a sensing problem is solved: seven descent methods on W itself, and nuclear-norm minimisation.
 *
 * Every normalised method moves by the same Frobenius norm a step, eta sqrt(d), which is that of the polar update:
 *
 *   muon             eta U V^T of the gradient, exact
 *   muon, NS         the same by a Newton-Schulz schedule
 *   norm-matched     eta sqrt(d) G / ||G||_F: gradient descent with Muon's norms and the gradient's spectrum
 *   sign             eta sqrt(d) sign(G) / d
 *   adamw            eta / sqrt(d) times Adam's direction, whose entries are near 1; no weight decay
 *   gradient         G / L, L the largest eigenvalue of A^T A
 *
 * Rates fall linearly to 0, so that normalised methods come to rest. No momentum, except in adamw.
 *
 * Nuclear norm: FISTA on 1/2 ||A W - y||^2 + lambda ||W||_* with lambda halved until it is what the noise calls for.
 */
import type { Matrix } from '../linalg/matrix.ts';
import { polarFactor, singularVectors } from '../linalg/singularVectors.ts';
import { frobeniusNorm } from '../linalg/spectrumMeasures.ts';
import { scheduleOf } from '../newtonSchulz/catalogue.ts';
import { orthogonalise } from '../newtonSchulz/orthogonalise.ts';
import { withDirections } from './alignedMatrices.ts';
import { type SensingProblem, sensingGradient } from './sensingProblem.ts';
import type { SensingMethod } from './sensingRecord.ts';

export const SENSING_METHODS: readonly SensingMethod[] = [
  'muon',
  'muon-ns',
  'norm-matched',
  'gradient',
  'sign',
  'adamw',
  'nuclear-norm',
];

export interface DescentSettings {
  /** Of the first step, in spectral norm. */
  readonly eta: number;
  readonly steps: number;
}

/** The schedule of "muon-ns": what most implementations run. */
const NS_SCHEDULE = scheduleOf('jordan', 5);

/** W after the last step. @param start (d, d), not changed */
export function solveSensing(
  method: SensingMethod,
  problem: SensingProblem,
  start: Float64Array,
  settings: DescentSettings,
): Float64Array {
  if (method === 'nuclear-norm') return minimiseNuclearNorm(problem);
  const direction = directionOf(method, problem);
  const w = Float64Array.from(start);
  for (let step = 0; step < settings.steps; step++) {
    const left = 1 - step / settings.steps;
    const rate = method === 'gradient' ? 1 / problem.smoothness : settings.eta * left;
    const update = direction(sensingGradient(problem, w));
    for (let i = 0; i < w.length; i++) w[i] -= rate * update[i];
  }
  return w;
}

type Direction = (gradient: Float64Array) => Float64Array;

function directionOf(method: Exclude<SensingMethod, 'nuclear-norm'>, { side }: SensingProblem): Direction {
  const matrix = (data: Float64Array): Matrix => ({ rows: side, columns: side, data });
  const norm = Math.sqrt(side);
  switch (method) {
    case 'muon':
      return (gradient) => polarFactor(matrix(gradient)).data;
    case 'muon-ns':
      return (gradient) => Float64Array.from(orthogonalise(matrix(gradient), NS_SCHEDULE).data);
    case 'norm-matched':
      return (gradient) => {
        const length = frobeniusNorm(gradient);
        return length === 0 ? gradient : gradient.map((g) => (norm * g) / length);
      };
    case 'gradient':
      return (gradient) => gradient;
    case 'sign':
      return (gradient) => gradient.map((g) => (norm / side) * Math.sign(g));
    case 'adamw':
      return adamDirection(norm / side);
    default:
      return method satisfies never;
  }
}

/** Adam's bias-corrected direction, betas (0.9, 0.95) as in the paper's own runs. @source Kingma and Ba 2015 */
function adamDirection(scale: number): Direction {
  const [beta1, beta2, epsilon] = [0.9, 0.95, 1e-12];
  let first: Float64Array = new Float64Array(0);
  let second: Float64Array = new Float64Array(0);
  let step = 0;
  return (gradient) => {
    if (step === 0) [first, second] = [new Float64Array(gradient.length), new Float64Array(gradient.length)];
    step++;
    return gradient.map((g, i) => {
      first[i] = beta1 * first[i] + (1 - beta1) * g;
      second[i] = beta2 * second[i] + (1 - beta2) * g * g;
      const mean = first[i] / (1 - beta1 ** step);
      return (scale * mean) / (Math.sqrt(second[i] / (1 - beta2 ** step)) + epsilon);
    });
  };
}

/** Largest relative change of W at which an iteration stops: with the last lambda, and on the way to it. */
const SETTLED = 1e-9;
const NEARLY_SETTLED = 1e-3;
/** Iterations for each lambda at the most. */
const MOST_ITERATIONS = 2000;
/** lambda without noise, as a share of the one that gives W = 0. */
const LEAST_LAMBDA = 1e-5;

/**
 * argmin 1/2 ||A W - y||^2 + lambda ||W||_*, with lambda = noise (2 sqrt d), the size of A^T noise in spectral norm, or small
 * enough to stand for A W = y where there is none.
 *
 * @source Beck and Teboulle 2009 (FISTA); Toh and Yun 2010 (continuation in lambda)
 */
export function minimiseNuclearNorm(problem: SensingProblem): Float64Array {
  const { side, noiseLevel } = problem;
  const zero = new Float64Array(side * side);
  const largest = singularVectors({ rows: side, columns: side, data: sensingGradient(problem, zero) }).sigma[0];
  const last = nuclearPenalty(largest, noiseLevel, side);
  let w: Float64Array = zero;
  for (let lambda = largest; lambda > last; ) {
    lambda = Math.max(last, lambda / 2);
    w = proximalDescent(problem, w, lambda, lambda === last ? SETTLED : NEARLY_SETTLED);
  }
  return w;
}

/** The last lambda. */
export function nuclearPenalty(largest: number, noiseLevel: number, side: number): number {
  return Math.max(LEAST_LAMBDA * largest, noiseLevel * 2 * Math.sqrt(side));
}

function proximalDescent(problem: SensingProblem, start: Float64Array, lambda: number, settled: number): Float64Array {
  const { smoothness, side } = problem;
  let w = start;
  let ahead = start;
  let momentum = 1;
  for (let i = 0; i < MOST_ITERATIONS; i++) {
    const gradient = sensingGradient(problem, ahead);
    const next = shrink(
      ahead.map((value, k) => value - gradient[k] / smoothness),
      side,
      lambda / smoothness,
    );
    const moved = next.map((value, k) => value - w[k]);
    const grown = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2;
    // Restart where momentum points uphill (O'Donoghue and Candes 2015).
    const uphill = moved.reduce((sum, value, k) => sum + (ahead[k] - next[k]) * value, 0) > 0;
    ahead = uphill ? next : next.map((value, k) => value + ((momentum - 1) / grown) * moved[k]);
    momentum = uphill ? 1 : grown;
    w = next;
    if (frobeniusNorm(moved) <= settled * frobeniusNorm(w)) break;
  }
  return w;
}

/** Singular values lowered by `threshold`, not below 0. */
function shrink(w: Float64Array, side: number, threshold: number): Float64Array {
  const { u, sigma, v } = singularVectors({ rows: side, columns: side, data: w });
  return Float64Array.from(
    withDirections(
      u,
      sigma.map((value) => Math.max(value - threshold, 0)),
      v,
    ).data,
  );
}
