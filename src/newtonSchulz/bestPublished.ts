/** What a design is compared with. */
import { CATALOGUE, longestSchedule, scheduleOf } from './catalogue.ts';
import { products as productsOf } from './cost.ts';
import { outputRangeWithRoom } from './response.ts';
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
 * Rivals must stay in [0, 1.35] on [0, 1], where a design keeps a lower bound on [0, 1.01]; in bf16 and fp16 also when
 * rounding carries values up by {@link LOW_PRECISION_ROOM}. Then "cans" is none: 0.3 % more in every step end at 1e50.
 *
 * @returns null if none has so many products
 */
export function bestPublished(target: DesignTarget, products: number): Rival | null {
  const rivals = CATALOGUE.filter(({ entry }) => entry.normalisation === 'frobenius')
    .flatMap(({ name }) => Array.from({ length: longestSchedule(name) }, (_, k) => scheduleOf(name, k + 1)))
    .filter((schedule) => productsOf(schedule) === products && staysInRange(schedule, target.room))
    .map((schedule) => ({ schedule, value: scoreSchedule(schedule, target, 1).value }))
    .sort((a, b) => (betterValue(target.objective, a.value, b.value) ? -1 : 1));
  return rivals[0] ?? null;
}

function staysInRange(schedule: NsSchedule, room: number): boolean {
  const [lowest, highest] = outputRangeWithRoom(schedule, [0, 1], room);
  return lowest >= 0 && highest <= MOST_OUTPUT;
}
