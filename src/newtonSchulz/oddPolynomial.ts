/**
 * One step of an iteration as a function of one number: p(s) = a s + b s^3 + c s^5.
 *
 * Everything here rests on p being a polynomial of degree five: its critical points are the roots of a quadratic
 * in s^2, so images of intervals and first crossings are found exactly, not by sampling.
 */
import type { NsCoefficients } from './schedule.ts';

/** A closed interval of singular values. */
export type Range = readonly [low: number, high: number];

/** p(s), by Horner's rule in s^2. */
export function evaluate([a, b, c]: NsCoefficients, s: number): number {
  const t = s * s;
  return s * (a + t * (b + t * c));
}

/**
 * The positive s with p'(s) = a + 3 b s^2 + 5 c s^4 = 0, ascending.
 *
 * @accuracy the quadratic is solved without cancellation; a few units in the last place
 */
export function criticalPoints([a, b, c]: NsCoefficients): readonly number[] {
  const squares = quadraticRoots(5 * c, 3 * b, a).filter((t) => t > 0);
  return squares.map(Math.sqrt).sort((x, y) => x - y);
}

/**
 * The image of `range` under p: an interval, since p is continuous.
 *
 * Its ends are attained at the ends of `range` or at a critical point inside.
 *
 * @param turns the critical points, if they are at hand
 */
export function image(
  coefficients: NsCoefficients,
  [low, high]: Range,
  turns: readonly number[] = criticalPoints(coefficients),
): Range {
  const atLow = evaluate(coefficients, low);
  const atHigh = evaluate(coefficients, high);
  let least = Math.min(atLow, atHigh);
  let most = Math.max(atLow, atHigh);
  for (const turn of turns) {
    const value = evaluate(coefficients, turn); // p is odd
    if (turn > low && turn < high) {
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    if (-turn > low && -turn < high) {
      least = Math.min(least, -value);
      most = Math.max(most, -value);
    }
  }
  return [least, most];
}

/**
 * The smallest s in (0, high] with p(s) = level, or null if there is none.
 *
 * Bisection on the first monotone piece whose ends enclose `level`, down to neighbouring floats.
 *
 * @param level not 0
 */
export function firstCrossing(coefficients: NsCoefficients, level: number, high: number): number | null {
  const ends = [0, ...criticalPoints(coefficients).filter((s) => s < high), high];
  const excess = (s: number): number => evaluate(coefficients, s) - level;
  for (let i = 1; i < ends.length; i++) {
    const [left, right] = [ends[i - 1]!, ends[i]!];
    if (excess(left) * excess(right) <= 0) return bisect(excess, left, right);
  }
  return null;
}

/**
 * The s in `domain` with p(s) in `target`: closed intervals, ascending, disjoint.
 *
 * Each monotone piece of p between critical points contributes at most one interval, its ends found by bisection.
 *
 * @param target its ends may be infinite
 */
export function preimage(coefficients: NsCoefficients, [low, high]: Range, domain: Range): readonly Range[] {
  const turns = criticalPoints(coefficients).flatMap((s) => [-s, s]);
  const inside = turns.filter((s) => s > domain[0] && s < domain[1]).sort((x, y) => x - y);
  const ends = [domain[0], ...inside, domain[1]];
  const found: Range[] = [];
  for (let i = 1; i < ends.length; i++) {
    const [left, right] = [ends[i - 1]!, ends[i]!];
    const [atLeft, atRight] = [evaluate(coefficients, left), evaluate(coefficients, right)];
    if (Math.max(atLeft, atRight) < low || Math.min(atLeft, atRight) > high) continue;
    const crossing = (level: number): number => bisect((s) => evaluate(coefficients, s) - level, left, right);
    const start = atLeft < low ? crossing(low) : atLeft > high ? crossing(high) : left;
    const end = atRight < low ? crossing(low) : atRight > high ? crossing(high) : right;
    found.push([start, end]);
  }
  return joined(found);
}

/** Ascending intervals with those that touch made one. */
export function joined(intervals: readonly Range[]): readonly Range[] {
  const result: Range[] = [];
  for (const [low, high] of [...intervals].sort((x, y) => x[0] - y[0])) {
    const last = result.at(-1);
    if (last && low <= last[1]) result[result.length - 1] = [last[0], Math.max(last[1], high)];
    else result.push([low, high]);
  }
  return result;
}

/** Real roots of a t^2 + b t + c, a double root once; none for a constant. */
function quadraticRoots(a: number, b: number, c: number): readonly number[] {
  if (a === 0) return b === 0 ? [] : [-c / b];
  const discriminant = b * b - 4 * a * c;
  if (discriminant < 0) return [];
  const q = -(b + (b < 0 ? -1 : 1) * Math.sqrt(discriminant)) / 2;
  return q === 0 ? [0] : [q / a, c / q];
}

/** A sign change of a continuous function between `low` and `high`, to neighbouring floats; the upper one. */
function bisect(value: (s: number) => number, low: number, high: number): number {
  const startsBelow = value(low) < 0;
  let [below, above] = [low, high];
  for (;;) {
    const middle = (below + above) / 2;
    if (middle <= below || middle >= above) return above;
    if (value(middle) < 0 === startsBelow) below = middle;
    else above = middle;
  }
}
