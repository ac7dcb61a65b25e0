/**
 * Results of experiments in a folder, which may be a study's:
 *
 * DIR/dynamics/<experiment>.json             what it found
 * DIR/dynamics/<experiment>-<sweep>.jsonl    one line a run of a sweep, as they are done
 * DIR/dynamics/charts/<figure>.svg
 * DIR/dynamics.html                          all of them on one page
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import type { DynamicsResult, ExperimentName } from '../dynamics/experiment.ts';
import { DYNAMICS_RESULT_SCHEMA, storedDynamicsSchema } from './dynamicsSchema.ts';
import { cutFile, fileFailure, type LineFile, makeFolder, openLines, readBytes, writeWhole } from './files.ts';
import { readJsonLines } from './jsonLines.ts';
import { formatRecord, parseRecord } from './records.ts';

/** The order in which a page shows them. */
const EXPERIMENTS: readonly ExperimentName[] = ['entropy', 'regression', 'sensing', 'gpt', 'vit'];

/** @throws StudyError if a file is damaged or of a later version */
export function readDynamics(folder: string): readonly DynamicsResult[] {
  return EXPERIMENTS.flatMap((experiment) => {
    const place = { file: resultPath(folder, experiment), folder };
    const bytes = readBytes(place.file, folder);
    return bytes === null
      ? []
      : [parseRecord(bytes.toString('utf8'), storedDynamicsSchema, DYNAMICS_RESULT_SCHEMA, place)];
  });
}

/** @throws StudyError if the folder cannot be written, or the result holds what JSON cannot */
export function writeDynamics(folder: string, result: DynamicsResult): void {
  const place = { file: resultPath(folder, result.experiment), folder };
  const record = { schema: DYNAMICS_RESULT_SCHEMA, ...result } as const;
  writeWhole(place.file, formatRecord(record, storedDynamicsSchema, place, 2), folder);
}

/** @param name of the figure @returns the path */
export function writeDynamicsChart(folder: string, name: string, svg: string): string {
  const path = join(folder, 'dynamics', 'charts', `${name}.svg`);
  writeWhole(path, svg, folder);
  return path;
}

/** @returns the path */
export function writeDynamicsPage(folder: string, html: string): string {
  const path = join(folder, 'dynamics.html');
  writeWhole(path, html, folder);
  return path;
}

/** Records of a sweep, kept as they are made. Close it when done. */
export interface SweepFile<T> {
  /** Those of earlier runs. */
  readonly records: readonly T[];
  /** Bytes of a last line that a kill cut off; 0 if there was none. */
  readonly cutBytes: number;
  append(record: T): void;
  close(): void;
}

/** Whether the folder holds a sweep of that name, with or without a run that is done. */
export function hasSweep(folder: string, name: string): boolean {
  return existsSync(sweepPath(folder, name));
}

function sweepPath(folder: string, name: string): string {
  return join(folder, 'dynamics', `${name}.jsonl`);
}

/**
 * Opens the records of a sweep, drops a line that was cut off, and appends.
 *
 * @param name experiment and what else tells sweeps apart, e.g. "sensing-quick-1"
 * @throws StudyError if a record is damaged or the folder cannot be written
 */
export function openSweep<T>(folder: string, name: string, schema: z.ZodType<T>): SweepFile<T> {
  const path = sweepPath(folder, name);
  try {
    makeFolder(join(folder, 'dynamics'));
  } catch (error) {
    throw fileFailure(error, `making ${join(folder, 'dynamics')}`, folder);
  }
  const { records, ends, cut } = readJsonLines(path, schema, null, folder);
  if (cut !== null) cutFile(path, ends.at(-1) ?? 0, folder);
  const file: LineFile = openLines(path, folder);
  return {
    records,
    cutBytes: cut?.bytes ?? 0,
    append: (record) => file.append(formatRecord(record, schema, { file: path, folder }, 0)),
    close: () => {
      file.flush();
      file.close();
    },
  };
}

function resultPath(folder: string, experiment: ExperimentName): string {
  return join(folder, 'dynamics', `${experiment}.json`);
}
