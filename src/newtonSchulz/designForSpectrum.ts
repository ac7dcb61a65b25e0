/**
 * Coefficients for a spectrum, a number of products and a precision.
 *
 * 1. The spectrum as the steps will meet it: singular values raised and directions tilted by rounding
 *    (spectrumObjective.ts).
 * 2. Splits of the products into quintics (3) and cubics (2), quintics first or last.
 * 3. For each split minimax compositions on [l, 1.01]. By the optimality of the greedy composition no other schedule of
 *    these degrees has a larger ratio of smallest to largest output there, so with l at the quantile's singular value it
 *    is the answer for "floor".
 * 4. The last step is scaled down where the largest output on [0, 1.01] would pass the bound.
 * 5. For "distance" and "descent": l over a grid around the quantile, each with and without cushion; and the published
 *    schedules of that cost.
 * 6. The best start of each family is refined (refineComposition.ts) towards the directions of the spectrum and, with a
 *    twentieth of the weight, towards all singular values above the quantile alike, because forecasts err. Families fall
 *    into different local optima, so all get one round and the best two the rest.
 * 7. Kept is the best schedule whose bounds, taken exactly from images of intervals, hold; the composition of step 3 with
 *    l at the quantile's singular value keeps them, so there always is one.
 *
 * Guaranteed: outputs stay in [0, bound] on all of [0, 1.01], 1.3 unless given; and no singular value above the
 * quantile's comes out below half the smaller of 0.7 and the quantile's own output ("floor": not below it at all).
 * Deterministic; below 1 s for ten quintics.
 */
import { requireInteger } from '../base/checks.ts';
import { DomainError } from '../base/errors.ts';
import { significant } from '../base/numbers.ts';
import { products as productsOf } from './cost.ts';
import { scaled, startingFamilies, typicalSchedule, withinBound } from './designStarts.ts';
import type { QuantileSpectrum } from './quantileSpectrum.ts';
import { type Limits, refineComposition, type Sample } from './refineComposition.ts';
import { output, outputRange } from './response.ts';
import type { NsPrecision, NsSchedule } from './schedule.ts';
import {
  betterValue,
  type DesignObjective,
  type DesignTarget,
  descent,
  designTarget,
  LARGEST_INPUT,
  type SpectrumScore,
  scoreSchedule,
} from './spectrumObjective.ts';

/** What {@link designForSpectrum} is asked for besides the products. */
export interface SpectrumDesignOptions {
  readonly objective?: DesignObjective;
  /** Direction down to which outputs matter. */
  readonly quantile?: number;
  readonly precision?: NsPrecision;
  /** Largest output allowed on [0, 1.01], above 1. */
  readonly bound?: number;
}

/** A schedule for a spectrum, and what it achieves there. */
export interface SpectrumDesign extends SpectrumScore {
  readonly schedule: NsSchedule;
  readonly quantile: number;
  readonly bound: number;
  readonly products: number;
}

/** Published schedules that are complete stay below this; see the planner's rule. */
export const DEFAULT_BOUND = 1.3;

/** The most products of a design: ten quintics. */
export const MOST_PRODUCTS = 30;

/**
 * The best schedule found for a spectrum.
 *
 * @param spectrum of X / ||X||_F, forecast or measured
 * @param products 2 to 30; a quintic step takes three, a cubic two, and all are used
 * @throws DomainError for an impossible spectrum, number of products, quantile or bound
 * @source composition: Amsel et al. 2025, arXiv:2505.16932; fitting steps to a spectrum: PRISM, arXiv:2601.22137
 * @example designForSpectrum(finalO, 15, { objective: 'distance' }).schedule
 */
export function designForSpectrum(
  spectrum: QuantileSpectrum,
  products: number,
  options: SpectrumDesignOptions = {},
): SpectrumDesign {
  const { objective = 'floor', quantile = 0.5, precision = 'float32', bound = DEFAULT_BOUND } = options;
  requireDesign(products, bound);
  const typical = typicalSchedule(products, bound);
  const target = designTarget(spectrum, typical, { objective, quantile, precision });
  const families = startingFamilies(target, products, precision, bound);
  const refined = objective === 'floor' ? [] : refineFamilies(families, target, bound);
  const [best] = rank([...families.flat(), ...refined], target, bound);
  return {
    ...best!.score,
    schedule: named(best!.schedule, { objective, quantile, precision }),
    quantile,
    bound,
    products: productsOf(best!.schedule),
  };
}

/** Families that go on after the first round of refinement. */
const FINALISTS = 2;

/** Share of the weight that lies on all singular values above the quantile alike. */
const EVEN_SHARE = 0.05;

/** Rounds of refinement, each with weights and limits taken from the last; later ones change the third digit. */
const ROUNDS = 5;

const GRID_POINTS = 240;

const DIP = 0.5;
const GOOD_OUTPUT = 0.7;

interface Ranked {
  readonly schedule: NsSchedule;
  readonly score: SpectrumScore;
}

