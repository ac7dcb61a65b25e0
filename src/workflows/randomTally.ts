/**
 * What is kept of the matrices of one shape: a few numbers a matrix, and counts.
 *
 * Matrices may be added in any order; sums run in the order of their index, so results do not depend on it.
 */
import { mean, variance } from '../base/sums.ts';
import { quantilePositions } from '../linalg/spectrumSummary.ts';
import { outputRange, response } from '../newtonSchulz/response.ts';
import type { NsSchedule } from '../newtonSchulz/schedule.ts';
import type { RandomHistogram, RandomSize } from '../spectra/randomSpectra.ts';
import { RECORD_QUANTILES } from '../spectra/spectrum.ts';
import { exactPosition, expectedAt, type FiniteShape, valueAt } from './randomLevels.ts';
import { limitQuantile, limitShareBelow, limitShareUpTo, type Shape } from './randomLimit.ts';

/** What is kept of one matrix. */
interface Member {
  readonly values: readonly number[];
  /** At exactly each quantile; null where there is none. */
  readonly exact: readonly (number | null)[];
  readonly smallest: number;
  readonly after: readonly { readonly values: readonly number[]; readonly below: number }[];
}

export interface RandomTally {
  /** @param singularValues of X, descending, in any scale */
  add(index: number, singularValues: Float64Array): void;
  matrices(): number;
  /** Requires at least one matrix. */
  size(): RandomSize;
  /** Share of directions below the level after schedule `k`, of each matrix. */
  sharesBelow(k: number): readonly number[];
  histograms(): readonly RandomHistogram[];
}

export interface TallyOptions {
  readonly schedules: readonly NsSchedule[];
  readonly level: number;
  /** Schedules, by index, to draw histograms after; null for none at all. */
  readonly histogramsAfter: readonly number[] | null;
}

/** Bins a decade before NS, and their lowest edge: values below it count there. */
const DECADE_BINS = 20;
const LOWEST_DECADE = -10;
/** Width of a bin after NS. */
const OUTPUT_BIN = 0.02;

/** An empty tally of matrices of one shape. */
export function createTally(shape: FiniteShape, { schedules, level, histogramsAfter }: TallyOptions): RandomTally {
  const members: (Member | undefined)[] = [];
  const positions = quantilePositions(RECORD_QUANTILES, shape.rows);
  const exactPositions = RECORD_QUANTILES.map((q) => exactPosition(q, shape));
  const counters =
    histogramsAfter === null
      ? []
      : [
          { after: null, counter: inputCounter(shape) },
          ...histogramsAfter.map((k) => ({ after: k, counter: outputCounter(schedules[k]!, shape) })),
        ];
  const known = (): Member[] => members.filter((member) => member !== undefined);
  return {
    add: (index, singularValues) => {
      const sigma = normalised(singularValues);
      const outputs = schedules.map((schedule) => response(sigma, schedule));
      for (const { after, counter } of counters) counter.count(after === null ? sigma : outputs[after]!);
      members[index] = {
        values: positions.map((position) => sigma[position]!),
        exact: exactPositions.map((position) => (position === null ? null : valueAt(position, sigma))),
        smallest: sigma.at(-1)!,
        after: outputs.map((output) => afterOf(output, positions, level)),
      };
    },
    matrices: () => known().length,
    size: () => sizeOf(shape, known(), schedules, level),
    sharesBelow: (k) => known().map(({ after }) => after[k]!.below),
    histograms: () => counters.map(({ counter }) => counter.histogram()),
  };
}

/** sigma of X / ||X||_F. */
function normalised(singularValues: Float64Array): Float64Array {
  const frobenius = Math.sqrt(singularValues.reduce((sum, value) => sum + value * value, 0));
  return singularValues.map((value) => value / frobenius);
}

function afterOf(output: readonly number[], positions: readonly number[], level: number): Member['after'][number] {
  const sorted = Float64Array.from(output).sort().reverse();
  const below = output.reduce((count, value) => count + (value < level ? 1 : 0), 0);
  return { values: positions.map((position) => sorted[position]!), below: below / output.length };
}

