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
 * 5. For "distance" and "descent": l at half to four times the quantile's singular value, each with and without cushion; and
 *    the published schedules of that cost.
 * 6. The starts are refined (refineComposition.ts) towards the directions of the spectrum and, with a fiftieth of the
 *    weight, towards all singular values above the quantile alike, because forecasts err. The best of each order of degrees
 *    go on.
 * 7. Kept is the best schedule whose bounds, taken exactly from images of intervals, hold; the composition of step 3 with
 *    l at the quantile's singular value keeps them, so there always is one.
 *
 * Guaranteed: outputs stay in [0, bound] on all of [0, 1.01], 1.3 unless given, in bf16 and fp16 also if rounding carries
 * values up by 1 % before every step; the largest on [0, 1] is at least 1 / bound; and no singular value above the
 * quantile's comes out below half the smaller of 0.7 and the quantile's own output ("floor": not below it at all).
 * Deterministic. From most starts the refinement comes to the same optimum, which a search without derivatives
 * (CMA-ES, 60 000 evaluations) did not better by more than 4 % on five forecasts. Ten quintics take about 0.4 s of one core.
 */
import { requireInteger, requireQuantiles } from '../base/checks.ts';
import { DomainError } from '../base/errors.ts';
import { significant } from '../base/numbers.ts';
import { products as productsOf } from './cost.ts';
import { scaled, startingSchedules, typicalSchedule, withinBound } from './designStarts.ts';
import { type QuantileSpectrum, requireQuantileSpectrum, valueAtQuantile } from './quantileSpectrum.ts';
import { type Limit, refineComposition, type Sample } from './refineComposition.ts';
import { output, outputRange, outputRangeWithRoom } from './response.ts';
import type { NsPrecision, NsSchedule } from './schedule.ts';
import {
  betterValue,
  type DesignObjective,
  type DesignTarget,
  descent,
  designTarget,
  LARGEST_INPUT,
  SMALLEST_INPUT,
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
  requireReachable(spectrum, quantile);
  const typical = typicalSchedule(products, bound);
  const target = designTarget(spectrum, typical, { objective, quantile, precision });
  const aim = { target, bound };
  const starts = startingSchedules(target, products, bound);
  const [best] = rank(refineAll(starts, aim), aim);
  return {
    ...best!.score,
    schedule: named(best!.schedule, { objective, quantile, precision }),
    quantile,
    bound,
    products: productsOf(best!.schedule),
  };
}

/** How starts are thinned out: of each order of degrees the best `kept` are refined by `rounds` rounds of iterations. */
const STAGES = [
  { kept: 8, rounds: 1, iterations: 10 },
  { kept: 3, rounds: 1, iterations: 30 },
  { kept: 1, rounds: 4, iterations: 40 },
] as const;

/** Share of the weight that lies on all singular values above the quantile alike. */
const EVEN_SHARE = 0.02;
const EVEN_POINTS = 40;

/**
 * What that share is a share of. The weights of "descent" are divided by distances. Where few directions carry most of it, the
 * even share must not outweigh all others, so it is of the undivided weights; elsewhere that leaves it too little to
 * lead the search. Neither is better everywhere: both are tried.
 */
type EvenWeight = 'divided' | 'undivided';
const EVEN_WEIGHTS: Record<DesignObjective, readonly EvenWeight[]> = {
  floor: [],
  distance: ['undivided'],
  descent: ['divided', 'undivided'],
};

const DIP = 0.5;
const GOOD_OUTPUT = 0.7;

/** What every schedule of a design is held to. */
interface Aim {
  readonly target: DesignTarget;
  readonly bound: number;
}

/** How starts are refined towards an aim. */
interface Refinement extends Aim {
  readonly even: EvenWeight;
}

interface Ranked {
  readonly schedule: NsSchedule;
  readonly score: SpectrumScore;
}

/** Step 6 of the head comment; all schedules met on the way. */
function refineAll(starts: readonly NsSchedule[], aim: Aim): readonly NsSchedule[] {
  const [first, ...evens] = EVEN_WEIGHTS[aim.target.objective];
  if (first === undefined) return starts;
  const [thinning, ...others] = STAGES;
  const thinned = [...starts, ...refineStages(starts, { ...aim, even: first }, [thinning])];
  return [...thinned, ...[first, ...evens].flatMap((even) => refineStages(thinned, { ...aim, even }, others))];
}

function refineStages(
  starts: readonly NsSchedule[],
  aim: Refinement,
  stages: readonly (typeof STAGES)[number][],
): readonly NsSchedule[] {
  let current = starts;
  const met: NsSchedule[] = [];
  for (const { kept, rounds, iterations } of stages) {
    current = bestOfEachKind(rank(current, aim), kept);
    for (let round = 0; round < rounds; round++) {
      current = current.map((schedule) => refineOnce(schedule, aim, iterations));
      met.push(...current);
    }
  }
  return met;
}

