/** Published Newton-Schulz schedules as a document. */
import { UsageError } from '../base/errors.ts';
import { catalogueNames, longestSchedule, scheduleOf } from '../newtonSchulz/catalogue.ts';
import { type NsDocument, nsDocument } from '../newtonSchulz/document.ts';

export type { NsDocument, NsScheduleRecord } from '../newtonSchulz/document.ts';

/**
 * @param names all schedules that have so many steps if empty
 * @param steps each schedule's usual number if left out
 * @throws UsageError for an unknown name or a number of steps that a named schedule does not have
 */
export function showSchedules(names: readonly string[], steps?: number): NsDocument {
  const chosen = names.length > 0 ? names : catalogueNames().filter((name) => longestSchedule(name) >= (steps ?? 1));
  if (chosen.length === 0) throw new UsageError(`ns show: no schedule has ${steps} steps; use 1 to 10`);
  return nsDocument(chosen.map((name) => scheduleOf(name, steps)));
}
