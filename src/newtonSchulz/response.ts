/**
 * What a schedule does to a singular value.
 *
 * A Newton-Schulz iteration keeps the singular vectors and maps each singular value by the composition
 * f = p_k o ... o p_1 of its odd polynomials, started at sigma / scale, where sigma is a singular value of
 * M / norm(M) and `scale` the entry's factor on the norm. The entry's epsilon is left out: it acts on the norm of
 * M, which a normalised spectrum no longer knows, and matters only where that norm is near epsilon.
 *
 * Exact arithmetic in float64. Bounds are images of intervals under one step after the other: f of an interval is
 * an interval, so they are attained, not estimated by sampling.
 */
import { requireFinite } from '../base/checks.ts';
import { DomainError } from '../base/errors.ts';
import { criticalPoints, evaluate, firstCrossing, image, type Range } from './oddPolynomial.ts';
import type { NsCoefficients, NsSchedule } from './schedule.ts';

/** The outputs whose singular value `ns --json` lists. 0.1 is the failure level of arXiv:2606.04058. */
export const THRESHOLD_LEVELS = [0.1, 0.5, 0.7, 0.9] as const;

/** Smallest singular value that reaches a level, keyed "0.1", "0.5", "0.7", "0.9"; null where none does. */
export type Thresholds = Readonly<Record<`${(typeof THRESHOLD_LEVELS)[number]}`, number | null>>;

/**
 * Singular values after a Newton-Schulz schedule.
 *
 * s <- a s + b s^3 + c s^5, once per row of `schedule.coefficients`, from s = sigma / scale.
 *
 * @param sigma singular values of M / norm(M), shape (r,), in [0, 1]
 * @param schedule see NsSchedule for what is folded into its coefficients
 * @returns shape (r,), same order as `sigma`; not clipped
 * @throws DomainError if a value is negative or not finite
 * @accuracy exact arithmetic in float64
 * @source Jordan 2024; Amsel et al. 2025, arXiv:2505.16932, Alg. 1
 * @example response([0.001], scheduleOf('jordan', 5)) // [0.4715...]
 */
export function response(sigma: ArrayLike<number>, schedule: NsSchedule): number[] {
  requireFinite('Newton-Schulz response', sigma);
  return Array.from(sigma, (s) => output(s, schedule));
}

/** {@link response} of one singular value. */
export function output(sigma: number, { entry, coefficients }: NsSchedule): number {
  if (!(sigma >= 0)) throw new DomainError(`Newton-Schulz response: a singular value must be at least 0, got ${sigma}`);
  return coefficients.reduce((s, step) => evaluate(step, s), sigma / entry.scale);
}

/** {@link output} of one schedule, for many values known to be fit for it: the same operations, some five times faster. */
export function outputOf({ entry, coefficients }: NsSchedule): (sigma: number) => number {
  const flat = Float64Array.from(coefficients.flat());
  return (sigma) => {
    let s = sigma / entry.scale;
    for (let k = 0; k < flat.length; k += 3) {
      const t = s * s;
      s *= flat[k]! + t * (flat[k + 1]! + t * flat[k + 2]!);
    }
    return s;
  };
}

/** f'(0): the product of the a's, divided by the entry scale. Small singular values grow by this factor. */
export function composeSlope({ entry, coefficients }: NsSchedule): number {
  return coefficients.reduce((slope, [a]) => slope * a, 1 / entry.scale);
}

/**
 * Smallest and largest output over all singular values in `range`.
 *
 * @returns the image of `range`; both ends are attained
 * @throws DomainError unless 0 <= low <= high
 * @accuracy a few units in the last place a step
 */
export function outputRange(schedule: NsSchedule, range: Range): Range {
  return outputRangeWithRoom(schedule, range, 1);
}

/**
 * {@link outputRange} where rounding may carry the largest value up to `room` times further before every step.
 *
 * @param room at least 1
 * @returns an interval that holds every output, whichever values are carried how far
 */
export function outputRangeWithRoom({ entry, coefficients }: NsSchedule, range: Range, room: number): Range {
  const [low, high] = range;
  if (!(low >= 0 && low <= high && high < Number.POSITIVE_INFINITY))
    throw new DomainError(`Newton-Schulz output range: expected 0 <= low <= high, got [${low}, ${high}]`);
  const start: Range = [low / entry.scale, high / entry.scale];
  return coefficients.reduce<Range>((interval, step) => image(step, [interval[0], interval[1] * room]), start);
}

