/** Published Newton-Schulz schedules as a document. */
import { UsageError } from '../base/errors.ts';
import { catalogueEntry, catalogueNames, longestSchedule, scheduleOf } from '../newtonSchulz/catalogue.ts';
import { costRecord } from '../newtonSchulz/cost.ts';
import { type NsDocument, type NsScheduleRecord, recordOf } from '../newtonSchulz/document.ts';
import type { NsPrecision } from '../newtonSchulz/schedule.ts';
import { roundedOn, type SpectrumSource, spectrumFrom } from './designSchedule.ts';

export type { CostRecord } from '../newtonSchulz/cost.ts';
export type { NsDocument, NsScheduleRecord } from '../newtonSchulz/document.ts';
export type { SpectrumSource } from './designSchedule.ts';

/** What `ns show` adds to what a schedule does by itself. */
export interface ShowRequest {
  /** Each schedule's usual number if left out. */
  readonly steps?: number;
  /** Outputs on a spectrum, in a precision. */
  readonly rounding?: { readonly precision: NsPrecision; readonly spectrum: SpectrumSource };
  /** Cost on a matrix, and its share of a training step of so many tokens. */
  readonly cost?: { readonly shape: readonly [number, number]; readonly tokensPerStep?: number };
}

/**
 * @param names all schedules that have so many steps if empty
 * @throws UsageError for an unknown name or a number of steps that a named schedule does not have
 */
export function showSchedules(names: readonly string[], request: ShowRequest = {}): NsDocument {
  const { steps, rounding, cost } = request;
  const chosen =
    names.length > 0 ? [...new Set(names)] : catalogueNames().filter((name) => longestSchedule(name) >= (steps ?? 1));
  if (chosen.length === 0) throw new UsageError(`ns show: no schedule has ${steps} steps; use 1 to 10`);
  const on = rounding && { ...rounding, named: spectrumFrom(rounding.spectrum) };
  const recordFor = (name: string): NsScheduleRecord => {
    const schedule = scheduleOf(name, steps);
    // The model knows no other entry; a record without `rounded` says that nothing is predicted.
    const known = schedule.entry.normalisation === 'frobenius';
    return {
      ...recordOf(schedule),
      foldedIn: catalogueEntry(name).foldedIn,
      ...(on && known ? { rounded: roundedOn(schedule, on.named, on.precision) } : {}),
      ...(cost ? { cost: costRecord(schedule, cost.shape, cost.tokensPerStep) } : {}),
    };
  };
  return { schema: 'muonscope.ns/1', schedules: chosen.map(recordFor) };
}
