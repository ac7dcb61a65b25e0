/**
 * Moves the coefficients of a composition so that its outputs come closer to given targets.
 *
 * In: steps, samples (input, target, weight), limits. Out: better steps, or the ones given.
 *
 * Levenberg and Marquardt's method on all coefficients (c of a cubic stays 0):
 * 1. residuals sqrt(weight) (f(y) - target) at the samples, and STIFFNESS times what the extremes of f exceed a limit by
 *    (outputExtremes.ts: all of them, wherever they lie);
 * 2. the Jacobian by the chain rule, from the last step backwards;
 * 3. (J^T J + lambda D) step = -J^T r by Cholesky; lambda / 3 after an improvement, times 4 otherwise.
 *
 * D is E^T E with the derivatives E of all extremes, so lambda holds the extremes where they are, not the coefficients. A
 * change of the first step reaches the outputs 1e5 times larger; steps in which these changes cancel are the only ones
 * that lead anywhere, and with Marquardt's diagonal in place of E^T E the iteration does not find them.
 *
 * Deterministic. The limits are penalties here; the caller checks the result exactly.
 */
import { evaluate, type Range } from './oddPolynomial.ts';
import { outputExtremes, type Path } from './outputExtremes.ts';
import type { NsCoefficients } from './schedule.ts';

/** The output wanted at one input. */
export interface Sample {
  readonly input: number;
  readonly target: number;
  readonly weight: number;
}

/** Outputs over `inputs` that must stay in [least, most]. */
export interface Limit {
  readonly inputs: Range;
  readonly least: number;
  readonly most: number;
}

/** What {@link refineComposition} may do. */
export interface RefineOptions {
  readonly iterations: number;
  /** See outputExtremes. */
  readonly room: number;
}

/** How much harder a limit pulls than a sample of weight 1. */
const STIFFNESS = 10;

/** The refined steps; their number and degrees are those of `steps`. */
export function refineComposition(
  steps: readonly NsCoefficients[],
  samples: readonly Sample[],
  limits: readonly Limit[],
  { iterations, room }: RefineOptions,
): readonly NsCoefficients[] {
  let current = steps;
  let fit = linearise(current, samples, limits, room);
  let lambda = 1e-3;
  for (let k = 0; k < iterations && lambda < 1e8; k++) {
    const change = solveDamped(fit, lambda);
    const moved = change === null ? null : moveBy(current, change);
    const next = moved === null ? null : linearise(moved, samples, limits, room);
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

/** The least-squares problem at some steps; matrices are row-major, lower triangles, shape (3k, 3k). */
interface Linearised {
  readonly loss: number;
  /** J^T J. */
  readonly normal: Float64Array;
  /** J^T r. */
  readonly gradient: Float64Array;
  /** E^T E. */
  readonly damping: Float64Array;
}

function linearise(
  steps: readonly NsCoefficients[],
  samples: readonly Sample[],
  limits: readonly Limit[],
  room: number,
): Linearised {
  const size = 3 * steps.length;
  const normal = new Float64Array(size * size);
  const gradient = new Float64Array(size);
  const damping = new Float64Array(size * size);
  const row = new Float64Array(size);
  let loss = 0;
  const add = (weight: number, residual: number): void => {
    loss += weight * residual * residual;
    for (let i = 0; i < size; i++) gradient[i]! += weight * residual * row[i]!;
    addOuterProduct(normal, row, weight);
  };
  for (const { input, target, weight } of samples)
    add(weight, outputWithGradient(steps, { from: 0, input, grows: 0 }, room, row) - target);
  for (const { inputs, least, most } of limits)
    for (const extreme of outputExtremes(steps, inputs, room)) {
      outputWithGradient(steps, extreme, room, row);
      addOuterProduct(damping, row, 1);
      const excess = extreme.value - Math.min(most, Math.max(least, extreme.value));
      if (excess !== 0) add(STIFFNESS ** 2, excess);
    }
  return { loss: Number.isFinite(loss) ? loss : Number.POSITIVE_INFINITY, normal, gradient, damping };
}

/** matrix += weight row row^T, lower triangle. */
function addOuterProduct(matrix: Float64Array, row: Float64Array, weight: number): void {
  const size = row.length;
  for (let i = 0, first = 0; i < size; i++, first += size) {
    const scaled = weight * row[i]!;
    if (scaled === 0) continue;
    for (let j = 0; j <= i; j++) matrix[first + j]! += scaled * row[j]!;
  }
}

/** The output of a path; its derivatives by a, b, c of every step go to `row`, 0 for the c of a cubic. */
function outputWithGradient(
  steps: readonly NsCoefficients[],
  { from, input, grows }: Path,
  room: number,
  row: Float64Array,
): number {
  row.fill(0);
  let s = input;
  for (let k = from; k < steps.length; k++) {
    if (grows & (1 << k)) s *= room;
    row[3 * k] = s; // for the way back
    s = evaluate(steps[k]!, s);
  }
  let after = 1; // derivative of the later steps
  for (let k = steps.length - 1; k >= from; k--) {
    const [a, b, c] = steps[k]!;
    const x = row[3 * k]!;
    const t = x * x;
    row[3 * k] = after * x;
    row[3 * k + 1] = after * x * t;
    row[3 * k + 2] = c === 0 ? 0 : after * x * t * t;
    after *= (a + t * (3 * b + t * 5 * c)) * (grows & (1 << k) ? room : 1);
  }
  return s;
}

/** A share of the diagonal beside E^T E, and an amount, for coefficients that move no extreme or no output at all. */
const DIAGONAL_SHARE = 1e-3;
const DIAGONAL = 1e-12;

/** Solves (J^T J + lambda D) x = -J^T r; null if the matrix is not positive definite. */
function solveDamped({ normal, gradient, damping }: Linearised, lambda: number): Float64Array | null {
  const n = gradient.length;
  const l = normal.map((value, i) => value + lambda * damping[i]!);
  for (let i = 0; i < n; i++) l[i * n + i] = l[i * n + i]! * (1 + DIAGONAL_SHARE * lambda) + DIAGONAL;
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let value = l[i * n + j]!;
      for (let k = 0; k < j; k++) value -= l[i * n + k]! * l[j * n + k]!;
      if (i > j) l[i * n + j] = value / l[j * n + j]!;
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
