/**
 * Does a schedule still orthonormalise, given a forecast singular value?
 *
 * A schedule meets a floor when, in exact arithmetic (`createRounding` has the same rules for rounded products),
 * 1. its output at the forecast value sigma reaches the floor;
 * 2. no singular value in [sigma, 1] comes out below (1 - DIP_TOLERANCE) times the floor. Jordan's coefficients
 *    overshoot and come back to 0.68; a floor of 0.7 would reject them at every step count for 3 % that training
 *    does not notice, while a list cut short, which leaves large directions at 0.2, must be rejected;
 * 3. no singular value in [0, 1] comes out above MAX_OUTPUT, which lists cut short also break.
 */
import { criticalPoints, evaluate, type Range } from '../newtonSchulz/oddPolynomial.ts';
import type { Remedy } from '../newtonSchulz/remedy.ts';
import { output, outputRange } from '../newtonSchulz/response.ts';
import type { NsSchedule } from '../newtonSchulz/schedule.ts';
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
  /** Smallest and largest output over [sigma.value, 1]. */
  readonly above: Range;
  /** Smallest output over [sigma.low, 1]. */
  readonly worst: number;
  /** Largest output over [0, 1]. */
  readonly highest: number;
  /** The highest floor in [0, 1] that rules 1 and 2 allow; 0 if rule 3 is broken. */
  readonly reach: number;
}

/** Judges one schedule against one forecast after another: `low <= value <= high`, all in [0, 1]. */
export type Judge = (sigma: Interval) => Judgement;

/**
 * The outputs of `schedule` at a forecast, and the highest floor it meets there.
 *
 * @param sigma of X / ||X||_F, 0 <= low <= value <= high <= 1
 */
export function judge(schedule: NsSchedule, sigma: Interval): Judgement {
  const [low, high] = outputRange(schedule, [sigma.low, sigma.high]);
  const above = outputRange(schedule, [sigma.value, 1]);
  const [, highest] = outputRange(schedule, [0, 1]);
  return conclude(schedule, { value: output(sigma.value, schedule), low, high }, above, highest);
}

/**
 * {@link judge} for many forecasts, some thirty times faster where they are small.
 *
 * The composition rises from 0 to its first peak, so below the peak the outputs of an interval lie between those of
 * its ends; what happens beyond the peak, and the largest output, are computed once.
 */
export function createJudge(schedule: NsSchedule): Judge {
  const peak = firstPeak(schedule);
  const beyond = outputRange(schedule, [peak, 1]);
  const [, highest] = outputRange(schedule, [0, 1]);
  const at = (s: number): number => output(s, schedule);
  const over = (low: number, high: number): Range =>
    high <= peak ? [at(low), at(high)] : outputRange(schedule, [low, high]);
  return ({ value, low, high }) => {
    const [least, most] = over(low, high);
    const above: Range =
      value <= peak ? [Math.min(at(value), beyond[0]), beyond[1]] : outputRange(schedule, [value, 1]);
    return conclude(schedule, { value: at(value), low: least, high: most }, above, highest);
  };
}

function conclude(schedule: NsSchedule, outputs: Interval, above: Range, highest: number): Judgement {
  const allowed = Math.min(outputs.value, above[0] / (1 - DIP_TOLERANCE), 1);
  const reach = highest > MAX_OUTPUT ? 0 : Math.max(0, allowed);
  const worst = Math.min(outputs.low, above[0]);
  return { schedule, remedy: 'none', limit: 1, output: outputs, above, worst, highest, reach };
}

/** The largest sigma in [0, 1] up to which no step has passed its first critical point, so that all of them rise. */
function firstPeak({ entry, coefficients }: NsSchedule): number {
  const turns = coefficients.map((step) => criticalPoints(step)[0] ?? Number.POSITIVE_INFINITY);
  const rises = (sigma: number): boolean => {
    let s = sigma / entry.scale;
    for (const [k, step] of coefficients.entries()) {
      if (s > turns[k]!) return false;
      s = evaluate(step, s);
    }
    return true;
  };
  if (rises(1)) return 1;
  let [below, above] = [0, 1];
  for (;;) {
    const middle = (below + above) / 2;
    if (middle <= below || middle >= above) return below;
    if (rises(middle)) below = middle;
    else above = middle;
  }
}
