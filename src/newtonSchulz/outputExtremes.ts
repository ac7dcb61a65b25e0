/**
 * Where the outputs of a composition can be extreme.
 *
 * f = p_k o ... o p_1 turns over where some p_j does. So over an interval of inputs f is extreme at an end of it, or at a
 * point that the first j - 1 steps bring to a critical point c of p_j; its output is then p_k(...p_j(c)), whatever the
 * point. That makes at most 2 + 2k candidates where no step goes below 0, found without sampling. Moving the coefficients of
 * p_j moves c, but since p_j'(c) = 0 this does not count in first order: the output moves as if c stood still.
 *
 * With `room` > 1 the largest value may grow by that factor before every step, as rounding may do; then at most 2 + 3k.
 */
import { criticalPoints, evaluate, type Range } from './oddPolynomial.ts';
import type { NsCoefficients } from './schedule.ts';

/** A value on its way through the steps. */
export interface Path {
  /** It enters at this step, 0-based, as `input`. */
  readonly from: number;
  readonly input: number;
  /** Bit k: it grows by `room` before step k. */
  readonly grows: number;
}

/** An output that may be the smallest or largest, and the way to it. */
export interface Extreme extends Path {
  readonly value: number;
}

/**
 * All outputs over `range` that may be extreme, the smallest and the largest among them.
 *
 * @param room at least 1
 */
export function outputExtremes(steps: readonly NsCoefficients[], [low, high]: Range, room: number): readonly Extreme[] {
  let points: Extreme[] = [entering(low, 0, low), entering(high, 0, high)];
  for (let k = 0; k < steps.length; k++) {
    const step = steps[k]!;
    let [least, most] = [points[0]!, points[0]!];
    for (const point of points) {
      if (point.value < least.value) least = point;
      if (point.value > most.value) most = point;
    }
    const next = points.map((point) => moved(point, evaluate(step, point.value), point.grows));
    if (room !== 1) next.push(moved(most, evaluate(step, most.value * room), most.grows | (1 << k)));
    for (const turn of criticalPoints(step))
      for (const input of [-turn, turn])
        if (input > least.value && input < most.value * room) next.push(entering(evaluate(step, input), k, input));
    points = next;
  }
  return points;
}

function entering(value: number, from: number, input: number): Extreme {
  return { value, from, input, grows: 0 };
}

function moved({ from, input }: Path, value: number, grows: number): Extreme {
  return { value, from, input, grows };
}
