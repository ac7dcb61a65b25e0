/** What a design is compared with. */
import { CATALOGUE, longestSchedule, scheduleOf } from './catalogue.ts';
import { products as productsOf } from './cost.ts';
import { outputRange } from './response.ts';
import type { NsSchedule } from './schedule.ts';
import { betterValue, type DesignTarget, scoreSchedule } from './spectrumObjective.ts';

/** A published schedule and what it is worth. */
export interface Rival {
  readonly schedule: NsSchedule;
  readonly value: number;
}

/** Complete published schedules stay below this on [0, 1]; ones cut short do not, and are no rivals. */
const MOST_OUTPUT = 1.35;

/**
 * The published schedule of exactly `products` products that serves the target best.
 *
 * Rivals need to be bounded on [0, 1] only; a design is bounded on [0, 1.01]. "cans" is not: five steps send 1.01 to
 * 1e103.
 *
 * @returns null if none has so many products
 */
export function bestPublished(target: DesignTarget, products: number): Rival | null {
  const rivals = CATALOGUE.filter(({ entry }) => entry.normalisation === 'frobenius')
    .flatMap(({ name }) => Array.from({ length: longestSchedule(name) }, (_, k) => scheduleOf(name, k + 1)))
    .filter((schedule) => productsOf(schedule) === products && outputRange(schedule, [0, 1])[1] <= MOST_OUTPUT)
    .map((schedule) => ({ schedule, value: scoreSchedule(schedule, target).value }))
    .sort((a, b) => (betterValue(target.objective, a.value, b.value) ? -1 : 1));
  return rivals[0] ?? null;
}
