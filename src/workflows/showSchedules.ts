/** Published Newton-Schulz schedules as a document. */
import { UsageError } from '../base/errors.ts';
import { catalogueNames, longestSchedule, scheduleOf } from '../newtonSchulz/catalogue.ts';
import { type NsDocument, nsDocument, recordOf } from '../newtonSchulz/document.ts';
import type { NsPrecision } from '../newtonSchulz/schedule.ts';
import { roundedOn, type SpectrumSource, spectrumFrom } from './designSchedule.ts';

export type { NsDocument, NsScheduleRecord } from '../newtonSchulz/document.ts';
export type { SpectrumSource } from './designSchedule.ts';

/** What `ns show` adds where a precision is asked for. */
export interface PrecisionRequest {
  readonly precision: NsPrecision;
  readonly spectrum: SpectrumSource;
}

/**
 * @param names all schedules that have so many steps if empty
 * @param steps each schedule's usual number if left out
 * @throws UsageError for an unknown name or a number of steps that a named schedule does not have
 */
export function showSchedules(names: readonly string[], steps?: number, rounding?: PrecisionRequest): NsDocument {
  const chosen = names.length > 0 ? names : catalogueNames().filter((name) => longestSchedule(name) >= (steps ?? 1));
  if (chosen.length === 0) throw new UsageError(`ns show: no schedule has ${steps} steps; use 1 to 10`);
  const schedules = chosen.map((name) => scheduleOf(name, steps));
  if (rounding === undefined) return nsDocument(schedules);
  const { precision, spectrum } = rounding;
  const named = spectrumFrom(spectrum);
  return {
    schema: 'muonscope.ns/1',
    schedules: schedules.map((schedule) => {
      // The model knows no other entry; a record without `rounded` says that nothing is predicted.
      if (schedule.entry.normalisation !== 'frobenius') return recordOf(schedule);
      return { ...recordOf(schedule), rounded: roundedOn(schedule, named, precision) };
    }),
  };
}
