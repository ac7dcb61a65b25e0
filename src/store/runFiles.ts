/** What the folders of trained and observed runs have in common: run.json, and lines of spectra that belong to it. */
import { join } from 'node:path';
import { StudyError } from '../base/errors.ts';
import type { Spectrum } from '../spectra/spectrum.ts';
import { fileFailure, makeFolder, readBytes, writeWhole } from './files.ts';
import type { CutLine, JsonLines } from './jsonLines.ts';
import { firstDifference, formatRecord, parseRecord } from './records.ts';
import { RUN_SCHEMA, runSchema, spectrumSchema } from './schemas.ts';
import type { RunDescription } from './study.ts';

export function descriptionPath(runFolder: string): string {
  return join(runFolder, 'run.json');
}

export function metricsPath(runFolder: string): string {
  return join(runFolder, 'metrics.jsonl');
}

export function spectraPath(runFolder: string): string {
  return join(runFolder, 'spectra.jsonl');
}

export function sourcesPath(runFolder: string): string {
  return join(runFolder, 'sources.jsonl');
}

/** @returns null if the run has not begun @throws StudyError if run.json is damaged or of a later version */
export function readDescription(runFolder: string, folder: string): RunDescription | null {
  const place = { file: descriptionPath(runFolder), folder };
  const bytes = readBytes(place.file, folder);
  return bytes === null ? null : parseRecord(bytes.toString('utf8'), runSchema, RUN_SCHEMA, place);
}

/**
 * Writes run.json, or checks that the one there says the same.
 *
 * @throws StudyError naming the first field that differs
 */
export function beginRun(runFolder: string, description: RunDescription, folder: string): void {
  const existing = readDescription(runFolder, folder);
  const place = { file: descriptionPath(runFolder), folder };
  if (existing !== null) {
    const difference = firstDifference(description, existing);
    if (difference === null) return;
    const remedy = description.origin === 'trained' ? 'give another --out' : 'give another --run';
    throw new StudyError(
      `${place.file}: the run asked for differs in ${difference} from the one recorded; continue with the same arguments or ${remedy}`,
      folder,
    );
  }
  try {
    makeFolder(runFolder);
  } catch (error) {
    throw fileFailure(error, `making ${runFolder}`, folder);
  }
  writeWhole(place.file, formatRecord(description, runSchema, place, 2), folder);
}

/** What a run and its spectra have in common. */
export function runIdentity({ run, params, nonEmbeddingParams }: RunDescription): object {
  return { run, params, nonEmbeddingParams };
}

/**
 * A spectrum as a line of spectra.jsonl.
 *
 * @param shared fields that it must have in common with its run, perhaps the step
 * @throws StudyError if it has not, or is not as the schema says
 */
export function spectrumLine(spectrum: Spectrum, shared: object, runFolder: string, folder: string): string {
  const place = { file: spectraPath(runFolder), folder };
  const difference = firstDifference(shared, spectrum);
  if (difference !== null)
    throw new StudyError(`${place.file}: refused a spectrum of another run or step: ${difference}`, folder);
  return formatRecord(spectrum, spectrumSchema, place, 0);
}

/** The last lines that kills cut off. */
export function cutLines(...files: readonly JsonLines<unknown>[]): readonly CutLine[] {
  return files.map(({ cut }) => cut).filter((cut) => cut !== null);
}
