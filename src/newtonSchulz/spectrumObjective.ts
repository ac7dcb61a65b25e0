/**
 * How well a schedule serves a spectrum, as one number.
 *
 * A direction of singular value s comes out with f(y) along itself, y = s / c, and c f(y) of that is aligned with the
 * exact u v^T; c = 1 in exact arithmetic, less where rounding tilts the direction (precisionModel.ts). With n_i directions
 * at s_i:
 *
 * - "floor": the smallest c f(y) over all singular values from quantile q up, c taken at q. Larger is better.
 * - "distance": the mean of |Y v - u|^2 = (f - c)^2 + 1 - c^2 over the directions up to quantile q. Smaller is better.
 * - "descent": sum n s c f(y) / (sum n s, times the largest output on [0, 1]), over all directions: the first-order
 *   decrease of the loss for an update of unit spectral norm, against that of u v^T. Without the division, scaling up
 *   would be an improvement. Larger is better.
 */
import { requireQuantiles } from '../base/checks.ts';
import { polarAlignment } from './additiveNoise.ts';
import type { Range } from './oddPolynomial.ts';
import { entryNoise } from './precisionModel.ts';
import { directionsOf, type QuantileSpectrum, requireQuantileSpectrum, valueAtQuantile } from './quantileSpectrum.ts';
import { type Remedy, storageOf } from './remedy.ts';
import { output, outputRange } from './response.ts';
import type { NsPrecision, NsSchedule } from './schedule.ts';

export type DesignObjective = 'floor' | 'distance' | 'descent';

/** In the order of the head comment. */
export const OBJECTIVES: readonly DesignObjective[] = ['floor', 'distance', 'descent'];

/** Rounding may carry a normalised singular value this far. */
export const LARGEST_INPUT = 1.01;

/** Room in every step for bf16 and fp16 to round upwards: the safety of arXiv:2505.16932. */
export const LOW_PRECISION_ROOM = 1.01;

/** One group of directions as a schedule meets it. */
export interface TargetPoint {
  readonly count: number;
  /** s, before rounding. */
  readonly sigma: number;
  /** c, in (0, 1]. */
  readonly alignment: number;
  /** y = s / c, at most 1. */
  readonly input: number;
  /** Whether it belongs to the directions up to the quantile. */
  readonly matters: boolean;
}

/** What a schedule is measured against. */
export interface DesignTarget {
  readonly objective: DesignObjective;
  readonly points: readonly TargetPoint[];
  /** The direction at the quantile. */
  readonly at: Omit<TargetPoint, 'count' | 'matters'>;
  /** How far rounding may carry a value before every step; see outputRangeWithRoom. 1 for float32 and tf32. */
  readonly room: number;
}

/** A schedule measured against a {@link DesignTarget}. */
export interface SpectrumScore {
  readonly objective: DesignObjective;
  readonly value: number;
  /** Smallest and largest output over [y_q, 1.01]. */
  readonly above: Range;
  /** Largest output over [0, 1.01]. */
  readonly highest: number;
}

/**
 * The directions of a spectrum as a schedule of this kind meets them.
 *
 * @param typical decides at which point of the iteration how much is rounded; any schedule of similar first steps does
 * @throws DomainError for an impossible spectrum or quantile
 */
export function designTarget(
  spectrum: QuantileSpectrum,
  typical: NsSchedule,
  options: { readonly objective: DesignObjective; readonly quantile: number; readonly precision: NsPrecision },
): DesignTarget {
  const { objective, quantile, precision } = options;
  requireQuantileSpectrum(spectrum);
  requireQuantiles('design', [quantile]);
  const { sigma, count } = directionsOf(spectrum, POINTS);
  const lower = Math.max(SMALLEST_INPUT, valueAtQuantile(spectrum, quantile));
  const alignment = alignmentsOf(spectrum, typical, precision, [lower, ...sigma]);
  const pointAt = (s: number, c: number) => ({
    sigma: s,
    alignment: c,
    input: Math.min(1, s / Math.max(c, SMALLEST_INPUT)),
  });
  return {
    objective,
    room: precision === 'bf16' || precision === 'fp16' ? LOW_PRECISION_ROOM : 1,
    at: pointAt(lower, alignment[0]!),
    points: Array.from(sigma, (s, i) => ({
      ...pointAt(s, alignment[i + 1]!),
      count: count[i]!,
      matters: s >= lower * (1 - 1e-9), // interpolation rounds
    })).flatMap(spreadOut),
  };
}

/**
 * The schedule's value, and what it does to every singular value that can occur.
 *
 * @param largestInput published schedules are made for 1, not for 1.01
 */
export function scoreSchedule(
  schedule: NsSchedule,
  { objective, points, at }: DesignTarget,
  largestInput: number = LARGEST_INPUT,
): SpectrumScore {
  const [, highest] = outputRange(schedule, [0, largestInput]);
  const above = outputRange(schedule, [at.input, largestInput]);
  const value = (): number => {
    switch (objective) {
      case 'floor':
        return at.alignment * above[0];
      case 'distance':
        return meanSquaredDistance(schedule, points);
      case 'descent':
        return descent(schedule, points) / outputRange(schedule, [0, 1])[1];
      default:
        return objective satisfies never;
    }
  };
  return { objective, value: value(), above, highest };
}

/** sum n s c f(y) / sum n s. */
export function descent(schedule: NsSchedule, points: readonly TargetPoint[]): number {
  const kept = sum(points, ({ count, sigma, alignment, input }) => count * sigma * alignment * output(input, schedule));
  return kept / sum(points, ({ count, sigma }) => count * sigma);
}

/** Whether `a` is the better value. */
export function betterValue(objective: DesignObjective, a: number, b: number): boolean {
  return objective === 'distance' ? a < b : a > b;
}

/** Groups of directions; a sum over a forecast is then good to about 1 %. */
const POINTS = 64;

/** Smaller singular values and alignments count as this. */
export const SMALLEST_INPUT = 1e-9;

/** Directions that hold so much of the norm are few, and move by some per cent from one step of training to the next. */
const LARGE = 0.1;
const MOVES = 0.1;
const PARTS = 8;

/** A single large direction at {@link PARTS} inputs from the tenth below it, since f is steep near 1. */
function spreadOut(point: TargetPoint): readonly TargetPoint[] {
  if (point.count > 1 || point.input < LARGE) return [point];
  return Array.from({ length: PARTS }, (_, k) => ({
    ...point,
    count: point.count / PARTS,
    input: point.input * (1 - (MOVES * (k + 0.5)) / PARTS),
  }));
}

function alignmentsOf(
  spectrum: QuantileSpectrum,
  typical: NsSchedule,
  precision: NsPrecision,
  at: readonly number[],
): ArrayLike<number> {
  const remedy: Remedy = 'none';
  if (storageOf(precision, remedy).iterate(1) === 'float32') return at.map(() => 1);
  const shape = [Math.min(spectrum.rows, spectrum.columns), Math.max(spectrum.rows, spectrum.columns)] as const;
  const directions = directionsOf(spectrum);
  return polarAlignment(directions, entryNoise(typical, directions, shape, { precision, remedy }), shape, at);
}

function meanSquaredDistance(schedule: NsSchedule, points: readonly TargetPoint[]): number {
  const mattering = points.filter(({ matters }) => matters);
  const total = sum(mattering, ({ count, alignment, input }) => {
    return count * ((output(input, schedule) - alignment) ** 2 + 1 - alignment ** 2);
  });
  return total / sum(mattering, ({ count }) => count);
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