function sizeOf(
  shape: FiniteShape,
  members: readonly Member[],
  schedules: readonly NsSchedule[],
  level: number,
): RandomSize {
  const quantiles = RECORD_QUANTILES;
  const values = quantiles.map((_, i) => members.map((member) => member.values[i]!));
  const exact = quantiles.map((_, i) => members.flatMap((member) => member.exact[i] ?? []));
  const smallest = members.map((member) => member.smallest);
  const single = members.length < 2;
  const positions = quantilePositions(quantiles, shape.rows);
  return {
    rows: shape.rows,
    columns: shape.columns,
    matrices: members.length,
    quantiles,
    values: values.map(mean),
    standardErrors: single ? null : values.map(standardError),
    marchenkoPastur: quantiles.map((q) => limitQuantile(q, shape)),
    expected: positions.map((position) => expectedAt(position, shape)),
    exactValues: exact.map((list) => (list.length === 0 ? null : mean(list))),
    exactStandardErrors: single ? null : exact.map((list) => (list.length === 0 ? null : standardError(list))),
    smallest: mean(smallest),
    smallestStandardError: single ? null : standardError(smallest),
    afterNs: schedules.map((schedule, k) => ({
      schedule: schedule.name,
      values: quantiles.map((_, i) => mean(members.map(({ after }) => after[k]!.values[i]!))),
      below: mean(members.map(({ after }) => after[k]!.below)),
      expectedBelow: limitShareBelow(level, schedule)(shape),
    })),
  };
}

/** Of the mean of at least two values. */
function standardError(values: readonly number[]): number {
  return Math.sqrt(variance(values) / values.length);
}

interface Counter {
  count(values: ArrayLike<number>): void;
  histogram(): RandomHistogram;
}

function inputCounter(shape: Shape): Counter {
  const edges = Array.from(
    { length: -LOWEST_DECADE * DECADE_BINS + 1 },
    (_, i) => 10 ** (LOWEST_DECADE + i / DECADE_BINS),
  );
  const bin = (sigma: number): number => Math.floor((Math.log10(sigma) - LOWEST_DECADE) * DECADE_BINS);
  return counter(shape, null, edges, bin, (sigma) => limitShareUpTo(sigma, shape));
}

function outputCounter(schedule: NsSchedule, shape: Shape): Counter {
  const [low, high] = outputRange(schedule, [0, 1]);
  const first = Math.floor(low / OUTPUT_BIN);
  const bins = Math.ceil(high / OUTPUT_BIN) - first;
  const edges = Array.from({ length: bins + 1 }, (_, i) => Number(((first + i) * OUTPUT_BIN).toPrecision(12)));
  const bin = (output: number): number => Math.floor(output / OUTPUT_BIN) - first;
  return counter(shape, schedule.name, edges, bin, (output) => limitShareBelow(output, schedule)(shape));
}

/** Counts by bin; values outside the edges count in the outermost bins. Empty outer bins are not written. */
function counter(
  { rows, columns }: Shape,
  schedule: string | null,
  edges: readonly number[],
  bin: (value: number) => number,
  limitUpTo: (edge: number) => number,
): Counter {
  const counts = new Float64Array(edges.length - 1);
  return {
    count: (values) => {
      for (let i = 0; i < values.length; i++) counts[Math.min(Math.max(bin(values[i]!), 0), counts.length - 1)]! += 1;
    },
    histogram: () => {
      const total = counts.reduce((sum, count) => sum + count, 0);
      const first = counts.findIndex((count) => count > 0);
      const last = counts.findLastIndex((count) => count > 0);
      const kept = edges.slice(first, last + 2);
      const limit = kept.map(limitUpTo);
      return {
        rows,
        columns,
        schedule,
        edges: kept,
        shares: Array.from(counts.subarray(first, last + 1), (count) => count / total),
        expected: limit.slice(1).map((upTo, i) => Math.max(upTo - limit[i]!, 0)),
      };
    },
  };
}
