/** `muonscope random`: reads what was asked for, measures, and writes the folder if there is one. */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../base/errors.ts';
import { scheduleOf } from '../newtonSchulz/catalogue.ts';
import type { NsSchedule } from '../newtonSchulz/schedule.ts';
import type { LossCurve } from '../report/randomReportData.ts';
import { renderRandomReport } from '../report/renderRandomReport.ts';
import { createEnsemble, formatEntries, parseEntries } from '../sources/randomEnsembles.ts';
import type { RandomSpectra } from '../spectra/randomSpectra.ts';
import { fileFailure, writeWhole } from '../store/files.ts';
import { monotonicSeconds } from './clock.ts';
import { describeMachine, softwareVersions } from './machine.ts';
import { limitShareBelow } from './randomLimit.ts';
import { comparedSchedules, LOST_LEVEL, measureRandomMatrices, type RandomProgress } from './randomMatrices.ts';

/** What the command line says, not yet checked. */
export interface RandomRequest {
  /** Smaller dimensions. */
  readonly sizes: readonly number[];
  /** "gaussian", "student:5". */
  readonly entries: string;
  /** Larger over smaller dimension. */
  readonly aspect: number;
  readonly seed: number;
  readonly matrices?: number | undefined;
  /** "jordan", "jordan:7". */
  readonly schedules: readonly string[];
  readonly workers?: number | undefined;
  readonly maxSeconds?: number | undefined;
  /** Folder for random.json, random.html and charts/. */
  readonly out?: string | undefined;
}

export interface RandomOutcome {
  readonly spectra: RandomSpectra;
  readonly seconds: number;
  /** null without a folder. */
  readonly written: { readonly report: string; readonly charts: number } | null;
}

/** Widths at which loss curves are drawn: 8 to this, evenly in the logarithm. */
const LARGEST_DRAWN = 1e7;
const SMALLEST_DRAWN = 8;
const DRAWN_POINTS = 120;

/**
 * @throws UsageError or DomainError for a bad request, before anything is drawn
 * @throws StudyError if the folder cannot be written; that it can is checked first
 */
export async function studyRandomMatrices(
  request: RandomRequest,
  told: (progress: RandomProgress) => void,
): Promise<RandomOutcome> {
  const { sizes, aspect, seed, matrices, workers, maxSeconds, out } = request;
  const schedules = request.schedules.map(parseSchedule);
  const ensemble = createEnsemble(sizes, { entries: parseEntries(request.entries), seed, aspect, matrices });
  if (out !== undefined) requireWritable(out);
  const start = monotonicSeconds();
  const spectra = await measureRandomMatrices({ ensemble, aspect, matrices, schedules, workers, maxSeconds }, told);
  const seconds = monotonicSeconds() - start;
  if (out === undefined) return { spectra, seconds, written: null };
  return { spectra, seconds, written: writeFolder(out, spectra, request, lossCurves(schedules, aspect), seconds) };
}

/**
 * "jordan" or "jordan:7".
 *
 * @throws UsageError listing what there is
 */
function parseSchedule(text: string): NsSchedule {
  const [name = '', steps] = text.trim().split(':', 2);
  if (steps !== undefined && !/^\d+$/.test(steps))
    throw new UsageError(`random: expected a schedule such as jordan or jordan:7, got "${text}"`);
  return scheduleOf(name, steps === undefined ? undefined : Number(steps));
}

function lossCurves(asked: readonly NsSchedule[], aspect: number): readonly LossCurve[] {
  const ratio = (LARGEST_DRAWN / SMALLEST_DRAWN) ** (1 / (DRAWN_POINTS - 1));
  const widths = Array.from({ length: DRAWN_POINTS }, (_, i) => Math.round(SMALLEST_DRAWN * ratio ** i));
  return comparedSchedules(asked).map((schedule) => ({
    schedule: schedule.name,
    points: widths.map((rows) => ({
      rows,
      below: limitShareBelow(LOST_LEVEL, schedule, { rows, columns: Math.round(rows * aspect) }),
    })),
  }));
}

function requireWritable(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw fileFailure(error, `writing ${folder}`, folder);
  }
}

function writeFolder(
  folder: string,
  spectra: RandomSpectra,
  request: RandomRequest,
  curves: readonly LossCurve[],
  seconds: number,
): NonNullable<RandomOutcome['written']> {
  const { cpu, cores, platform } = describeMachine();
  const { html, charts } = renderRandomReport({
    spectra,
    curves,
    entries: formatEntries(spectra.entries),
    command: commandOf(request),
    seconds,
    machine: `${cpu}, ${cores} cores, ${platform}`,
    versions: softwareVersions(),
  });
  const report = join(folder, 'random.html');
  for (const { name, svg } of charts) writeWhole(join(folder, 'charts', `${name}.svg`), svg, folder);
  writeWhole(join(folder, 'random.json'), `${JSON.stringify(spectra, null, 2)}\n`, folder);
  writeWhole(report, html, folder);
  return { report, charts: charts.length };
}

/** Every choice spelled out, so that it holds whatever the defaults become. */
function commandOf({ sizes, entries, aspect, seed, matrices, schedules }: RandomRequest): string {
  const flags = [`--sizes ${sizes.join()}`, `--entries ${entries}`, `--aspect ${aspect}`, `--seed ${seed}`];
  if (matrices !== undefined) flags.push(`--matrices ${matrices}`);
  return `muonscope random ${[...flags, `--schedules ${schedules.join()}`].join(' ')}`;
}
