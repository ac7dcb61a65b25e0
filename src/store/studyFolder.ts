/**
 * A study is a folder: study.json, runs/<run>/, laws.json, plan.json, random.json, report.html, charts/.
 *
 * Its runs are the rungs of a ladder that is trained here, as study.json lists them, and observed runs: every folder
 * of runs/ that says so.
 *
 * One process writes it at a time (lock.ts); reading needs no lock.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { DomainError, StudyError } from '../base/errors.ts';
import type { Plan } from '../planner/plan.ts';
import type { LawsDocument } from '../scaling/law.ts';
import type { RandomSpectra } from '../spectra/randomSpectra.ts';
import { LAWS_SCHEMA, lawsSchema, PLAN_SCHEMA, planSchema } from './documentSchemas.ts';
import {
  fileFailure,
  makeFolder,
  missingFolders,
  readBytes,
  removeEmptyFolders,
  TEMPORARY_SUFFIX,
  writeWhole,
} from './files.ts';
import { LOCK_FILE, lockStudy } from './lock.ts';
import { type ObservedRunWriter, openObservedRun } from './observedRun.ts';
import { RANDOM_SCHEMA, randomSchema } from './randomSchema.ts';
import { firstDifference, formatRecord, parseRecord } from './records.ts';
import { readDescription } from './runFiles.ts';
import { type RunRecords, readRun } from './runFolder.ts';
import { RUN_NAME, STUDY_SCHEMA, studySchema } from './schemas.ts';
import type { ObservedRun, RunDescription, StudyDescription, TrainedRun, TrainedStudy } from './study.ts';
import { openTrainedRun, type RunWriter } from './trainedRun.ts';

/** A study that this process may write. Close it when done. */
export interface StudyWriter<D extends StudyDescription = StudyDescription> {
  readonly folder: string;
  readonly description: D;
  /** Begins or continues a run of the ladder. */
  openRun(description: TrainedRun): RunWriter;
  /** Begins or continues an observed run. */
  openObservedRun(description: ObservedRun): ObservedRunWriter;
  writeLaws(laws: LawsDocument): void;
  writePlan(plan: Plan): void;
  writeRandom(spectra: RandomSpectra): void;
  /** @param html the whole report */
  writeReport(html: string): void;
  /** @param name file name, e.g. "loss.svg" */
  writeChart(name: string, contents: string | Uint8Array): void;
  /** Gives the lock back. */
  close(): void;
}

/**
 * Makes a new study in `folder`, which does not exist or is empty.
 *
 * @throws StudyError if the folder holds a study or other files, or cannot be written
 */
export function createStudy<D extends StudyDescription>(folder: string, description: D): StudyWriter<D> {
  requireFreeFolder(folder);
  const missing = missingFolders(folder);
  try {
    makeFolder(folder);
    return locked(folder, () => {
      requireFreeFolder(folder);
      const place = { file: join(folder, 'study.json'), folder };
      writeWhole(place.file, formatRecord(description, studySchema, place, 2), folder);
      return description;
    });
  } catch (error) {
    removeEmptyFolders(missing);
    throw fileFailure(error, `making ${folder}`, folder);
  }
}

/**
 * Opens the study in `folder` for writing: to go on with its runs, or to write laws, plan or report anew.
 *
 * @throws StudyError if there is none, it is damaged, of a later version, or another process writes it
 */
export function openStudy(folder: string): StudyWriter {
  readStudy(folder);
  return locked(folder, () => {
    removeTemporaries(folder);
    return readStudy(folder);
  });
}

/** {@link openStudy} of a ladder that is trained here. @throws StudyError also if it is none */
export function openTrainedStudy(folder: string): StudyWriter<TrainedStudy> {
  readTrainedStudy(folder);
  return locked(folder, () => {
    removeTemporaries(folder);
    return readTrainedStudy(folder);
  });
}

/**
 * Checks that a study is the one the arguments of a resume describe.
 *
 * @param wanted what the arguments say, fields as in study.json; only those given are compared
 * @throws StudyError naming the first field that differs
 */
export function requireSameStudy(folder: string, wanted: object): void {
  const difference = firstDifference(wanted, readStudy(folder));
  if (difference !== null)
    throw new StudyError(
      `study: ${folder} holds another study: it differs in ${difference}; continue it with its own arguments or give another --out`,
      folder,
    );
}