/** Schedules of one order of degrees compete with each other only: what is ahead early need not end ahead. */
function bestOfEachKind(ranked: readonly Ranked[], kept: number): readonly NsSchedule[] {
  const kindOf = ({ coefficients }: NsSchedule): string => coefficients.map(([, , c]) => (c === 0 ? 3 : 5)).join();
  const counts = new Map<string, number>();
  return ranked.flatMap(({ schedule }) => {
    const kind = kindOf(schedule);
    const count = counts.get(kind) ?? 0;
    counts.set(kind, count + 1);
    return count < kept ? [schedule] : [];
  });
}

/** One round: weights and limits from the schedule as it is, then the refinement, then the bound. */
function refineOnce(schedule: NsSchedule, aim: Refinement, iterations: number): NsSchedule {
  const { target, bound, even } = aim;
  const { room } = target;
  const descending = target.objective === 'descent';
  const start = descending ? mostOne(schedule) : schedule;
  const limits = limitsOf(start, aim);
  const coefficients = refineComposition(start.coefficients, samplesOf(target, start, even), limits, {
    iterations,
    room,
  });
  const refined = { ...start, coefficients };
  return withinBound(descending ? descentOne(refined, target) : refined, bound, room);
}

function limitsOf(schedule: NsSchedule, { target: { objective, at }, bound }: Aim): readonly Limit[] {
  const least = LIMIT_MARGIN * DIP * Math.min(GOOD_OUTPUT, output(at.input, schedule));
  const most = bound * (2 - LIMIT_MARGIN);
  const below: Limit = { inputs: [0, at.input], least: 0, most };
  const above: Limit = { inputs: [at.input, LARGEST_INPUT], least, most };
  return objective === 'descent' ? [below, above, { inputs: [at.input, 1], least: 0, most: 1 }] : [below, above];
}

/** Penalties are overstepped a little, so they begin before the limits do. */
const LIMIT_MARGIN = 1.005;

/** Scaled to a largest output of 1 on [0, 1], the unit of "descent". */
function mostOne(schedule: NsSchedule): NsSchedule {
  return scaled(schedule, 1 / outputRange(schedule, [0, 1])[1]);
}

/** Scaled to a descent of 1, which leaves its value as it is. */
function descentOne(schedule: NsSchedule, { points }: DesignTarget): NsSchedule {
  return scaled(schedule, 1 / descent(schedule, points));
}

/**
 * Targets of the refinement. "descent" is linear in f, so its weights are divided by the distance from the limit 1,
 * which makes squares of distances count as distances (reweighted least squares).
 */
function samplesOf(
  { objective, points, at }: DesignTarget,
  schedule: NsSchedule,
  evenWeight: EvenWeight,
): readonly Sample[] {
  const descending = objective === 'descent';
  const mattering = points.filter(({ matters }) => matters || descending);
  const distances = mattering.map(({ input }) => (descending ? Math.abs(1 - output(input, schedule)) + 0.05 : 1));
  const weights = mattering.map(({ count, sigma, alignment }) => count * (descending ? sigma * alignment : 1));
  const total = weights.reduce((sum, w, i) => sum + (evenWeight === 'divided' ? w / distances[i]! : w), 0);
  const even = spread(at.input, 1, EVEN_POINTS);
  return [
    ...mattering.map(({ input, alignment }, i) => ({
      input,
      target: descending ? 1 : alignment,
      weight: weights[i]! / distances[i]! / total,
    })),
    ...even.map((input) => ({ input, target: 1, weight: EVEN_SHARE / even.length })),
  ];
}

/** Those that keep the guarantees of the head comment before those that do not, then the best first. */
function rank(schedules: readonly NsSchedule[], aim: Aim): readonly Ranked[] {
  const { objective } = aim.target;
  return schedules
    .map((schedule) => ({ schedule, score: scoreSchedule(schedule, aim.target) }))
    .map((ranked) => ({ ...ranked, keeps: keepsGuarantees(ranked, aim) }))
    .filter(({ score }) => Number.isFinite(score.value))
    .sort((x, y) => {
      if (x.keeps !== y.keeps) return x.keeps ? -1 : 1;
      return betterValue(objective, x.score.value, y.score.value) ? -1 : 1;
    });
}

function keepsGuarantees({ schedule, score }: Ranked, { target: { at, room }, bound }: Aim): boolean {
  const [lowest, highest] = outputRangeWithRoom(schedule, [0, LARGEST_INPUT], room);
  const least = DIP * Math.min(GOOD_OUTPUT, output(at.input, schedule));
  const [, highestUpTo1] = outputRange(schedule, [0, 1]);
  return highest <= bound && lowest >= 0 && score.above[0] >= least && highestUpTo1 >= 1 / bound;
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

/** A schedule cannot raise a singular value of 0. */
function requireReachable(spectrum: QuantileSpectrum, quantile: number): void {
  requireQuantileSpectrum(spectrum);
  requireQuantiles('design', [quantile]);
  const value = valueAtQuantile(spectrum, quantile);
  if (!(value >= SMALLEST_INPUT))
    throw new DomainError(
      `design: the singular value at quantile ${quantile} is ${significant(value)}, expected at least ${SMALLEST_INPUT}; ` +
        `choose a smaller quantile`,
    );
}
