/**
 * The folder of a run that is trained here: run.json, metrics.jsonl, spectra.jsonl, checkpoint/.
 *
 * A step is appended as its spectra, then its metrics: the metrics line says the step is complete. A checkpoint is
 * written after both files are flushed, so it never runs ahead of them; resuming cuts them back to its step.
 */
import { StudyError } from '../base/errors.ts';
import type { Spectrum } from '../spectra/spectrum.ts';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { cutFile, openLines, readBytes } from './files.ts';
import { type CutLine, type JsonLines, readJsonLines } from './jsonLines.ts';
import { damaged, firstDifference, formatRecord } from './records.ts';
import {
  beginRun,
  cutLines,
  descriptionPath,
  metricsPath,
  runIdentity,
  spectraPath,
  spectrumLine,
} from './runFiles.ts';
import { metricsSchema, SPECTRUM_SCHEMA, spectrumSchema } from './schemas.ts';
import type { MetricsRecord, TrainedRun } from './study.ts';

/** What a run has recorded so far, up to its last complete step. */
export interface TrainedRunRecords {
  readonly origin: 'trained';
  readonly description: TrainedRun;
  readonly metrics: readonly MetricsRecord[];
  readonly spectra: readonly Spectrum[];
  /** Last lines that a kill cut off; they are not among the records. */
  readonly cut: readonly CutLine[];
}

/** A run that is being recorded. Close it when done. */
export interface RunWriter {
  readonly description: TrainedRun;
  /** Where to go on; null for a run that starts at step 0. */
  readonly checkpoint: Checkpoint | null;
  /** Steps that were recorded after the checkpoint and are dropped, because they will be done again. */
  readonly droppedSteps: number;
  /** Last lines that a kill cut off; they were dropped too. */
  readonly cut: readonly CutLine[];
  /** Appends one step: numbers rise by one from `checkpoint.step`, or from 0. */
  appendStep(metrics: MetricsRecord, spectra: readonly Spectrum[]): void;
  /** Replaces the checkpoint; its step is that of the last appended step. */
  saveCheckpoint(checkpoint: Checkpoint): void;
  close(): void;
}

/** @throws StudyError naming file and line if a record is damaged or does not fit its neighbours */
export function readTrainedRun(runFolder: string, description: TrainedRun, folder: string): TrainedRunRecords {
  const metrics = readMetrics(runFolder, folder);
  const spectra = readSpectra(runFolder, description, folder);
  const lastStep = metrics.records.at(-1)?.step ?? -1;
  requireTracked(description, spectra.records, lastStep, { file: spectraPath(runFolder), folder });
  return {
    origin: 'trained',
    description,
    metrics: metrics.records,
    spectra: spectra.records.filter(({ step }) => step <= lastStep),
    cut: cutLines(metrics, spectra),
  };
}

/**
 * Opens a run for recording: begins it, or cuts its records back to its checkpoint.
 *
 * @throws StudyError if the folder holds a run with another description, or damaged records
 */
export function openTrainedRun(runFolder: string, description: TrainedRun, folder: string): RunWriter {
  beginTrainedRun(runFolder, description, folder);
  const checkpoint = readCheckpoint(runFolder, folder);
  const { droppedSteps, cut } = cutBack(runFolder, description, checkpoint, folder);
  const metricsFile = openLines(metricsPath(runFolder), folder);
  const spectraFile = openLines(spectraPath(runFolder), folder);
  let lastStep = checkpoint?.step ?? null;
  return {
    description,
    checkpoint,
    droppedSteps,
    cut,
    appendStep: (metrics, spectra) => {
      if (lastStep !== null ? metrics.step !== lastStep + 1 : metrics.step > 1)
        throw new StudyError(`study: step ${metrics.step} does not follow step ${lastStep ?? 'zero'}`, folder);
      const shared = { ...runIdentity(description), step: metrics.step };
      const lines = spectra.map((spectrum) => spectrumLine(spectrum, shared, runFolder, folder));
      const line = formatRecord(metrics, metricsSchema, { file: metricsPath(runFolder), folder }, 0);
      if (lines.length > 0) spectraFile.append(lines.join(''));
      metricsFile.append(line);
      lastStep = metrics.step;
    },
    saveCheckpoint: (next) => {
      if (next.run !== description.run || next.step !== (lastStep ?? 0))
        throw new StudyError(
          `study: a checkpoint of ${next.run} at step ${next.step} does not fit run ${description.run} at step ${lastStep ?? 0}`,
          folder,
        );
      spectraFile.flush();
      metricsFile.flush();
      writeCheckpoint(runFolder, next, folder);
    },
    close: () => {
      metricsFile.close();
      spectraFile.close();
    },
  };
}