/** @throws StudyError if `folder` holds no study, or a damaged one or one of a later version */
export function readStudy(folder: string): StudyDescription {
  const description = readDocument(folder, 'study.json', studySchema, STUDY_SCHEMA);
  if (description === null)
    throw new StudyError(
      `study: expected a study in ${folder}, found no study.json; check the path or make one with the study command`,
      folder,
    );
  return description;
}

/** @throws StudyError as {@link readStudy}, and if nothing of the study is trained here */
export function readTrainedStudy(folder: string): TrainedStudy {
  const study = readStudy(folder);
  if (study.origin === 'trained') return study;
  throw new StudyError(
    `study: ${folder} holds observed runs only, which cannot be trained further; add to it with scan, watch or ingest, or give another --out`,
    folder,
  );
}

/**
 * The records of every run that has begun: the ladder in its order, then observed runs by size.
 *
 * @throws StudyError naming file and line if a record is damaged, or a run is not as study.json says
 */
export function readRuns(folder: string): readonly RunRecords[] {
  const study = readStudy(folder);
  const rungs = study.origin === 'trained' ? study.ladder : [];
  const trained = rungs.map(({ run }) => readRun(runFolderOf(folder, run), folder)).filter((run) => run !== null);
  for (const { description } of trained) requireRung(study, description, folder);
  return [...trained, ...readObservedRuns(folder)];
}

/** The observed run of that name; null if there is none. @throws StudyError if its run.json is damaged */
export function findObservedRun(folder: string, run: string): ObservedRun | null {
  const description = RUN_NAME.test(run) ? readDescription(runFolderOf(folder, run), folder) : null;
  return description?.origin === 'observed' ? description : null;
}

/** Whether the study holds runs that were trained elsewhere. @throws StudyError as {@link readRuns} */
export function hasObservedRuns(folder: string): boolean {
  return runNames(folder).some((name) => readDescription(runFolderOf(folder, name), folder)?.origin === 'observed');
}

function readObservedRuns(folder: string): readonly RunRecords[] {
  return runNames(folder)
    .map((name) => readObserved(folder, name))
    .filter((run) => run !== null)
    .sort((a, b) => a.description.params - b.description.params);
}

/** Null for a folder of runs/ that is none, not begun, or of a trained run. */
function readObserved(folder: string, name: string): RunRecords | null {
  const runFolder = runFolderOf(folder, name);
  const description = readDescription(runFolder, folder);
  if (description?.origin !== 'observed') return null;
  if (description.run !== name)
    throw new StudyError(
      `study: ${join(runFolder, 'run.json')} is that of run ${description.run}; the folder was renamed: give it its name back`,
      folder,
    );
  return readRun(runFolder, folder);
}

/** Folders of runs/, by name. */
function runNames(folder: string): readonly string[] {
  const runs = join(folder, 'runs');
  return existsSync(runs)
    ? listFolder(runs)
        .filter((name) => RUN_NAME.test(name))
        .sort()
    : [];
}

/** @returns null if the study has no laws yet @throws StudyError if laws.json is damaged or of a later version */
export function readLaws(folder: string): LawsDocument | null {
  return readDocument(folder, 'laws.json', lawsSchema, LAWS_SCHEMA);
}

/** @returns null if the study has no plan yet @throws StudyError if plan.json is damaged or of a later version */
export function readPlan(folder: string): Plan | null {
  return readDocument(folder, 'plan.json', planSchema, PLAN_SCHEMA);
}

/** @returns null if none were measured @throws StudyError if random.json is damaged or of a later version */
export function readRandom(folder: string): RandomSpectra | null {
  return readDocument(folder, 'random.json', randomSchema, RANDOM_SCHEMA);
}

function readDocument<T>(folder: string, name: string, schema: z.ZodType<T>, schemaName: string): T | null {
  const place = { file: join(folder, name), folder };
  const bytes = readBytes(place.file, folder);
  return bytes === null ? null : parseRecord(bytes.toString('utf8'), schema, schemaName, place);
}

/** Takes the lock, then opens; gives the lock back if opening fails. */
function locked<D extends StudyDescription>(folder: string, open: () => D): StudyWriter<D> {
  const lock = lockStudy(folder);
  try {
    return writerOf(folder, open(), lock.release);
  } catch (error) {
    lock.release();
    throw error;
  }
}

