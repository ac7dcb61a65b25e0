/**
 * Moves the coefficients of a composition so that its outputs come closer to given targets.
 *
 * In: steps, samples (input, target, weight), limits. Out: better steps, or the ones given.
 *
 * Levenberg and Marquardt's method on all coefficients (c of a cubic stays 0):
 * 1. residuals sqrt(weight) (f(y) - target) at the samples; at every grid point also STIFFNESS times the excess of f over
 *    `most` and the shortfall under `least`;
 * 2. the Jacobian by the chain rule, from the last step backwards;
 * 3. (J^T J + lambda diag) step = -J^T r by Cholesky; lambda / 3 after an improvement, times 4 otherwise.
 *
 * Deterministic. The limits are penalties here; the caller checks the result exactly.
 */
import { evaluate } from './oddPolynomial.ts';
import type { NsCoefficients } from './schedule.ts';

/** The output wanted at one input. */
export interface Sample {
  readonly input: number;
  readonly target: number;
  readonly weight: number;
}

/** Outputs that must not leave [least, most] at `inputs`; `least` counts from `from` up. */
export interface Limits {
  readonly inputs: readonly number[];
  readonly from: number;
  readonly least: number;
  readonly most: number;
}

/** How much harder a limit pulls than a sample of weight 1. */
const STIFFNESS = 10;

/** Enough for the objective to settle to three digits on the published forecasts. */
const ITERATIONS = 25;

/** The refined steps; their number and degrees are those of `steps`. */
export function refineComposition(
  steps: readonly NsCoefficients[],
  samples: readonly Sample[],
  limits: Limits,
): readonly NsCoefficients[] {
  let current = steps;
  let fit = linearise(current, samples, limits);
  let lambda = 1e-3;
  for (let k = 0; k < ITERATIONS && lambda < 1e8; k++) {
    const change = solveDamped(fit.normal, fit.gradient, lambda);
    const moved = change === null ? null : moveBy(current, change);
    const next = moved === null ? null : linearise(moved, samples, limits);
    if (moved === null || next === null || !(next.loss < fit.loss)) {
      lambda *= 4;
      continue;
    }
    const gained = fit.loss - next.loss;
    [current, fit, lambda] = [moved, next, lambda / 3];
    if (gained < 1e-9 * fit.loss) break;
  }
  return current;
}

/** Loss, J^T J (row-major) and J^T r at some steps. */
interface Linearised {
  readonly loss: number;
  readonly normal: Float64Array;
  readonly gradient: Float64Array;
}

function linearise(steps: readonly NsCoefficients[], samples: readonly Sample[], limits: Limits): Linearised {
  const size = 3 * steps.length;
  const normal = new Float64Array(size * size);
  const gradient = new Float64Array(size);
  const row = new Float64Array(size);
  let loss = 0;
  const add = (input: number, stiffness: (output: number) => number, residual: (output: number) => number): void => {
    const out = outputWithGradient(steps, input, row);
    const [weight, r] = [stiffness(out), residual(out)];
    if (weight === 0) return;
    loss += weight * r * r;
    for (let i = 0; i < size; i++) {
      const scaled = weight * row[i]!;
      gradient[i]! += scaled * r;
      for (let j = 0; j <= i; j++) normal[i * size + j]! += scaled * row[j]!;
    }
  };
  for (const { input, target, weight } of samples)
    add(
      input,
      () => weight,
      (out) => out - target,
    );
  for (const input of limits.inputs) {
    const nearest = (out: number): number =>
      out > limits.most ? limits.most : input >= limits.from && out < limits.least ? limits.least : out;
    add(
      input,
      (out) => (nearest(out) === out ? 0 : STIFFNESS ** 2),
      (out) => out - nearest(out),
    );
  }
  return { loss: Number.isFinite(loss) ? loss : Number.POSITIVE_INFINITY, normal, gradient };
}

/** f(input); its derivatives by a, b, c of every step go to `row`, 0 for the c of a cubic. */
function outputWithGradient(steps: readonly NsCoefficients[], input: number, row: Float64Array): number {
  const inputs = new Float64Array(steps.length);
  let s = input;
  for (let k = 0; k < steps.length; k++) {
    inputs[k] = s;
    s = evaluate(steps[k]!, s);
  }
  let after = 1; // derivative of the later steps
  for (let k = steps.length - 1; k >= 0; k--) {
    const [a, b, c] = steps[k]!;
    const x = inputs[k];
    const t = x! * x!;
    row[3 * k] = after * x!;
    row[3 * k + 1] = after * x! * t;
    row[3 * k + 2] = c === 0 ? 0 : after * x! * t * t;
    after *= a + t * (3 * b + t * 5 * c);
  }
  return s;
}

/** Solves (normal + lambda diag(normal)) x = -gradient; null if the matrix is not positive definite. */
function solveDamped(normal: Float64Array, gradient: Float64Array, lambda: number): Float64Array | null {
  const n = gradient.length;
  const l = normal.slice();
  for (let i = 0; i < n; i++) l[i * n + i] = l[i * n + i]! * (1 + lambda) + 1e-12; // + for coefficients without effect
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let value = l[i * n + j]!;
      for (let k = 0; k < j; k++) value -= l[i * n + k]! * l[j * n + k]!;
      if (i > j) l[i * n + j] = value! / l[j * n + j]!;
      else if (value > 0) l[i * n + i] = Math.sqrt(value);
      else return null;
    }
  const x = gradient.map((g) => -g);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i]! -= l[i * n + k]! * x[k]!;
    x[i]! /= l[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i]! -= l[k * n + i]! * x[k]!;
    x[i]! /= l[i * n + i]!;
  }
  return x;
}

function moveBy(steps: readonly NsCoefficients[], change: Float64Array): readonly NsCoefficients[] {
  return steps.map(([a, b, c], k) => [
    a + change[3 * k]!,
    b + change[3 * k + 1]!,
    c === 0 ? 0 : c + change[3 * k + 2]!,
  ]);
}
