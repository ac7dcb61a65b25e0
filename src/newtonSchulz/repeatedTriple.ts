/**
 * The best schedule of one triple (a, b, c) repeated: what torch.optim.Muon can run.
 *
 * In: a number of steps, directions with weights, singular values whose output must reach a floor, and limits on
 * outputs. Out: a triple and what it is worth.
 *
 * Method, in named steps
 * 1. equioscillation: of all triples that keep [lowest, highest] in itself and map everything below into it or upwards,
 *    the one of largest slope a at 0 touches the limits three times: p(u) = highest at its maximum u, p(v) = lowest at its
 *    minimum v, p(1.01 highest) = highest at the end. With u given, the first, the last and p'(u) = 0 are linear in a, b, c;
 *    v follows by bisection on u. Scaling the limits by t scales b by t^-2 and c by t^-4, so one number, lowest / highest,
 *    decides the shape.
 * 2. search: the mean squared distance of the outputs from 1 over (lowest, highest) on a grid that closes in on its best
 *    point. No other triple is tried: over the published forecasts no triple that brute force finds is better by 1 %.
 *
 * Guaranteed: outputs stay in [0, highest] for every singular value in [0, 1.01] and after any number of repetitions, even
 * if rounding raises each step's output by 1 %; no output at or above the smallest required singular value is below
 * `lowest`. In torch 2.15's bfloat16, 99 repetitions on matrices of one direction, of few, of an outlier and of noise passed
 * `highest` by at most 0.3 %. Deterministic; some 10 ms.
 */
import { requireInteger } from '../base/checks.ts';
import { DomainError } from '../base/errors.ts';
import { criticalPoints, evaluate } from './oddPolynomial.ts';
import type { NsCoefficients } from './schedule.ts';

/** Directions of one singular value. */
export interface WeightedInput {
  readonly input: number;
  readonly weight: number;
}

/** What a repeated triple must keep to. */
export interface TripleLimits {
  /** Smallest output of larger singular values. */
  readonly lowest: number;
  /** Largest output, at least 1. */
  readonly highest: number;
  /** Output that each of `required` must reach. */
  readonly floor: number;
  readonly required: readonly number[];
}

/** A triple for a number of repetitions. */
export interface RepeatedTriple {
  readonly coefficients: NsCoefficients;
  readonly steps: number;
  /** Smallest and largest output once values have arrived; within the limits. */
  readonly range: readonly [lowest: number, highest: number];
  /** Weighted mean of (output - 1)^2 over the directions. */
  readonly distance: number;
}

/** How far beyond its own outputs a triple must hold: rounding adds up to this share at each step. */
const ROOM = 1.01;

/** The minimum is found to a few units in the last place. */
const ROUNDING = 1 - 1e-12;

const DECIMALS = 6;

/** The largest lowest / highest; slopes near 2, those of the textbook triple, belong to it. */
const NARROWEST = 0.999;

/**
 * The triple of largest slope at 0 whose outputs stay in [lowest, highest] once they are there.
 *
 * @param lowest above 0, at most 0.999 highest
 * @throws DomainError for other limits
 * @example equioscillatingTriple(0.63, 1.35) // [3.7007, -4.6619, 1.7233]; Jordan's slope is 3.4445
 */
export function equioscillatingTriple(lowest: number, highest: number): NsCoefficients {
  return scaledTo(highest, tripleThrough(maximumFor(lowest, highest)));
}

/** s after `steps` repetitions. */
export function repeat(triple: NsCoefficients, s: number, steps: number): number {
  let out = s;
  for (let k = 0; k < steps; k++) out = evaluate(triple, out);
  return out;
}

/** Weighted mean of (output - 1)^2 after `steps` repetitions. */
export function expectedDistance(triple: NsCoefficients, steps: number, directions: readonly WeightedInput[]): number {
  let [squares, total] = [0, 0];
  for (const { input, weight } of directions) {
    squares += weight * (repeat(triple, input, steps) - 1) ** 2;
    total += weight;
  }
  return squares / total;
}

/**
 * The triple whose `steps` repetitions bring the directions closest to 1 within the limits.
 *
 * @param directions weights positive; singular values after entry normalisation, in [0, 1]
 * @returns null if no triple brings the required singular values to the floor in so many steps
 * @throws DomainError for limits without a triple or directions without weight
 */
export function designRepeatedTriple(
  steps: number,
  directions: readonly WeightedInput[],
  limits: TripleLimits,
): RepeatedTriple | null {
  requireInteger('repeated triple', 'steps', steps);
  if (!directions.some(({ weight }) => weight > 0))
    throw new DomainError('repeated triple: expected directions of positive weight, got none');
  const candidate = (u: number, highest: number): RepeatedTriple | null => {
    const unit = tripleThrough(u);
    const lowest = highest * minimum(unit);
    if (lowest < limits.lowest * ROUNDING) return null;
    const coefficients = shortened(scaledTo(highest, unit));
    if (limits.required.some((s) => repeat(coefficients, s, steps) < limits.floor)) return null;
    const distance = expectedDistance(coefficients, steps, directions);
    return { coefficients, steps, range: [lowest, highest], distance };
  };
  return closingIn(candidate, limits);
}

