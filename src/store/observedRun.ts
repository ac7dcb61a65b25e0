/**
 * The folder of a run that was trained elsewhere: run.json, spectra.jsonl, sources.jsonl.
 *
 * Spectra are appended as they are measured, in any order of steps; a line of sources.jsonl says that a checkpoint or
 * log is done. A kill loses at most the line being written: it is cut off on opening, and its matrix is measured again.
 */
import { rmSync } from 'node:fs';
import type { Spectrum } from '../spectra/spectrum.ts';
import { cutFile, missingFolders, openLines, removeEmptyFolders } from './files.ts';
import { type CutLine, type JsonLines, readJsonLines } from './jsonLines.ts';
import { damaged, firstDifference, formatRecord } from './records.ts';
import {
  beginRun,
  cutLines,
  descriptionPath,
  runIdentity,
  sourcesPath,
  spectraPath,
  spectrumLine,
} from './runFiles.ts';
import { SOURCE_SCHEMA, SPECTRUM_SCHEMA, sourceSchema, spectrumSchema } from './schemas.ts';
import type { ObservedRun, SourceRecord } from './study.ts';

/** What is recorded of an observed run. */
export interface ObservedRunRecords {
  readonly origin: 'observed';
  readonly description: ObservedRun;
  /** In the order they were recorded in. */
  readonly spectra: readonly Spectrum[];
  readonly sources: readonly SourceRecord[];
  /** Last lines that a kill cut off; they are not among the records. */
  readonly cut: readonly CutLine[];
}

/** An observed run that is being recorded. Close it when done: one that was begun and has no record then is removed. */
export interface ObservedRunWriter {
  readonly description: ObservedRun;
  /** Recorded before this writer was opened. */
  readonly sources: readonly SourceRecord[];
  /** Last lines that a kill cut off; they were dropped. */
  readonly cut: readonly CutLine[];
  /** What is recorded of a matrix at a step; null if nothing is. */
  find(measured: Measured): Spectrum | null;
  /**
   * Appends a spectrum, unless its matrix has been recorded at its step and stage.
   *
   * @returns whether it was appended
   * @throws StudyError if it is one of another run, or cannot be written
   */
  append(spectrum: Spectrum): boolean;
  /** Says that all spectra of a source are recorded; they are on the disk when this returns. */
  appendSource(source: SourceRecord): void;
  close(): void;
}

/** What a run records once. */
export type Measured = Pick<Spectrum, 'name' | 'step' | 'stage'>;

/** @throws StudyError naming file and line if a record is damaged, or of another run */
export function readObservedRun(runFolder: string, description: ObservedRun, folder: string): ObservedRunRecords {
  const spectra = readSpectra(runFolder, description, folder);
  const sources = readSources(runFolder, folder);
  return {
    origin: 'observed',
    description,
    spectra: spectra.records,
    sources: sources.records,
    cut: cutLines(spectra, sources),
  };
}

/**
 * Opens an observed run for recording, begun if need be.
 *
 * @throws StudyError if the folder holds a run with another description, or damaged records
 */
export function openObservedRun(runFolder: string, description: ObservedRun, folder: string): ObservedRunWriter {
  const missing = missingFolders(runFolder);
  beginRun(runFolder, description, folder);
  const spectra = readSpectra(runFolder, description, folder);
  const sources = readSources(runFolder, folder);
  if (spectra.cut !== null) cutFile(spectraPath(runFolder), spectra.ends.at(-1) ?? 0, folder);
  if (sources.cut !== null) cutFile(sourcesPath(runFolder), sources.ends.at(-1) ?? 0, folder);
  const recorded = new Map(spectra.records.map((spectrum) => [keyOf(spectrum), spectrum]));
  const spectraFile = openLines(spectraPath(runFolder), folder);
  const sourcesFile = openLines(sourcesPath(runFolder), folder);
  const shared = runIdentity(description);
  let isEmpty = missing.length > 0;
  return {
    description,
    sources: sources.records,
    cut: cutLines(spectra, sources),
    find: (measured) => recorded.get(keyOf(measured)) ?? null,
    append: (spectrum) => {
      const key = keyOf(spectrum);
      if (recorded.has(key)) return false;
      spectraFile.append(spectrumLine(spectrum, shared, runFolder, folder));
      recorded.set(key, spectrum);
      isEmpty = false;
      return true;
    },
    appendSource: (source) => {
      const line = formatRecord(source, sourceSchema, { file: sourcesPath(runFolder), folder }, 0);
      spectraFile.flush();
      sourcesFile.append(line);
      isEmpty = false;
      sourcesFile.flush();
    },
    close: () => {
      spectraFile.close();
      sourcesFile.close();
      if (isEmpty) removeBegun(runFolder, missing);
    },
  };
}

/** Removes a run that was begun and of which nothing was recorded. @param made folders that were made for it */
function removeBegun(runFolder: string, made: readonly string[]): void {
  for (const file of [spectraPath(runFolder), sourcesPath(runFolder), descriptionPath(runFolder)])
    rmSync(file, { force: true });
  removeEmptyFolders(made);
}

function keyOf({ name, step, stage }: Measured): string {
  return `${step} ${stage} ${name}`;
}

function readSpectra(runFolder: string, description: ObservedRun, folder: string): JsonLines<Spectrum> {
  const file = spectraPath(runFolder);
  const lines = readJsonLines(file, spectrumSchema, SPECTRUM_SCHEMA, folder);
  const recorded = new Set<string>();
  const shared = runIdentity(description);
  for (const [i, spectrum] of lines.records.entries()) {
    const place = { file, line: i + 1, folder };
    const key = keyOf(spectrum);
    if (recorded.has(key)) throw damaged(place, `${spectrum.name} is recorded twice at step ${spectrum.step}`);
    recorded.add(key);
    const difference = firstDifference(shared, spectrum);
    if (difference !== null) throw damaged(place, `${difference} does not agree with run.json`);
  }
  return lines;
}

function readSources(runFolder: string, folder: string): JsonLines<SourceRecord> {
  return readJsonLines(sourcesPath(runFolder), sourceSchema, SOURCE_SCHEMA, folder);
}
