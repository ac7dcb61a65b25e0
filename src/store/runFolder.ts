/** One run's folder, whoever trained it: trainedRun.ts and observedRun.ts say what it holds. */
import { type ObservedRunRecords, readObservedRun } from './observedRun.ts';
import { readDescription } from './runFiles.ts';
import { readTrainedRun, type TrainedRunRecords } from './trainedRun.ts';

/** What a run has recorded. */
export type RunRecords = TrainedRunRecords | ObservedRunRecords;

/**
 * Reads the records of a run.
 *
 * @returns null if the run has not begun
 * @throws StudyError naming file and line if a record is damaged or does not fit its neighbours
 */
export function readRun(runFolder: string, folder: string): RunRecords | null {
  const description = readDescription(runFolder, folder);
  if (description === null) return null;
  switch (description.origin) {
    case 'trained':
      return readTrainedRun(runFolder, description, folder);
    case 'observed':
      return readObservedRun(runFolder, description, folder);
    default:
      return description satisfies never;
  }
}
