/** The whole line: train a ladder, measure spectra, fit laws, plan, report. */
import { StudyError } from '../base/errors.ts';
import { createEngine, type Engine, type EngineName } from '../graph/engine.ts';
import { createSpectrumPool, type SpectrumPool } from '../linalg/spectrumPool.ts';
import type { Plan } from '../planner/plan.ts';
import { planFromLaws } from '../planner/planFromLaws.ts';
import type { LawsDocument } from '../scaling/law.ts';
import { type Corpus, openCorpus } from '../sources/text/corpus.ts';
import type { RunRecords } from '../store/runFolder.ts';
import type { RunSummary, StudyResult, StudyRun, TrainedRun, TrainedStudy } from '../store/study.ts';
import {
  createStudy,
  openTrainedStudy,
  readRuns,
  readTrainedStudy,
  requireFreeFolder,
  type StudyWriter,
} from '../store/studyFolder.ts';
import type { RunWriter } from '../store/trainedRun.ts';
import { gptParameters } from '../train/gpt.ts';
import { lawsOf, trackedTrajectories } from './analyse.ts';
import { requireSettledSpectra } from './cadence.ts';
import { commandOf } from './commandLine.ts';
import { describeStudy, type StudyOptions } from './describeStudy.ts';
import { type Expectation, requireCommand, requireExpected } from './expectation.ts';
import { describeMachine } from './machine.ts';
import { requireEngine } from './requireEngine.ts';
import { requireDifferentSizes } from './requireLadder.ts';
import { summariseRun } from './summarise.ts';
import { type RunResources, trainRun } from './trainRun.ts';
import { writeStudyReport } from './writeReport.ts';

export type { Expectation, StudyOptions };

/** Told as a study goes on. */
export interface StudyListener {
  /** Before training: what will be done. `expectedSeconds` is measured on this machine, null on a resume. */
  planned(study: TrainedStudy, expectedSeconds: number | null): void;
  runStarted(run: StudyRun, fromStep: number, dropped: number): void;
  stepDone(
    run: StudyRun,
    step: { readonly step: number; readonly loss: number; readonly tokensPerSecond: number },
  ): void;
  runDone(summary: RunSummary): void;
}

/** What a study ended with. */
export interface StudyOutcome {
  readonly result: StudyResult;
  readonly laws: LawsDocument;
  readonly reportPath: string;
  /** What the laws say, in sentences. */
  readonly statements: readonly string[];
}

/** What a trained ladder ended with, before any law. */
export interface TrainingOutcome {
  readonly runs: readonly RunSummary[];
  readonly reportPath: string;
}

/**
 * Starts a new study in an empty folder. Resolves to null if `signal` stopped it: it can then be resumed, unless it
 * was stopped before {@link StudyListener.planned}, when nothing is written yet.
 *
 * @throws UsageError, before anything is trained or written, if no laws could come of the ladder or it does not fit
 * this machine's memory
 */
export async function startStudy(
  options: StudyOptions,
  listener: StudyListener,
  signal: AbortSignal,
): Promise<StudyOutcome | null> {
  requireDifferentSizes(options.rungs ?? options.preset.rungs);
  if (options.every !== undefined) requireSettledSpectra(options.every, options.choices?.steps ?? options.preset.steps);
  return start(options, listener, signal, conclude);
}

/**
 * Goes on with the study in `options.out`; its own arguments hold, and `expected` must agree with them.
 *
 * @throws StudyError if they do not agree, or the folder holds a single run
 */
export function resumeStudy(
  options: Pick<StudyOptions, 'out' | 'engine'>,
  expected: Expectation,
  listener: StudyListener,
  signal: AbortSignal,
): Promise<StudyOutcome | null> {
  return resume('study', options, expected, listener, signal, conclude);
}

/** {@link startStudy} without laws and plan: for a single run. */
export function startTraining(
  options: StudyOptions,
  listener: StudyListener,
  signal: AbortSignal,
): Promise<TrainingOutcome | null> {
  return start(options, listener, signal, reportOnly);
}

/** {@link resumeStudy} without laws and plan. */
export function resumeTraining(
  options: Pick<StudyOptions, 'out' | 'engine'>,
  expected: Expectation,
  listener: StudyListener,
  signal: AbortSignal,
): Promise<TrainingOutcome | null> {
  return resume('train', options, expected, listener, signal, reportOnly);
}

/** What is done with a trained ladder. */
type Conclusion<T> = (writer: StudyWriter<TrainedStudy>, out: string) => T;

async function start<T>(
  options: StudyOptions,
  listener: StudyListener,
  signal: AbortSignal,
  concluding: Conclusion<T>,
): Promise<T | null> {
  requireFreeFolder(options.out);
  const { preset, choices, text, seed } = options;
  const { context, validationSequences } = { ...preset, ...choices };
  const corpus = openCorpus({ paths: text, seed, context, validationSequences });
  return withResources(options.engine, describeMachine().cores, async (engine, pool) => {
    const resources = { engine, corpus, pool };
    const described = await describeStudy(options, resources, signal);
    if (described === null) return null;
    const { study, expectedSeconds } = described;
    const writer = createStudy(options.out, study);
    listener.planned(study, expectedSeconds);
    return runStudy(writer, resources, options.out, listener, signal, concluding);
  });
}