/** Points a side of the first grid, how many of them are followed, and points a side of the grids that close in. */
const FIRST_GRID = 32;
const FOLLOWED = 3;
const CLOSER_GRIDS = [9, 9, 9, 9];

/** The best candidate within the limits: on a grid, then on finer ones around the best of several valleys. */
function closingIn(
  candidate: (u: number, highest: number) => RepeatedTriple | null,
  { lowest, highest }: TripleLimits,
): RepeatedTriple | null {
  const steepest = maximumFor(lowest, highest);
  // Where the steps hardly suffice for the floor, only shapes near the steepest do: t^3 is dense there.
  const shapeAt = (t: number): number => steepest + (1 - steepest) * t ** 3;
  const found = (ts: readonly number[], tops: readonly number[]): readonly Place[] =>
    ts
      .flatMap((t) => tops.map((top) => ({ t, top, triple: candidate(shapeAt(t), top) })))
      .filter((place): place is Place => place.triple !== null)
      .sort((x, y) => x.triple.distance - y.triple.distance);
  const first = found(grid([0, 1], FIRST_GRID), grid([1, highest], FIRST_GRID));
  const closed = valleys(first, highest).map((start) => {
    let best = start;
    let [width, height] = [2 / FIRST_GRID, (2 * (highest - 1)) / FIRST_GRID];
    for (const points of CLOSER_GRIDS) {
      const ts = grid([Math.max(0, best.t - width), Math.min(1, best.t + width)], points);
      const tops = grid([Math.max(1, best.top - height), Math.min(highest, best.top + height)], points);
      const [next] = found(ts, tops);
      if (next && next.triple.distance < best.triple.distance) best = next;
      [width, height] = [(3 * width) / points, (3 * height) / points];
    }
    return best.triple;
  });
  return closed.reduce<RepeatedTriple | null>((a, b) => (a && a.distance <= b.distance ? a : b), null);
}

/** A candidate and where on the grid it stands. */
interface Place {
  readonly t: number;
  readonly top: number;
  readonly triple: RepeatedTriple;
}

/** The best places that do not lie next to each other. */
function valleys(places: readonly Place[], highest: number): readonly Place[] {
  const [width, height] = [4 / FIRST_GRID, (4 * (highest - 1)) / FIRST_GRID];
  const isNear = (a: Place, b: Place): boolean => Math.abs(a.t - b.t) < width && Math.abs(a.top - b.top) < height;
  const chosen: Place[] = [];
  for (const place of places) {
    if (chosen.length === FOLLOWED) break;
    if (!chosen.some((other) => isNear(place, other))) chosen.push(place);
  }
  return chosen;
}

function grid([from, to]: readonly [number, number], points: number): readonly number[] {
  return Array.from({ length: points }, (_, i) => from + ((to - from) * i) / (points - 1));
}

/** u of the equioscillating triple with this shape. */
function maximumFor(lowest: number, highest: number): number {
  const ratio = lowest / highest;
  if (!(lowest > 0 && ratio <= NARROWEST && highest < Number.POSITIVE_INFINITY))
    throw new DomainError(
      `repeated triple: expected 0 < lowest <= ${NARROWEST} highest, got ${lowest} and ${highest}; widen the limits`,
    );
  let [left, right] = [0.05, 1]; // the minimum rises with u, from -750 to above 0.99999
  for (;;) {
    const u = (left + right) / 2;
    if (u <= left || u >= right) return right;
    if (minimum(tripleThrough(u)) < ratio) left = u;
    else right = u;
  }
}

/** p(u) = 1, p'(u) = 0, p(1.01) = 1. */
function tripleThrough(u: number): NsCoefficients {
  // a = -3 b u^2 - 5 c u^4, put into the other two
  const [b1, c1] = [-2 * u ** 3, -4 * u ** 5];
  const [b2, c2] = [ROOM ** 3 - 3 * u ** 2 * ROOM, ROOM ** 5 - 5 * u ** 4 * ROOM];
  const determinant = b1 * c2 - c1 * b2;
  const [b, c] = [(c2 - c1) / determinant, (b1 - b2) / determinant];
  return [-3 * b * u ** 2 - 5 * c * u ** 4, b, c];
}

/** p(v), the output to which larger values come back. */
function minimum(unit: NsCoefficients): number {
  const [u, v = u] = criticalPoints(unit);
  return evaluate(unit, v ?? 1);
}

function scaledTo(highest: number, [a, b, c]: NsCoefficients): NsCoefficients {
  return [a, b / highest ** 2, c / highest ** 4];
}

/** To six decimals, as a designed triple is given: enough for as many digits of the output, few enough to read. */
export function shortened([a, b, c]: NsCoefficients): NsCoefficients {
  const short = (value: number): number => Number(value.toFixed(DECIMALS));
  return [short(a), short(b), short(c)];
}
