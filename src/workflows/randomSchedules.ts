/** Schedules for random matrices: from the catalogue, or from a document of `muonscope ns`. */
import { UsageError } from '../base/errors.ts';
import { CATALOGUE, scheduleOf } from '../newtonSchulz/catalogue.ts';
import { outputRange } from '../newtonSchulz/response.ts';
import type { NsSchedule } from '../newtonSchulz/schedule.ts';
import { readScheduleFile } from './scheduleFile.ts';

/** Outputs on [0, 1] beyond this belong to no orthonormalisation, and their histogram to no page. */
const LARGEST_OUTPUT = 10;

/**
 * "jordan", "jordan:7", or a file with the output of `ns --json`, which may hold several.
 *
 * @throws UsageError listing what there is
 * @throws FormatError for a file that holds no schedules
 */
export function parseSchedule(text: string): readonly NsSchedule[] {
  if (/\.json$/i.test(text)) return readScheduleFile(text);
  const match = /^([^:]+)(?::(\d+))?$/.exec(text.trim());
  if (!match)
    throw new UsageError(
      `random: expected a schedule such as jordan or jordan:7, or a .json file of ns design --json, got "${text}"`,
    );
  const [, name = '', steps] = match;
  return [scheduleOf(name, steps === undefined ? undefined : Number(steps))];
}

/**
 * Schedules asked for, then those of the catalogue at their usual steps, each once.
 *
 * @throws UsageError for an entry without a Frobenius norm, outputs beyond 10, or two schedules of one name
 */
export function comparedSchedules(asked: readonly NsSchedule[]): readonly NsSchedule[] {
  for (const schedule of asked) requireComparable(schedule);
  const catalogue = CATALOGUE.filter(({ entry }) => entry.normalisation === 'frobenius');
  const byName = new Map<string, NsSchedule>();
  for (const schedule of [...asked, ...catalogue.map(({ name }) => scheduleOf(name))]) {
    const other = byName.get(schedule.name);
    if (other === undefined) byName.set(schedule.name, schedule);
    else if (stepsOf(other) !== stepsOf(schedule))
      throw new UsageError(`random: two different schedules are called ${schedule.name}; rename one in its file`);
  }
  return [...byName.values()];
}

function requireComparable(schedule: NsSchedule): void {
  const { name, entry } = schedule;
  if (entry.normalisation !== 'frobenius')
    throw new UsageError(
      `random: ${name} expects the ${entry.normalisation} rescaling, not the Frobenius norm; choose another schedule`,
    );
  const [low, high] = outputRange(schedule, [0, 1]);
  if (!(low >= -LARGEST_OUTPUT && high <= LARGEST_OUTPUT))
    throw new UsageError(
      `random: the outputs of ${name} reach ${high <= LARGEST_OUTPUT ? low : high} for singular values up to 1; ` +
        `choose a schedule that keeps them within ${LARGEST_OUTPUT}`,
    );
}

function stepsOf({ coefficients, entry }: NsSchedule): string {
  return JSON.stringify([coefficients, entry.scale]);
}