/** Step 6: one round for the best of each family, the others for those that came out best. */
function refineFamilies(
  families: readonly (readonly NsSchedule[])[],
  target: DesignTarget,
  bound: number,
): readonly NsSchedule[] {
  const firstRound = families.map((family) => refineOnce(rank(family, target)[0]!.schedule, target, bound));
  const out = [...firstRound];
  for (const { schedule } of rank(firstRound, target).slice(0, FINALISTS)) {
    let current = schedule;
    for (let round = 1; round < ROUNDS; round++) {
      current = refineOnce(current, target, bound);
      out.push(current);
    }
  }
  return out;
}

/** One round: weights and limits from the schedule as it is, then the refinement, then the bound. */
function refineOnce(schedule: NsSchedule, target: DesignTarget, bound: number): NsSchedule {
  const descending = target.objective === 'descent';
  const most = descending ? 1 : bound;
  const start = withinBound(schedule, most);
  const coefficients = refineComposition(start.coefficients, samplesOf(target, start), limitsOf(start, target, most));
  const refined = withinBound({ ...start, coefficients }, most);
  return descending ? meanOne(refined, target, bound) : refined;
}

function limitsOf(schedule: NsSchedule, { at, points }: DesignTarget, most: number): Limits {
  const lowest = Math.min(at.input, ...points.map(({ input }) => input));
  return {
    inputs: spread(lowest, LARGEST_INPUT, GRID_POINTS),
    from: at.input,
    least: 1.2 * DIP * Math.min(GOOD_OUTPUT, output(at.input, schedule)), // with room as for `most`
    most: most * 0.995, // between grid points the output may be a little larger
  };
}

/** Scaled to a descent of 1 where the bound allows it, which leaves its value as it is. */
function meanOne(schedule: NsSchedule, { points }: DesignTarget, bound: number): NsSchedule {
  const [, highest] = outputRange(schedule, [0, LARGEST_INPUT]);
  return withinBound(scaled(schedule, Math.min(bound / highest, 1 / descent(schedule, points))), bound);
}

/**
 * Targets of the refinement. "descent" is linear in f, so its weights are divided by the distance from the limit 1,
 * which makes squares of distances count as distances (reweighted least squares).
 */
function samplesOf({ objective, points, at }: DesignTarget, schedule: NsSchedule): readonly Sample[] {
  const descending = objective === 'descent';
  const mattering = points.filter(({ matters }) => matters || descending);
  const weightOf = ({ count, sigma, alignment, input }: (typeof points)[number]): number =>
    descending ? (count * sigma * alignment) / (Math.abs(1 - output(input, schedule)) + 0.05) : count;
  const total = mattering.reduce((sum, point) => sum + weightOf(point), 0);
  const even = spread(at.input, 1, GRID_POINTS / 2);
  return [
    ...mattering.map((point) => ({
      input: point.input,
      target: descending ? 1 : point.alignment,
      weight: weightOf(point) / total,
    })),
    ...even.map((input) => ({ input, target: 1, weight: EVEN_SHARE / even.length })),
  ];
}

/** Best first; with a bound, only schedules that keep the guarantees of the head comment. */
function rank(schedules: readonly NsSchedule[], target: DesignTarget, bound?: number): readonly Ranked[] {
  return schedules
    .map((schedule) => ({ schedule, score: scoreSchedule(schedule, target) }))
    .filter(({ schedule, score }) => bound === undefined || keepsGuarantees(schedule, score, target, bound))
    .sort((x, y) => (betterValue(target.objective, x.score.value, y.score.value) ? -1 : 1));
}

function keepsGuarantees(schedule: NsSchedule, score: SpectrumScore, { at }: DesignTarget, bound: number): boolean {
  const [lowest] = outputRange(schedule, [0, LARGEST_INPUT]);
  const least = DIP * Math.min(GOOD_OUTPUT, output(at.input, schedule));
  return score.highest <= bound && lowest >= 0 && score.above[0] >= least;
}

function spread(low: number, high: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => low * (high / low) ** (i / (count - 1)));
}

function named(
  schedule: NsSchedule,
  { objective, quantile, precision }: Required<Omit<SpectrumDesignOptions, 'bound'>>,
): NsSchedule {
  return {
    ...schedule,
    name: `${objective}(q=${significant(quantile)}) x${schedule.coefficients.length}`,
    source: `designed for a spectrum, objective "${objective}" down to quantile ${significant(quantile)}`,
    precision,
  };
}

function requireDesign(products: number, bound: number): void {
  requireInteger('design', 'the number of products', products, 2);
  if (products > MOST_PRODUCTS)
    throw new DomainError(`design: the number of products must be at most ${MOST_PRODUCTS}, got ${products}`);
  if (!(bound > 1 && bound <= 2))
    throw new DomainError(`design: the bound on outputs must lie in (1, 2], got ${bound}`);
}
