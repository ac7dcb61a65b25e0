/**
 * Spectra of random matrices by size, and what Newton-Schulz leaves of them: the experiment of arXiv:2505.04005.
 *
 * 1. From Marchenko-Pastur and the exact response: the width from which each schedule leaves too much behind.
 * 2. Matrices of every size, and some at those widths, are drawn and decomposed by the workers of a pool. Sizes take
 *    turns in proportion to their number of matrices, so a run that is stopped has some of each.
 * 3. Means over matrices, exponents over sizes, histograms of the smallest and the largest size.
 *
 * A matrix is a function of seed, distribution, shape and index, and means are summed in the order of the index: the
 * result does not depend on the number of workers. With `maxSeconds` or `signal` it depends on the clock through the
 * numbers of matrices, which the result states.
 */
import type { EntryDistribution } from '../linalg/matrix.ts';
import { createSpectrumPool } from '../linalg/spectrumPool.ts';
import { firstReaching } from '../newtonSchulz/response.ts';
import type { NsSchedule } from '../newtonSchulz/schedule.ts';
import {
  type EnsembleSize,
  ensembleSize,
  excessKurtosis,
  formatEntries,
  isDenseEnough,
  memberOf,
  type RandomEnsemble,
} from '../sources/randomEnsembles.ts';
import type { RandomSpectra } from '../spectra/randomSpectra.ts';
import { monotonicSeconds } from './clock.ts';
import { fitQuantileExponents, fitSmallestExponent } from './randomExponents.ts';
import { widthLeaving } from './randomLimit.ts';
import { workersThatFit } from './randomMemory.ts';
import { comparedSchedules } from './randomSchedules.ts';
import { createTally, type RandomTally } from './randomTally.ts';
import { LEAST_VERIFYING, verifiedWidth } from './randomVerified.ts';

export interface RandomOptions {
  readonly ensemble: RandomEnsemble;
  /** Larger over smaller dimension of the widths searched; that of the ensemble. */
  readonly aspect: number;
  /** Matrices at every size and width instead of the usual numbers. */
  readonly matrices?: number | undefined;
  /** Schedules whose histograms are drawn; the catalogue's are always compared. */
  readonly schedules: readonly NsSchedule[];
  /** Threads; as many as there are cores and memory for if left out. */
  readonly workers?: number | undefined;
  /** Matrices that are not done after this many seconds are dropped; the first of a size asked for is waited for. */
  readonly maxSeconds?: number | undefined;
  /** Drops the matrices that are not done. */
  readonly signal?: AbortSignal | undefined;
}

/** Where a run stands. */
export interface RandomProgress {
  /** Share of the work done, or of the time there is if that is more. */
  readonly done: number;
  readonly matrices: number;
  readonly total: number;
}

/** The level below which arXiv:2505.04005 sees the tail that survives five iterations. */
export const LOST_LEVEL = 0.6;
/** A width is called bad if more than this share of directions is left below. */
export const LOST_SHARE = 0.01;
/** Widths below are not verified: their spectra are far from the limit. */
const LEAST_VERIFIED = 16;
/** Matrices handed to the pool for each worker, so that none waits for the next. */
const AHEAD = 2;
/** Longest delay of setTimeout in milliseconds. */
const LONGEST_DELAY = 2 ** 31 - 1;

/** One shape, what is known of it, and why it is drawn. */
interface Group {
  readonly size: EnsembleSize;
  readonly tally: RandomTally;
  /** For a width that is verified, not a size that was asked for. */
  readonly extra: boolean;
}

interface Job {
  readonly group: Group;
  readonly index: number;
}

/** What ended the drawing. */
type Ending = 'all drawn' | 'time ran out' | 'stopped';

/**
 * @param told called before the first matrix and after every one
 * @returns what was measured; without sizes if `signal` came before the first matrix was done
 * @throws UsageError for a schedule without a Frobenius entry or with outputs that grow beyond measure, and where one
 * matrix does not fit into memory
 */
export async function measureRandomMatrices(
  options: RandomOptions,
  told: (progress: RandomProgress) => void,
): Promise<RandomSpectra> {
  const schedules = comparedSchedules(options.schedules);
  const workers = workersThatFit(options.ensemble.sizes, options.workers);
  const widths = schedules.map((schedule) => widthLeaving(LOST_SHARE, LOST_LEVEL, schedule, options.aspect));
  const groups = groupsOf(options, schedules, widths);
  const ending = await drawAll(jobsOf(groups), workers, options, told);
  return documentOf(options, schedules, widths, groups, ending);
}

function groupsOf(
  { ensemble, aspect, matrices, schedules: asked }: RandomOptions,
  schedules: readonly NsSchedule[],
  widths: readonly (number | null)[],
): readonly Group[] {
  const { sizes } = ensemble;
  const largest = sizes.at(-1)!.rows;
  const group = (size: EnsembleSize, extra: boolean): Group => {
    const ends = !extra && (size === sizes[0] || size === sizes.at(-1));
    const histogramsAfter = ends ? asked.map(({ name }) => schedules.findIndex((other) => other.name === name)) : null;
    const shape = { ...size, excessKurtosis: excessKurtosis(ensemble.entries) };
    return { size, extra, tally: createTally(shape, { schedules, level: LOST_LEVEL, histogramsAfter }) };
  };
  const verifiable = (matrices ?? LEAST_VERIFYING) < LEAST_VERIFYING ? [] : [...new Set(widths)];
  const verified = verifiable.filter(
    (rows) => rows !== null && rows >= LEAST_VERIFIED && rows <= largest && isDenseEnough(ensemble.entries, rows),
  );
  return [
    ...sizes.map((size) => group(size, false)),
    ...verified.map((rows) => group(ensembleSize(rows!, aspect, matrices), true)),
  ];
}