function readMetrics(runFolder: string, folder: string): JsonLines<MetricsRecord> {
  const file = metricsPath(runFolder);
  const lines = readJsonLines(file, metricsSchema, null, folder);
  for (const [i, { step }] of lines.records.entries()) {
    const previous = lines.records[i - 1]?.step;
    const problem =
      previous === undefined
        ? step > 1 && `expected the first step, got step ${step}`
        : step !== previous + 1 && `expected step ${previous + 1}, got step ${step}`;
    if (problem) throw damaged({ file, line: i + 1, folder }, problem);
  }
  return lines;
}

function readSpectra(runFolder: string, description: TrainedRun, folder: string): JsonLines<Spectrum> {
  const file = spectraPath(runFolder);
  const lines = readJsonLines(file, spectrumSchema, SPECTRUM_SCHEMA, folder);
  let names = new Set<string>();
  let lastStep = -1;
  for (const [i, spectrum] of lines.records.entries()) {
    const place = { file, line: i + 1, folder };
    if (spectrum.step < lastStep) throw damaged(place, `step ${spectrum.step} stands after step ${lastStep}`);
    if (spectrum.step > lastStep) names = new Set();
    lastStep = spectrum.step;
    const name = `${spectrum.name} ${spectrum.stage}`;
    if (names.has(name)) throw damaged(place, `${name} is recorded twice at step ${spectrum.step}`);
    names.add(name);
    const difference = firstDifference(runIdentity(description), spectrum);
    if (difference !== null) throw damaged(place, `${difference} does not agree with run.json`);
  }
  return lines;
}

/** @throws StudyError if a step up to `lastStep` at which spectra were due has none, or fewer than the first */
function requireTracked(
  { every, parameters }: TrainedRun,
  spectra: readonly Spectrum[],
  lastStep: number,
  place: Parameters<typeof damaged>[0],
): void {
  if (!parameters.some(({ optimizer }) => optimizer === 'muon')) return;
  const counts = new Map<number, number>();
  for (const { step } of spectra) counts.set(step, (counts.get(step) ?? 0) + 1);
  const first = counts.get(every);
  for (let step = every; step <= lastStep; step += every) {
    const count = counts.get(step);
    if (count === undefined) throw damaged(place, `expected spectra of step ${step}, got none`);
    if (count !== first) throw damaged(place, `expected ${first} spectra of step ${step}, got ${count}`);
  }
}

function beginTrainedRun(runFolder: string, description: TrainedRun, folder: string): void {
  const file = descriptionPath(runFolder);
  if (readBytes(file, folder) === null && readBytes(metricsPath(runFolder), folder) !== null)
    throw damaged({ file, folder }, 'the file is missing');
  beginRun(runFolder, description, folder);
}

/** Drops what was recorded after the checkpoint, and cut lines. */
function cutBack(
  runFolder: string,
  description: TrainedRun,
  checkpoint: Checkpoint | null,
  folder: string,
): Pick<RunWriter, 'droppedSteps' | 'cut'> {
  const metrics = readMetrics(runFolder, folder);
  const spectra = readSpectra(runFolder, description, folder);
  const step = checkpoint?.step ?? -1;
  const kept = metrics.records.filter((record) => record.step <= step).length;
  const file = metricsPath(runFolder);
  if (checkpoint !== null && checkpoint.run !== description.run)
    throw damaged({ file: runFolder, folder }, `the checkpoint is that of run ${checkpoint.run}`);
  if (step > 0 && metrics.records[kept - 1]?.step !== step)
    throw damaged({ file, folder }, `the records end before the checkpoint at step ${step}`);
  requireTracked(description, spectra.records, step, { file: spectraPath(runFolder), folder });
  const keptSpectra = spectra.records.filter((record) => record.step <= step).length;
  if (metrics.cut !== null || kept < metrics.records.length) cutFile(file, metrics.ends[kept - 1] ?? 0, folder);
  if (spectra.cut !== null || keptSpectra < spectra.records.length)
    cutFile(spectraPath(runFolder), spectra.ends[keptSpectra - 1] ?? 0, folder);
  return { droppedSteps: metrics.records.length - kept, cut: cutLines(metrics, spectra) };
}
