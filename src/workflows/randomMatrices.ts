/**
 * Spectra of random matrices by size, and what Newton-Schulz leaves of them: the experiment of arXiv:2505.04005.
 *
 * 1. From Marchenko-Pastur and the exact response: the width from which each schedule leaves too much behind.
 * 2. Matrices of every size, and some at those widths, are drawn and decomposed by the workers of a pool. Sizes take
 *    turns in proportion to their number of matrices, so a run that is stopped has some of each.
 * 3. Means over matrices, exponents over sizes, histograms of the smallest and the largest size.
 *
 * A matrix is a function of seed, distribution, shape and index, and means are summed in the order of the index: the
 * result does not depend on the number of workers. With `maxSeconds` it depends on the clock through the numbers of
 * matrices, which the result states.
 */
import { UsageError } from '../base/errors.ts';
import { createSpectrumPool, type SpectrumPool } from '../linalg/spectrumPool.ts';
import { CATALOGUE, scheduleOf } from '../newtonSchulz/catalogue.ts';
import { firstReaching } from '../newtonSchulz/response.ts';
import type { NsSchedule } from '../newtonSchulz/schedule.ts';
import {
  type EnsembleSize,
  ensembleSize,
  isDenseEnough,
  memberOf,
  type RandomEnsemble,
} from '../sources/randomEnsembles.ts';
import type { RandomSpectra } from '../spectra/randomSpectra.ts';
import { monotonicSeconds } from './clock.ts';
import { fitQuantileExponents, fitSmallestExponent } from './randomExponents.ts';
import { widthLeaving } from './randomLimit.ts';
import { workersThatFit } from './randomMemory.ts';
import { createTally, type RandomTally } from './randomTally.ts';
import { verifiedWidth } from './randomVerified.ts';

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
  /** No matrix is begun after this many seconds, but the first always is. */
  readonly maxSeconds?: number | undefined;
}

/** Where a run stands. */
export interface RandomProgress {
  /** Share of the work done, by floating-point operations. */
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

/**
 * @param told called after every matrix
 * @throws UsageError for a schedule without a Frobenius entry, and where one matrix does not fit into memory
 */
export async function measureRandomMatrices(
  options: RandomOptions,
  told: (progress: RandomProgress) => void,
): Promise<RandomSpectra> {
  const schedules = comparedSchedules(options.schedules);
  const workers = workersThatFit(options.ensemble.sizes, options.workers);
  const widths = schedules.map((schedule) => widthLeaving(LOST_SHARE, LOST_LEVEL, schedule, options.aspect));
  const groups = groupsOf(options, schedules, widths);
  const pool = createSpectrumPool({ workers });
  try {
    await drawAll(pool, jobsOf(groups), workers, options, told);
  } finally {
    await pool.close();
  }
  return documentOf(options, schedules, widths, groups);
}

/** Schedules asked for, then those of the catalogue at their usual steps, each once. */
export function comparedSchedules(asked: readonly NsSchedule[]): readonly NsSchedule[] {
  for (const { name, entry } of asked)
    if (entry.normalisation !== 'frobenius')
      throw new UsageError(
        `random: ${name} expects the ${entry.normalisation} rescaling, not the Frobenius norm; choose another schedule`,
      );
  const catalogue = CATALOGUE.filter(({ entry }) => entry.normalisation === 'frobenius');
  const all = [...asked, ...catalogue.map(({ name }) => scheduleOf(name))];
  return [...new Map(all.map((schedule) => [schedule.name, schedule])).values()];
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
    return { size, extra, tally: createTally(size, { schedules, level: LOST_LEVEL, histogramsAfter }) };
  };
  const verified = [...new Set(widths)].filter(
    (rows) => rows !== null && rows >= LEAST_VERIFIED && rows <= largest && isDenseEnough(ensemble.entries, rows),
  );
  return [
    ...sizes.map((size) => group(size, false)),
    ...verified.map((rows) => group(ensembleSize(rows!, aspect, matrices), true)),
  ];
}

/** Sizes take turns, so that at any moment about the same share of each has been drawn. */
function jobsOf(groups: readonly Group[]): readonly Job[] {
  const jobs = groups.flatMap((group) => Array.from({ length: group.size.matrices }, (_, index) => ({ group, index })));
  const turn = ({ group, index }: Job): number => (index + 0.5) / group.size.matrices;
  return jobs.sort((a, b) => turn(a) - turn(b) || a.group.size.rows - b.group.size.rows);
}

async function drawAll(
  pool: SpectrumPool,
  jobs: readonly Job[],
  workers: number,
  { ensemble, maxSeconds = Number.POSITIVE_INFINITY }: RandomOptions,
  told: (progress: RandomProgress) => void,
): Promise<void> {
  const start = monotonicSeconds();
  const work = jobs.reduce((sum, { group }) => sum + operationsOf(group.size), 0);
  const progress = { done: 0, matrices: 0, total: jobs.length };
  let next = 0;
  const draw = async (): Promise<void> => {
    while (next < jobs.length && (next === 0 || monotonicSeconds() - start < maxSeconds)) {
      const { group, index } = jobs[next++]!;
      group.tally.add(index, await pool.singularValues(memberOf(ensemble, group.size, index)));
      progress.done += operationsOf(group.size) / work;
      progress.matrices++;
      told({ ...progress });
    }
  };
  await Promise.all(Array.from({ length: AHEAD * workers }, draw));
}

/** Drawing, Gram matrix and reduction, weighted by the time they take. */
function operationsOf({ rows, columns }: EnsembleSize): number {
  return 200 * rows * columns + rows * rows * columns + 3 * rows ** 3;
}

function documentOf(
  { ensemble, aspect }: RandomOptions,
  schedules: readonly NsSchedule[],
  widths: readonly (number | null)[],
  groups: readonly Group[],
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
      threshold: firstReaching(LOST_LEVEL, schedule),
      width: widths[k]!,
      verified: verifiedWidth(
        groups.find(({ extra, size }) => extra && size.rows === widths[k]),
        k,
      ),
    })),
    histograms: measured.flatMap(({ tally }) => tally.histograms()),
    complete: groups.every(({ size, tally }) => tally.matrices() === size.matrices),
    warnings: warningsOf(ensemble, groups),
  };
}

function warningsOf({ entries }: RandomEnsemble, groups: readonly Group[]): readonly string[] {
  const warnings: string[] = [];
  for (const { size, tally, extra } of groups) {
    const drawn = tally.matrices();
    const shape = `${size.rows} x ${size.columns}${extra ? ' (to verify a width)' : ''}`;
    if (drawn === 0) warnings.push(`time ran out before any matrix of ${shape} was drawn; it is left out`);
    else if (drawn < size.matrices)
      warnings.push(`time ran out after ${drawn} of ${size.matrices} matrices of ${shape}`);
  }
  if (entries.name === 'student' && entries.dof <= 4)
    warnings.push(
      `entries with ${entries.dof} degrees of freedom have no fourth moment: the largest singular values leave Marchenko-Pastur`,
    );
  return warnings;
}
