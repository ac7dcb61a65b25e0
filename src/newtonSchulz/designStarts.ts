/**
 * Where the design for a spectrum starts: minimax compositions given room up to 1.01, and the published schedules, all
 * scaled into the bound.
 */
import { CATALOGUE, longestSchedule, scheduleOf } from './catalogue.ts';
import { products as productsOf } from './cost.ts';
import { designComposition, FROBENIUS, POLAR_EXPRESS_CUSHION, type StepKind } from './design.ts';
import { outputRange } from './response.ts';
import { shrinkInput } from './safety.ts';
import type { NsPrecision, NsSchedule } from './schedule.ts';
import { type DesignTarget, LARGEST_INPUT } from './spectrumObjective.ts';

/**
 * For each split of the products, with and without a cushion, the minimax compositions; then the published schedules.
 *
 * @returns families, each to be represented by its best member; one schedule a family for "floor"
 */
export function startingFamilies(
  target: DesignTarget,
  products: number,
  precision: NsPrecision,
  bound: number,
): readonly (readonly NsSchedule[])[] {
  const splits = stepKinds(products);
  const cushioned = precision === 'bf16' || precision === 'fp16';
  if (target.objective === 'floor')
    return splits.map((kinds) => [minimaxWithin(target.at.input, kinds, cushioned, bound)]);
  const lowerEnds = AROUND.map((factor) => Math.min(0.9, factor * target.at.input));
  const family = (kinds: readonly StepKind[], cushion: boolean): readonly NsSchedule[] =>
    lowerEnds.map((lower) => minimaxWithin(lower, kinds, cushion, bound));
  const choices = cushioned ? [true] : [false, true];
  const minimax = splits.flatMap((kinds) => choices.map((cushion) => family(kinds, cushion)));
  const published = publishedWithin(products, bound);
  return published.length === 0 ? minimax : [...minimax, published];
}

/** A schedule like those that will come out, to know at which step how much is rounded. */
export function typicalSchedule(products: number, bound: number): NsSchedule {
  return minimaxWithin(1e-4, stepKinds(products)[0]!, true, bound);
}

/** Lower ends tried, relative to the quantile's singular value. */
const AROUND = [1 / 4, 1 / 2, 1, 2, 4, 8, 16, 32, 64];

/** Room left in every step for bf16 to round upwards: the safety of arXiv:2505.16932. */
const LOW_PRECISION_SAFETY = 1.01;

/** Scaling the last step rounds its coefficients; the bound holds exactly all the same. */
const ROUNDING_ROOM = 1 - 1e-12;

/** Ways to spend the products, most quintics first; each also with the cubics in front. */
function stepKinds(products: number): readonly (readonly StepKind[])[] {
  const out: StepKind[][] = [];
  for (let quintics = Math.floor(products / 3); quintics >= 0; quintics--) {
    const left = products - 3 * quintics;
    if (left % 2 !== 0) continue;
    const fives = Array<StepKind>(quintics).fill('quintic');
    const threes = Array<StepKind>(left / 2).fill('cubic');
    out.push([...fives, ...threes]);
    if (fives.length > 0 && threes.length > 0) out.push([...threes, ...fives]);
    if (out.length >= MOST_SPLITS) break;
  }
  return out;
}

/** More cubics gain nothing worth the search: a quintic grows small values by 1.62 a product, a cubic by 1.61. */
const MOST_SPLITS = 4;

/** Minimax for [lower, 1.01]. */
function minimaxWithin(lower: number, kinds: readonly StepKind[], cushioned: boolean, bound: number): NsSchedule {
  const designed = designComposition(Math.max(lower / LARGEST_INPUT, 1e-9), kinds, {
    safety: cushioned ? LOW_PRECISION_SAFETY : 1,
    cushion: cushioned ? POLAR_EXPRESS_CUSHION : 0,
  });
  const [first, ...rest] = designed.coefficients;
  const coefficients = [shrinkInput(first!, LARGEST_INPUT), ...rest];
  return withinBound({ ...designed, coefficients }, bound);
}

/** Published schedules of exactly so many products, given room up to 1.01 and scaled into the bound. */
function publishedWithin(products: number, bound: number): readonly NsSchedule[] {
  const all = CATALOGUE.filter(({ entry }) => entry.normalisation === 'frobenius').flatMap(({ name }) =>
    Array.from({ length: longestSchedule(name) }, (_, k) => scheduleOf(name, k + 1)),
  );
  return all
    .filter((schedule) => productsOf(schedule) === products)
    .map((schedule) => {
      const [first, ...rest] = schedule.coefficients;
      const coefficients = [shrinkInput(first!, LARGEST_INPUT), ...rest];
      return withinBound({ ...schedule, coefficients, entry: FROBENIUS }, bound);
    });
}

/** The last step scaled so that the largest output on [0, 1.01] is at most `bound`. */
export function withinBound(schedule: NsSchedule, bound: number): NsSchedule {
  const [, highest] = outputRange(schedule, [0, LARGEST_INPUT]);
  return highest <= bound ? schedule : scaled(schedule, (bound / highest) * ROUNDING_ROOM);
}

/** Outputs times `factor`. */
export function scaled(schedule: NsSchedule, factor: number): NsSchedule {
  const last = schedule.coefficients.length - 1;
  return {
    ...schedule,
    coefficients: schedule.coefficients.map(([a, b, c], k) =>
      k === last ? [factor * a, factor * b, factor * c] : [a, b, c],
    ),
  };
}
