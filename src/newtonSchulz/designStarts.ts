/**
 * Where the design for a spectrum starts: minimax compositions given room up to 1.01, and the published schedules, all
 * scaled into the bound.
 */
import { CATALOGUE, longestSchedule, scheduleOf } from './catalogue.ts';
import { products as productsOf } from './cost.ts';
import { designComposition, FROBENIUS, POLAR_EXPRESS_CUSHION, type StepKind } from './design.ts';
import { outputRangeWithRoom } from './response.ts';
import { shrinkInput } from './safety.ts';
import type { NsSchedule } from './schedule.ts';
import { type DesignTarget, LARGEST_INPUT, LOW_PRECISION_ROOM } from './spectrumObjective.ts';

/**
 * For each split of the products, with and without a cushion, minimax compositions with several lower ends; and the
 * published schedules. For "floor" only the composition with the lower end at the quantile, which is the answer.
 */
export function startingSchedules(
  { objective, at, room }: DesignTarget,
  products: number,
  bound: number,
): readonly NsSchedule[] {
  const splits = stepKinds(products);
  const cushioned = room > 1;
  const lower = at.input;
  if (objective === 'floor') return splits.map((kinds) => minimaxWithin(lower, kinds, cushioned, bound, room));
  const lowerEnds = AROUND.map((factor) => Math.min(0.9, factor * lower));
  const minimax = splits.flatMap((kinds) =>
    (cushioned ? [true] : [false, true]).flatMap((cushion) =>
      lowerEnds.map((end) => minimaxWithin(end, kinds, cushion, bound, room)),
    ),
  );
  return [
    minimaxWithin(lower, splits[0]!, cushioned, bound, room),
    ...minimax,
    ...publishedWithin(products, bound, room),
  ];
}

/** A schedule like those that will come out, to know at which step how much is rounded. */
export function typicalSchedule(products: number, bound: number): NsSchedule {
  return minimaxWithin(1e-4, stepKinds(products)[0]!, true, bound, 1);
}

/** Lower ends tried, relative to the quantile's singular value. */
const AROUND = [1 / 2, 1, 2, 4];

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
function minimaxWithin(
  lower: number,
  kinds: readonly StepKind[],
  cushioned: boolean,
  bound: number,
  room: number,
): NsSchedule {
  const designed = designComposition(Math.max(lower / LARGEST_INPUT, 1e-9), kinds, {
    safety: cushioned ? LOW_PRECISION_ROOM : 1,
    cushion: cushioned ? POLAR_EXPRESS_CUSHION : 0,
  });
  const [first, ...rest] = designed.coefficients;
  const coefficients = [shrinkInput(first!, LARGEST_INPUT), ...rest];
  return withinBound({ ...designed, coefficients }, bound, room);
}

/** Published schedules of exactly so many products, given room up to 1.01 and scaled into the bound. */
function publishedWithin(products: number, bound: number, room: number): readonly NsSchedule[] {
  const all = CATALOGUE.filter(({ entry }) => entry.normalisation === 'frobenius').flatMap(({ name }) =>
    Array.from({ length: longestSchedule(name) }, (_, k) => scheduleOf(name, k + 1)),
  );
  return all
    .filter((schedule) => productsOf(schedule) === products)
    .map((schedule) => {
      const [first, ...rest] = schedule.coefficients;
      const coefficients = [shrinkInput(first!, LARGEST_INPUT), ...rest];
      return withinBound({ ...schedule, coefficients, entry: FROBENIUS }, bound, room);
    });
}

/** The last step scaled so that the largest output on [0, 1.01] is at most `bound`. */
export function withinBound(schedule: NsSchedule, bound: number, room: number): NsSchedule {
  const [, highest] = outputRangeWithRoom(schedule, [0, LARGEST_INPUT], room);
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