async function resume<T>(
  command: 'study' | 'train',
  { out, engine: engineName }: Pick<StudyOptions, 'out' | 'engine'>,
  expected: Expectation,
  listener: StudyListener,
  signal: AbortSignal,
  concluding: Conclusion<T>,
): Promise<T | null> {
  const study = readTrainedStudy(out);
  requireCommand(out, study, command);
  requireExpected(out, study, expected);
  const corpus = corpusAgain(study, out);
  return withResources(engineName, study.machine.cores, async (engine, pool) => {
    const writer = openTrainedStudy(out);
    listener.planned(study, null);
    return runStudy(writer, { engine, corpus, pool }, out, listener, signal, concluding);
  });
}

/** The text of a study, checked to be the same as when it began. */
function corpusAgain({ ladder, text, seed, corpus: begun }: TrainedStudy, out: string): Corpus {
  const context = Math.max(...ladder.map(({ config }) => config.model.context));
  const validationSequences = Math.max(...ladder.map(({ config }) => config.validationSequences));
  const corpus = openCorpus({ paths: text, seed, context, validationSequences });
  const short = (sha256: string): string => sha256.slice(0, 12);
  if (corpus.description.sha256 !== begun.sha256)
    throw new StudyError(
      `study: the text is not the one ${out} began with (SHA-256 ${short(corpus.description.sha256)}, expected ${short(begun.sha256)}); restore it, or start a new study in another --out`,
      out,
    );
  return corpus;
}

async function withResources<T>(
  name: EngineName,
  threads: number,
  work: (engine: Engine, pool: SpectrumPool) => Promise<T>,
): Promise<T> {
  requireEngine(name);
  const engine = await createEngine({ name, threads });
  const pool = createSpectrumPool({ workers: threads });
  try {
    return await work(engine, pool);
  } finally {
    await pool.close();
  }
}

async function runStudy<T>(
  writer: StudyWriter<TrainedStudy>,
  resources: RunResources,
  out: string,
  listener: StudyListener,
  signal: AbortSignal,
  concluding: Conclusion<T>,
): Promise<T | null> {
  try {
    for (const rung of writer.description.ladder) {
      await runRung(writer, rung, resources, listener, signal);
      if (signal.aborted) return null;
    }
    return concluding(writer, out);
  } finally {
    writer.close();
  }
}

async function runRung(
  study: StudyWriter,
  rung: StudyRun,
  resources: RunResources,
  listener: StudyListener,
  signal: AbortSignal,
): Promise<void> {
  const description = describeRun(rung, resources);
  const writer: RunWriter = study.openRun(description);
  try {
    listener.runStarted(rung, writer.checkpoint?.step ?? 0, writer.droppedSteps);
    for await (const { metrics } of trainRun(writer, resources, signal)) {
      const tokensPerStep = metrics.tokens / metrics.step;
      listener.stepDone(rung, { ...metrics, tokensPerSecond: tokensPerStep / metrics.seconds });
    }
  } finally {
    writer.close();
  }
  if (signal.aborted) return;
  const records = readRuns(study.folder).find((run) => run.description.run === rung.run);
  if (records?.origin === 'trained') listener.runDone(summariseRun(records.description, records.metrics));
}

/** The report of a trained ladder that no law is fitted to. */
function reportOnly(writer: StudyWriter<TrainedStudy>): TrainingOutcome {
  const runs = readRuns(writer.folder);
  const tracked = trackedTrajectories(runs);
  const command = commandOf(writer.description);
  const { path } = writeStudyReport(writer, { runs, tracked, laws: null, plan: null, command });
  return { runs: summariesOf(runs), reportPath: path };
}

/** Laws, plan and report of a trained ladder. */
function conclude(writer: StudyWriter<TrainedStudy>, out: string): StudyOutcome {
  const { description } = writer;
  const runs = readRuns(writer.folder);
  const tracked = trackedTrajectories(runs);
  const laws = lawsOf(runs, tracked, { source: `study ${out}`, seed: description.seed });
  const plan: Plan = planFromLaws(laws, { params: description.target });
  writer.writeLaws(laws);
  writer.writePlan(plan);
  const { path, statements } = writeStudyReport(writer, { runs, tracked, laws, plan, command: commandOf(description) });
  return {
    result: { schema: 'muonscope.study/1', out, runs: summariesOf(runs), laws: laws.laws, plan },
    laws,
    reportPath: path,
    statements,
  };
}

function summariesOf(runs: readonly RunRecords[]): readonly RunSummary[] {
  return runs.flatMap((run) => (run.origin === 'trained' ? [summariseRun(run.description, run.metrics)] : []));
}

function describeRun(rung: StudyRun, { engine, corpus }: RunResources): TrainedRun {
  return {
    schema: 'muonscope.run/1',
    origin: 'trained',
    ...rung,
    engine: engine.name,
    corpusSha256: corpus.description.sha256,
    parameters: gptParameters(rung.config.model).map(({ name, shape, optimizer }) => ({ name, shape, optimizer })),
  };
}
