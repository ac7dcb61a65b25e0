/**
 * Does a schedule still orthonormalise, given a forecast singular value?
 *
 * A schedule meets a floor when, in exact arithmetic (`createRounding` has the same rules for rounded products),
 * 1. its output at the forecast value sigma reaches the floor;
 * 2. no singular value in [sigma, 1] comes out below (1 - DIP_TOLERANCE) times the floor. Jordan's coefficients
 *    overshoot and come back to 0.68; a floor of 0.7 would reject them at every step count for 3 % that training
 *    does not notice, while a list cut short, which leaves large directions at 0.2, must be rejected;
 * 3. no singular value in [0, 1] comes out above MAX_OUTPUT, which lists cut short also break.
 *
 * Where products are rounded to less than float32, rules 2 and 3 go up to LARGEST_INPUT, 1.01: rounding carries the
 * singular value of a momentum of nearly one direction past 1, and coefficients made for [0, 1] exactly may then diverge
 * (five steps of "cans" turn such a matrix into one of norm 2e4 in bf16).
 */
import { criticalPoints, evaluate, type Range } from '../newtonSchulz/oddPolynomial.ts';
import type { Remedy } from '../newtonSchulz/remedy.ts';
import { output, outputOf, outputRange, outputRangeOf } from '../newtonSchulz/response.ts';
import type { NsPrecision, NsSchedule } from '../newtonSchulz/schedule.ts';
import { LARGEST_INPUT } from '../newtonSchulz/spectrumObjective.ts';
import type { Interval } from '../scaling/law.ts';

/** How far below the floor, as a share of it, larger singular values may come back. */
export const DIP_TOLERANCE = 0.1;

/** Complete published schedules stay at or below 1.3 (cubic5: 1.3000); ones cut short reach 1.56 and more. */
export const MAX_OUTPUT = 1.35;

/** A schedule against one forecast. */
export interface Judgement {
  readonly schedule: NsSchedule;
  /** What is done about rounding; "none" in exact arithmetic. */
  readonly remedy: Remedy;
  /** What rounding leaves of the direction at the forecast value after any number of steps; 1 in exact arithmetic. */
  readonly limit: number;
  /** At the forecast value; smallest and largest over its interval. */
  readonly output: Interval;
  /** Smallest and largest output over [sigma.value, {@link largestInput}]. */
  readonly above: Range;
  /** Smallest output over [sigma.low, {@link largestInput}]. */
  readonly worst: number;
  /** Largest output over [0, {@link largestInput}]. */
  readonly highest: number;
  /** The highest floor in [0, 1] that rules 1 and 2 allow; 0 if rule 3 is broken. */
  readonly reach: number;
}

/** Judges one schedule against one forecast after another. */
export interface Judge {
  readonly schedule: NsSchedule;
  /** What {@link judge} gives. @param sigma low <= value <= high, all in [0, 1] */
  at(sigma: Interval): Judgement;
  /** Of the judgement at a forecast value, `reach` and `output.value` alone: enough to see whether it is worth more. */
  reach(value: number): number;
  output(value: number): number;
  /** A forecast value below which `reach` is under `floor`. */
  missesBelow(floor: number): number;
}

/** Outputs rise with the singular value up to the first peak but for rounding, which is far below this share. */
const ROUNDING = 1e-9;

/** The largest singular value of X / ||X||_F that steps in this precision may meet. */
export function largestInput(precision: NsPrecision): number {
  return precision === 'float32' ? 1 : LARGEST_INPUT;
}

/**
 * The outputs of `schedule` at a forecast, and the highest floor it meets there.
 *
 * @param sigma of X / ||X||_F, 0 <= low <= value <= high <= 1
 */
export function judge(schedule: NsSchedule, sigma: Interval): Judgement {
  const largest = largestInput(schedule.precision);
  const [low, high] = outputRange(schedule, [sigma.low, sigma.high]);
  const above = outputRange(schedule, [sigma.value, largest]);
  const [, highest] = outputRange(schedule, [0, largest]);
  return conclude(schedule, { value: output(sigma.value, schedule), low, high }, above, highest);
}

/**
 * {@link judge} for many forecasts, some thirty times faster where they are small.
 *
 * The composition rises from 0 to its first peak, so below the peak the outputs of an interval lie between those of
 * its ends; what happens beyond the peak, and the largest output, are computed once.
 */
export function createJudge(schedule: NsSchedule): Judge {
  const rangeOf = outputRangeOf(schedule);
  const largest = largestInput(schedule.precision);
  const peak = firstPeak(schedule);
  const beyond = rangeOf(peak, largest);
  const [, highest] = rangeOf(0, largest);
  const at = outputOf(schedule);
  const over = (low: number, high: number): Range => (high <= peak ? [at(low), at(high)] : rangeOf(low, high));
  const above = (value: number): Range =>
    value <= peak ? [Math.min(at(value), beyond[0]), beyond[1]] : rangeOf(value, largest);
  const reach = (value: number): number => {
    if (value > peak) return reachOf(at(value), above(value), highest);
    const out = at(value);
    return reachOf(out, [Math.min(out, beyond[0]), beyond[1]], highest);
  };
  return {
    schedule,
    output: at,
    reach,
    missesBelow: (floor) => {
      if (!(highest <= MAX_OUTPUT)) return Number.POSITIVE_INFINITY;
      const missesAt = (value: number): boolean => reach(value) < floor;
      return (1 - ROUNDING) * (missesAt(peak) ? peak : bisect(missesAt, peak));
    },
    at: ({ value, low, high }) => {
      const [least, most] = over(low, high);
      return conclude(schedule, { value: at(value), low: least, high: most }, above(value), highest);
    },
  };
}

function conclude(schedule: NsSchedule, outputs: Interval, above: Range, highest: number): Judgement {
  const reach = reachOf(outputs.value, above, highest);
  const worst = Math.min(outputs.low, above[0]);
  return { schedule, remedy: 'none', limit: 1, output: outputs, above, worst, highest, reach };
}

function reachOf(value: number, above: Range, highest: number): number {
  const isBounded = highest <= MAX_OUTPUT; // false for NaN too, which infinite outputs can give
  return isBounded ? Math.max(0, Math.min(value, above[0] / (1 - DIP_TOLERANCE), 1)) : 0;
}

/** The largest sigma in [0, 1] up to which no step has passed its first critical point, so that all of them rise. */
function firstPeak({ entry, coefficients }: NsSchedule): number {
  const turns = coefficients.map((step) => criticalPoints(step)[0] ?? Number.POSITIVE_INFINITY);
  const rises = (sigma: number): boolean => {
    let s = sigma / entry.scale;
    for (let k = 0; k < coefficients.length; k++) {
      if (s > turns[k]!) return false;
      s = evaluate(coefficients[k]!, s);
    }
    return true;
  };
  return rises(1) ? 1 : bisect(rises, 1);
}

/** The largest value that holds, to neighbouring floats, of a condition that holds at 0 and up to somewhere below `above`. */
function bisect(holds: (value: number) => boolean, above: number): number {
  let [below, beyond] = [0, above];
  for (;;) {
    const middle = (below + beyond) / 2;
    if (middle <= below || middle >= beyond) return below;
    if (holds(middle)) below = middle;
    else beyond = middle;
  }
}