function writerOf<D extends StudyDescription>(folder: string, description: D, close: () => void): StudyWriter<D> {
  const writeRecord = <T>(name: string, record: T, schema: z.ZodType<T>): void => {
    const place = { file: join(folder, name), folder };
    writeWhole(place.file, formatRecord(record, schema, place, 2), folder);
  };
  return {
    folder,
    description,
    openRun: (run) => {
      requireRung(description, run, folder);
      return openTrainedRun(runFolderOf(folder, run.run), run, folder);
    },
    openObservedRun: (run) => {
      requireNoRung(description, run, folder);
      return openObservedRun(runFolderOf(folder, run.run), run, folder);
    },
    writeLaws: (laws) => writeRecord('laws.json', laws, lawsSchema),
    writePlan: (plan) => writeRecord('plan.json', plan, planSchema),
    writeRandom: (spectra) => writeRecord('random.json', spectra, randomSchema),
    writeReport: (html) => writeWhole(join(folder, 'report.html'), html, folder),
    writeChart: (name, contents) => {
      if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name))
        throw new DomainError(`study: a chart's name must be a plain file name, got "${name}"`);
      writeWhole(join(folder, 'charts', name), contents, folder);
    },
    close,
  };
}

/**
 * Writes a page into a study that is not open.
 *
 * @returns its path
 * @throws StudyError if it cannot be written
 */
export function writeStudyFile(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeWhole(path, text, folder);
  return path;
}

function runFolderOf(folder: string, run: string): string {
  return join(folder, 'runs', run);
}

/** @throws StudyError unless the run is a rung of the ladder, with the same configuration and text */
function requireRung(study: StudyDescription, run: RunDescription, folder: string): void {
  const rung = study.origin === 'trained' ? study.ladder.find((candidate) => candidate.run === run.run) : undefined;
  const difference =
    rung === undefined || study.origin !== 'trained'
      ? `run (${run.run} is no rung of the ladder)`
      : firstDifference({ ...rung, origin: 'trained', corpusSha256: study.corpus.sha256 }, run);
  if (difference === null) return;
  throw new StudyError(
    `study: ${join(runFolderOf(folder, run.run), 'run.json')} and study.json differ in ${difference}; one of them was edited: restore it, or start again in another --out`,
    folder,
  );
}

/** @throws StudyError if the run would share the name of a rung */
function requireNoRung(study: StudyDescription, { run }: ObservedRun, folder: string): void {
  if (study.origin !== 'trained' || !study.ladder.some((rung) => rung.run === run)) return;
  throw new StudyError(`study: ${run} is the name of a run that ${folder} trains; give another --run`, folder);
}

/** @throws StudyError if `folder` is a file or holds more than the remains of a study that was never begun */
export function requireFreeFolder(folder: string): void {
  if (!existsSync(folder)) return;
  if (existsSync(join(folder, 'study.json'))) {
    const study = readStudy(folder);
    const kind =
      study.origin === 'trained'
        ? `a study (preset ${study.preset}, seed ${study.seed}, ${study.created}); continue it with --resume or`
        : `observed runs (${study.created});`;
    throw new StudyError(`study: ${folder} already holds ${kind} give another --out`, folder);
  }
  const others = listFolder(folder).filter((name) => name !== LOCK_FILE && !name.endsWith(TEMPORARY_SUFFIX));
  if (others.length === 0) return;
  const shown = others.sort().slice(0, 3).join(', ') + (others.length > 3 ? ', ...' : '');
  throw new StudyError(
    `study: ${folder} holds other files (${shown}), expected an empty or new folder; give another --out`,
    folder,
  );
}

/** Removes what killed writes left beside the files. The lock's own files are left to lock.ts. */
function removeTemporaries(folder: string): void {
  for (const name of listFolder(folder, { recursive: true }))
    if (name.endsWith(TEMPORARY_SUFFIX) && !name.startsWith(LOCK_FILE)) rmSync(join(folder, name), { force: true });
}

function listFolder(folder: string, { recursive = false }: { recursive?: boolean } = {}): readonly string[] {
  try {
    return readdirSync(folder, { recursive, encoding: 'utf8' });
  } catch (error) {
    throw fileFailure(error, `listing ${folder}`, folder);
  }
}
