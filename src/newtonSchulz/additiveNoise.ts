/**
 * What random rounding errors do to singular directions: the polar factor of X + N, seen in the directions of X.
 *
 * In: singular values of X (m x n), and the variance of the entries of N. Out: for any singular value s of X with
 * vectors u, v, the expected u^T polar(X + N) v, between 0 and 1.
 *
 * 1. polar(Y) = (2 / pi) integral of Y (Y^T Y + t^2)^-1 dt over t > 0.
 * 2. For large m and n, u^T Y (Y^T Y + t^2)^-1 v = s / (A B + s^2) with numbers A(t), B(t) that solve
 *      A = t + sum over right directions of N's variance times the resolvent, B likewise on the left
 *    (deterministic equivalent of an information-plus-noise matrix; Dozier and Silverstein 2007).
 * 3. Rounding errors follow the entries. Where one direction u1 v1^T holds the norm, var N_ij = tau^2 m u1_i^2 n v1_j^2: rows
 *    and columns of unequal noise, the squares of Gaussians for a random direction. A share `profile` of the variance
 *    has this form, the rest is equal everywhere. With left resolvent g1 = (1/m) sum B / (A B + s^2):
 *      1 / (O1 + d alpha) averages to g1 over the profile d,  A = t + equal part + 1 / g1 - O1,
 *      alpha = tau^2 n <d / (O2 + d beta)>, and the same with sides exchanged (freeness of X from the profile).
 * 4. Damped fixed-point iteration from t = infinity downwards, each t started from the last; trapezoidal rule in log t,
 *    whose error on this integrand is below 1e-4 at a spacing of 0.5; both tails in closed form.
 *
 * Not covered: noise that depends on the directions of X, and m or n below about 50.
 */
import type { Directions } from './quantileSpectrum.ts';

/** Independent errors of the entries of a matrix. */
export interface EntryNoise {
  /** Mean variance of an entry. */
  readonly variance: number;
  /** Share of the variance that follows one direction's entries; 0 if it is the same everywhere. */
  readonly profile: number;
}

/** Means of chi^2 with one degree of freedom over twelve parts of equal probability; they average to 1. */
const PROFILE: Float64Array = Float64Array.of(
  ...[0.003644, 0.025702, 0.070817, 0.14114, 0.240334, 0.374273],
  ...[0.55241, 0.790611, 1.117785, 1.594546, 2.386758, 4.701979],
);

const LOG_SPACING = 0.5;
const CONVERGED = 1e-5;
const MOST_ITERATIONS = 400;

/**
 * Expected alignment of the polar factor of X + N with chosen directions of X.
 *
 * @param directions the whole spectrum of X
 * @param shape [m, n], m <= n
 * @param at singular values s, at least 0; 0 gives 0
 * @returns same length as `at`
 * @accuracy a few 1e-3 against sampled matrices of side 256
 */
export function polarAlignment(
  directions: Directions,
  noise: EntryNoise,
  shape: readonly [number, number],
  at: ArrayLike<number>,
): Float64Array {
  const sigma = Float64Array.from(at);
  const curve = polarAlignmentCurve(directions, noise, shape, [
    Math.min(...sigma.filter((s) => s > 0)),
    Math.max(...sigma),
  ]);
  return sigma.map(curve);
}

/**
 * {@link polarAlignment} as a function of s, for many directions of one spectrum: the fixed points are found once.
 *
 * @param range of the positive s it will be asked for
 */
export function polarAlignmentCurve(
  directions: Directions,
  noise: EntryNoise,
  shape: readonly [number, number],
  [smallest, largest]: readonly [number, number],
): (s: number) => number {
  if (noise.variance === 0) return () => 1;
  const scale = Math.sqrt(noise.variance * shape[1]);
  const high = 100 * Math.max(scale, directions.sigma[0]!, largest);
  const low = 0.01 * Math.min(scale, smallest);
  const steps = Math.ceil(Math.log(high / low) / LOG_SPACING);
  const spacing = Math.log(high / low) / steps;
  const weights = new Float64Array(steps + 1);
  const squares = new Float64Array(steps + 1); // A B
  let state = startAt(high, noise.variance, shape);
  for (let k = 0; k <= steps; k++) {
    const t = high * Math.exp(-k * spacing);
    state = resolventAt(t, state, directions, noise, shape);
    weights[k] = t * (k === 0 ? spacing / 2 : k === steps ? spacing / 2 + 1 : spacing); // + 1: the tail below `low`
    squares[k] = state.a * state.b;
  }
  return (s) => {
    let sum = s / high; // the tail above `high`, where A B = t^2
    for (let k = 0; k <= steps; k++) sum += (weights[k]! * s) / (squares[k]! + s * s);
    return Math.min(1, (2 / Math.PI) * sum);
  };
}

/** A, B, alpha and beta of the head comment at one t. */
interface Resolvent {
  readonly a: number;
  readonly b: number;
  readonly alpha: number;
  readonly beta: number;
}

function startAt(t: number, variance: number, [m, n]: readonly [number, number]): Resolvent {
  return { a: t, b: t, alpha: (variance * n) / t, beta: (variance * m) / t };
}

function resolventAt(
  t: number,
  start: Resolvent,
  { sigma, count }: Directions,
  { variance, profile }: EntryNoise,
  [m, n]: readonly [number, number],
): Resolvent {
  let { a, b, alpha, beta } = start;
  for (let k = 0; k < MOST_ITERATIONS; k++) {
    const square = a * b;
    let sum = 0;
    for (let i = 0; i < sigma.length; i++) sum += count[i]! / (square + sigma[i]! * sigma[i]!);
    const left = (b * sum) / m;
    const right = (a * sum + (n - m) / b) / n;
    const o1 = unprofiled(left, profile * alpha);
    const o2 = unprofiled(right, profile * beta);
    const d1 = profiledMean(o1, profile * alpha);
    const d2 = profiledMean(o2, profile * beta);
    const nextA = t + (1 - profile) * variance * n * right + (profile * alpha * d1) / left; // 1 / left - o1 without cancellation
    const nextB = t + (1 - profile) * variance * m * left + (profile * beta * d2) / right;
    const nextAlpha = variance * n * d2;
    const moved = Math.abs(nextA / a - 1) + Math.abs(nextB / b - 1) + Math.abs(nextAlpha / alpha - 1);
    a = (a + nextA) / 2;
    b = (b + nextB) / 2;
    alpha = (alpha + nextAlpha) / 2;
    beta = (beta + variance * m * d1) / 2;
    if (moved < CONVERGED) break;
  }
  return { a, b, alpha, beta };
}

/** The O with <1 / (O + d k)> = g: Newton's iteration from the left, monotone because the mean is convex in O. */
function unprofiled(g: number, k: number): number {
  let o = Math.max(1 / g - k, 0); // Jensen: the mean is at least 1 / (O + k)
  for (let i = 0; i < 40; i++) {
    let value = 0;
    let slope = 0;
    for (let j = 0; j < PROFILE.length; j++) {
      const term = 1 / (o + PROFILE[j]! * k);
      value += term;
      slope += term * term;
    }
    const step = (value - g * PROFILE.length) / slope;
    o += step;
    if (Math.abs(step) <= 1e-9 * o) break;
  }
  return o;
}

/** <d / (O + d k)>. */
function profiledMean(o: number, k: number): number {
  let sum = 0;
  for (let j = 0; j < PROFILE.length; j++) sum += PROFILE[j]! / (o + PROFILE[j]! * k);
  return sum / PROFILE.length;
}