/**
 * {@link outputRange} of one schedule, for many ranges known to be fit for it.
 *
 * {@link image} step after step, written out without an array a step: a plan asks for very many ranges.
 */
export function outputRangeOf({ entry, coefficients }: NsSchedule): (low: number, high: number) => Range {
  const flat = Float64Array.from(coefficients.flat());
  const turns = coefficients.map((step) =>
    Float64Array.from(criticalPoints(step).flatMap((turn) => [turn, evaluate(step, turn)])),
  );
  return (from, to) => {
    let low = from / entry.scale;
    let high = to / entry.scale;
    for (let k = 0; k < turns.length; k++) {
      const a = flat[3 * k]!;
      const b = flat[3 * k + 1]!;
      const c = flat[3 * k + 2]!;
      const t = low * low;
      const u = high * high;
      const atLow = low * (a + t * (b + t * c));
      const atHigh = high * (a + u * (b + u * c));
      let least = Math.min(atLow, atHigh);
      let most = Math.max(atLow, atHigh);
      const turn = turns[k]!; // where it turns and its value there, one after the other; the step is odd
      for (let i = 0; i < turn.length; i += 2) {
        const s = turn[i]!;
        const value = turn[i + 1]!;
        if (s > low && s < high) {
          least = Math.min(least, value);
          most = Math.max(most, value);
        }
        if (-s > low && -s < high) {
          least = Math.min(least, -value);
          most = Math.max(most, -value);
        }
      }
      low = least;
      high = most;
    }
    return [low, high];
  };
}

/**
 * The smallest sigma in [0, 1] whose output reaches `level`; null if none does.
 *
 * Every smaller sigma stays below `level`. Larger ones need not stay above it: a schedule that overshoots (Jordan's)
 * comes back to 0.68 after it has passed 0.9. `outputRange` from the threshold to 1 says how far it comes back.
 *
 * The crossing is followed backwards through the steps. To reach a value v for the first time, p(t) = v must be met
 * at the smallest positive or at the negative t nearest to 0, because t starts at 0 and moves continuously.
 *
 * @param level > 0
 * @example firstReaching(0.7, scheduleOf('jordan', 5)) // 0.001552
 */
export function firstReaching(level: number, { entry, coefficients }: NsSchedule): number | null {
  if (!(level > 0)) throw new DomainError(`Newton-Schulz threshold: level must be positive, got ${level}`);
  const reached: Range[] = [[0, 1 / entry.scale]]; // reached[k]: all values after k steps
  for (const step of coefficients) reached.push(image(step, reached[reached.length - 1]!));
  const first = firstPreimage(level, coefficients, reached);
  return first === null ? null : first * entry.scale;
}

/** {@link firstReaching} at each of {@link THRESHOLD_LEVELS}. */
export function thresholds(schedule: NsSchedule): Thresholds {
  return {
    '0.1': firstReaching(0.1, schedule),
    '0.5': firstReaching(0.5, schedule),
    '0.7': firstReaching(0.7, schedule),
    '0.9': firstReaching(0.9, schedule),
  };
}

/**
 * The band in which outputs lie once they have arrived: smallest and largest output over all singular values from
 * the first that reaches 0.9 up to 1.
 *
 * @returns null if no output reaches 0.9
 */
export function arrivedRange(schedule: NsSchedule): Range | null {
  const first = firstReaching(0.9, schedule);
  return first === null ? null : outputRange(schedule, [first, 1]);
}

/** Smallest start in [0, reached[0][1]] that the first `steps.length` steps bring to `value`. */
function firstPreimage(value: number, steps: readonly NsCoefficients[], reached: readonly Range[]): number | null {
  if (steps.length === 0) return value > 0 && value <= reached[0]![1] ? value : null;
  const earlier = steps.slice(0, -1);
  const last = steps[steps.length - 1]!;
  const [low, high] = reached[earlier.length]!;
  const positive = firstCrossing(last, value, high);
  const negative = low < 0 ? firstCrossing(last, -value, -low) : null; // p is odd
  const starts = [
    positive === null ? null : firstPreimage(positive, earlier, reached),
    negative === null ? null : firstPreimage(-negative, earlier, reached),
  ].filter((start) => start !== null);
  return starts.length === 0 ? null : Math.min(...starts);
}
