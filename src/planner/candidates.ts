/** Which schedules a plan chooses from. */
import { UsageError } from '../base/errors.ts';
import { catalogueNames, longestSchedule, scheduleOf } from '../newtonSchulz/catalogue.ts';
import type { NsPrecision, NsSchedule } from '../newtonSchulz/schedule.ts';

/**
 * Every catalogue schedule at every step count it is defined for (1 to 10).
 *
 * @param names restricts the catalogue
 * @throws UsageError for an unknown name
 */
export function candidateSchedules(
  precision: NsPrecision,
  { names = catalogueNames() }: { readonly names?: readonly string[] } = {},
): readonly NsSchedule[] {
  return names.flatMap((name) =>
    Array.from({ length: longestSchedule(name) }, (_, k) => scheduleOf(name, k + 1, { precision })),
  );
}

/**
 * Schedules from a list such as "jordan,polar-express:6": a name alone stands for all its step counts.
 *
 * @throws UsageError listing the known names for an unknown one, or the steps a schedule has
 */
export function parseSchedules(flag: string, text: string, precision: NsPrecision): readonly NsSchedule[] {
  return text.split(',').flatMap((part) => {
    const match = /^([^:]+?)(?::(\d+))?$/.exec(part.trim());
    if (!match)
      throw new UsageError(
        `${flag}: expected names with or without steps such as jordan,polar-express:6, got "${part.trim()}"; known are ${catalogueNames().join(', ')}`,
      );
    const [, name = '', steps] = match;
    return steps === undefined
      ? candidateSchedules(precision, { names: [name] })
      : [scheduleOf(name, Number(steps), { precision })];
  });
}

/** The schedules with their products in this precision; those that are so already stay the same objects. */
export function inPrecision(schedules: readonly NsSchedule[], precision: NsPrecision): readonly NsSchedule[] {
  return schedules.map((schedule) => (schedule.precision === precision ? schedule : { ...schedule, precision }));
}

/** The schedules a forecast of Frobenius-normalised singular values can judge, and why others are left out. */
export interface Comparable {
  readonly schedules: readonly NsSchedule[];
  readonly warnings: readonly string[];
}

/**
 * Leaves out schedules with another entry normalisation, and repetitions of the same steps under a second name
 * (deepseek-v4 cut to eight steps is jordan).
 */
export function comparable(schedules: readonly NsSchedule[]): Comparable {
  const frobenius = schedules.filter(({ entry }) => entry.normalisation === 'frobenius');
  const others = schedules.filter(({ entry }) => entry.normalisation !== 'frobenius');
  const families = [...new Set(others.map(({ name }) => name.replace(/ x\d+$/, '')))];
  const keys = frobenius.map(stepsKey);
  return {
    schedules: frobenius.filter((_, k) => keys.indexOf(keys[k]!) === k),
    warnings: families.map(
      (name) =>
        `${name} is not considered: it rescales rows or columns before the first step, so what it does to a ` +
        `singular value of X / ||X||_F is not known.`,
    ),
  };
}

function stepsKey({ coefficients, entry }: NsSchedule): string {
  return JSON.stringify([coefficients, entry]);
}