/**
 * One matrix of every size asked for, then sizes and widths in turns, so that at any moment about the same share of each
 * has been drawn.
 */
function jobsOf(groups: readonly Group[]): readonly Job[] {
  const jobs = groups.flatMap((group) => Array.from({ length: group.size.matrices }, (_, index) => ({ group, index })));
  const turn = ({ group, index }: Job): number =>
    index === 0 && !group.extra ? 0 : (index + 0.5) / group.size.matrices;
  return jobs.sort((a, b) => turn(a) - turn(b) || a.group.size.rows - b.group.size.rows);
}

async function drawAll(
  jobs: readonly Job[],
  workers: number,
  { ensemble, maxSeconds = Number.POSITIVE_INFINITY, signal }: RandomOptions,
  told: (progress: RandomProgress) => void,
): Promise<Ending> {
  const start = monotonicSeconds();
  const work = jobs.reduce((sum, { group }) => sum + nanosecondsOf(group.size), 0);
  const pool = createSpectrumPool({ workers: Math.min(workers, jobs.length) });
  let ending: Ending = 'all drawn';
  let [next, matrices, asked, nanoseconds] = [0, 0, 0, 0];
  const seconds = (): number => monotonicSeconds() - start;
  const tell = (): void => {
    const done = matrices === jobs.length ? 1 : Math.max(nanoseconds / work, seconds() / maxSeconds);
    told({ done, matrices, total: jobs.length });
  };
  const end = (why: Ending): void => {
    if (ending !== 'all drawn') return;
    ending = why;
    void pool.close(); // the calls that have not answered reject
  };
  const stop = (): void => end('stopped');
  const timeOut = (): void => {
    if (asked > 0 && matrices < jobs.length && seconds() >= maxSeconds) end('time ran out');
  };
  const draw = async (): Promise<void> => {
    while (next < jobs.length && ending === 'all drawn') {
      const { group, index } = jobs[next++]!;
      group.tally.add(index, await pool.singularValues(memberOf(ensemble, group.size, index)));
      nanoseconds += nanosecondsOf(group.size);
      matrices++;
      if (!group.extra) asked++;
      tell();
      timeOut();
    }
  };
  const timer = setTimeout(timeOut, Math.min(1000 * maxSeconds, LONGEST_DELAY));
  signal?.addEventListener('abort', stop);
  try {
    tell();
    if (signal?.aborted) stop();
    await Promise.all(Array.from({ length: AHEAD * workers }, draw));
  } catch (error) {
    if (ending === 'all drawn') throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
    await pool.close();
  }
  return ending;
}

/** Drawing, Gram matrix, reduction, the rest: measured on one core of an AMD EPYC; only the ratios matter. */
function nanosecondsOf({ rows, columns }: EnsembleSize): number {
  return 48 * rows * columns + 0.065 * rows ** 2 * columns + 0.115 * rows ** 3 + 25 * rows ** 2 + 3e5;
}

function documentOf(
  { ensemble, aspect }: RandomOptions,
  schedules: readonly NsSchedule[],
  widths: readonly (number | null)[],
  groups: readonly Group[],
  ending: Ending,
): RandomSpectra {
  const measured = groups.filter(({ extra, tally }) => !extra && tally.matrices() > 0);
  const sizes = measured.map(({ tally }) => tally.size());
  const exponents = fitQuantileExponents(sizes);
  const median = exponents.find(({ quantile }) => quantile === 0.5);
  return {
    schema: 'muonscope.random/1',
    entries: ensemble.entries,
    seed: ensemble.seed,
    aspect,
    level: LOST_LEVEL,
    share: LOST_SHARE,
    sizes,
    exponent: median?.exponent ?? null,
    r2: median?.r2 ?? null,
    exponents,
    smallestExponent: fitSmallestExponent(sizes),
    widths: schedules.map((schedule, k) => ({
      schedule: schedule.name,
      coefficients: schedule.coefficients,
      entry: schedule.entry,
      threshold: firstReaching(LOST_LEVEL, schedule),
      width: widths[k]!,
      verified: verifiedWidth(
        groups.find(({ extra, size }) => extra && size.rows === widths[k]),
        k,
      ),
    })),
    histograms: measured.flatMap(({ tally }) => tally.histograms()),
    complete: groups.every(({ size, tally }) => tally.matrices() === size.matrices),
    warnings: warningsOf(ensemble, groups, ending),
  };
}

function warningsOf({ entries }: RandomEnsemble, groups: readonly Group[], ending: Ending): readonly string[] {
  const warnings: string[] = [];
  const verifying: string[] = [];
  for (const { size, tally, extra } of groups) {
    const drawn = tally.matrices();
    if (drawn === size.matrices) continue;
    const shape = `${size.rows} x ${size.columns}`;
    if (extra) verifying.push(`${drawn} of ${size.matrices} of ${shape}`);
    else if (drawn === 0) warnings.push(`${ending} before any matrix of ${shape} was done; it is left out`);
    else warnings.push(`${ending} after ${drawn} of ${size.matrices} matrices of ${shape}`);
  }
  if (verifying.length > 0) warnings.push(`${ending} while widths were verified, after ${verifying.join(', ')}`);
  return [...warnings, ...entryWarnings(entries)];
}

function entryWarnings(entries: EntryDistribution): readonly string[] {
  if (Number.isFinite(excessKurtosis(entries))) return [];
  return [
    `${formatEntries(entries)} entries have no fourth moment: the largest singular values leave Marchenko-Pastur, and ` +
      'there is no theory for exact levels',
  ];
}
