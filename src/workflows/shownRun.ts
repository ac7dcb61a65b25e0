/** One run that is shown: what has been read of it, and the answers about it. */
import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { findPlateau } from '../stability/findPlateau.ts';
import type { Plateau } from '../stability/plateau.ts';
import type { SeriesColumns } from '../store/growingSeries.ts';
import { openSpectraColumns } from '../store/spectraColumns.ts';
import type { RunDescription } from '../store/study.ts';
import { thinByPixel } from '../store/thinColumns.ts';
import { isInside } from './insideFolder.ts';
import type { PageHistory, PageMetrics, PageOverviewRow, PageSeriesList, PageTrajectory } from './pageData.ts';
import { openMetrics } from './shownMetrics.ts';

export interface TrajectoryRequest {
  readonly indices: readonly number[];
  readonly quantiles: readonly number[];
  readonly columns: number;
}

export interface OverviewRequest {
  readonly quantile: number;
  readonly columns: number;
}

/** A run whose files may grow, shrink, break or vanish; only a request for an absent series throws. */
export interface ShownRun {
  readonly description: RunDescription;
  /** Spectra read. */
  readonly records: number;
  /** Reads spectra until so long. @returns whether there is more to read now */
  grow(until: number): boolean;
  /** Reads new losses. @returns whether there were some */
  growMetrics(): boolean;
  series(): PageSeriesList;
  trajectories(request: TrajectoryRequest): readonly PageTrajectory[];
  overview(request: OverviewRequest): readonly PageOverviewRow[];
  history(index: number, most: number): PageHistory;
  metrics(columns: number): PageMetrics;
}

/** A verdict is found anew when a series has grown by this share, or after so many milliseconds. */
const GROWN = 0.02;
const STALE = 5000;
/** Milliseconds in which a writer ends a line it has begun. */
const REST = 5000;

/** @param root the study's folder, without links: files that links lead out of it are not read */
export function openShownRun(folder: string, root: string, description: RunDescription): ShownRun {
  const paths = { spectra: join(folder, 'spectra.jsonl'), metrics: join(folder, 'metrics.jsonl') };
  const spectra = openSpectraColumns(paths.spectra);
  const metrics = openMetrics(paths.metrics);
  const plateaus = new Map<string, { readonly count: number; readonly found: number; readonly plateau: Plateau }>();
  const failures = new Map<string, string>();

  /** Whether there is more to read of the spectra now; half a line at the end is none. */
  let isBehind = true;
  const failuresOf = (path: string): readonly string[] => [failures.get(path)].filter((one) => one !== undefined);

  /** Links are looked at anew before each read: a file may have been replaced by one. */
  const read = <T>(path: string, missing: T, body: () => T): T => {
    try {
      const value = isInside(path, root) ? body() : missing;
      failures.delete(path);
      return value;
    } catch (error) {
      failures.set(path, `${basename(path)} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
      return missing;
    }
  };

  const plateauOf = (index: number, series: SeriesColumns, quantile: number, column: Float32Array): Plateau => {
    const key = `${index} ${quantile}`;
    const known = plateaus.get(key);
    const now = performance.now();
    const isFresh = known && (series.count === known.count || now - known.found < STALE);
    if (known && isFresh && series.count >= known.count && series.count <= known.count * (1 + GROWN))
      return known.plateau;
    const plateau = findPlateauOf(description, series, quantile, column);
    plateaus.set(key, { count: series.count, found: now, plateau });
    return plateau;
  };

  return {
    description,
    get records() {
      return spectra.records;
    },
    grow: (until) => {
      isBehind = read(paths.spectra, false, () => spectra.grow(until));
      return isBehind;
    },
    growMetrics: () => read(paths.metrics, false, () => metrics.grow()),
    series: () => ({
      series: spectra.series.map((_, index) => pageSeries(index, spectra.columns(index))),
      records: spectra.records,
      reading: { read: isBehind ? spectra.read : spectra.size, size: spectra.size },
      damaged: [
        ...failuresOf(paths.spectra),
        ...(!isBehind && spectra.read < spectra.size && isAtRest(paths.spectra)
          ? ['spectra.jsonl ends in half a line, which is left out: its writer was ended, and resuming it mends that']
          : []),
        ...(spectra.records > 0 && !isInside(paths.spectra, root)
          ? ['spectra.jsonl is gone; what was read of it is shown']
          : []),
        ...spectra.damaged.map(({ line, reason }) => `spectra.jsonl line ${line}: ${reason}`),
        ...(spectra.damagedLines > spectra.damaged.length
          ? [`spectra.jsonl: ${spectra.damagedLines} lines hold no spectrum; those above are the first`]
          : []),
      ],
    }),
    trajectories: ({ indices, quantiles, columns }) =>
      indices.flatMap((index) => {
        const series = spectra.columns(index);
        return quantiles.flatMap((quantile) => {
          const column = series.values[series.quantiles.indexOf(quantile)];
          if (column === undefined) return [];
          const plateau = plateauOf(index, series, quantile, column);
          return { index, quantile, ...thinned(series.steps, column, columns), plateau };
        });
      }),
    overview: ({ quantile, columns }) => {
      return spectra.series.map((_, index) => {
        const series = spectra.columns(index);
        const used = nearest(series.quantiles, quantile);
        const column = series.values[used] ?? new Float32Array(series.count);
        const { verdict, value, reason } = isBehind
          ? { verdict: null, value: null, reason: '' }
          : plateauOf(index, series, series.quantiles[used] ?? quantile, column);
        const plateau = value === null ? null : short(value);
        return {
          ...{ index, quantile: series.quantiles[used] ?? quantile, verdict, plateau, reason },
          ...thinned(series.steps, column, columns),
        };
      });
    },
    history: (index, most) => historyOf(spectra.columns(index), index, most),
    metrics: (columns) => {
      read(paths.metrics, false, () => metrics.grow());
      const isMissing = description.origin === 'trained' && !existsSync(paths.metrics) && isInside(paths.spectra, root);
      return {
        ...metrics.thinned(description.run, columns),
        damaged: [
          ...failuresOf(paths.metrics),
          ...(isMissing ? ['metrics.jsonl is missing, and its losses with it'] : []),
          ...(metrics.damagedLines > 0
            ? [`metrics.jsonl: lines that hold no step are left out, ${metrics.damagedLines} so far`]
            : []),
        ],
      };
    },
  };
}

function pageSeries(index: number, columns: SeriesColumns) {
  const { count, steps, values, measures, name, role, layer, depth, stage, shape, quantiles } = columns;
  const last = count - 1;
  return {
    ...{ index, name, role, layer, depth, stage, shape, quantiles },
    records: count,
    lastStep: steps[last] ?? 0,
    median: short(values[nearest(quantiles, 0.5)]?.[last] ?? 0) ?? 0,
    outlierShare: short(measures.outlierShare[last] ?? 0) ?? 0,
  };
}

function thinned(steps: Float64Array, column: Float32Array, columns: number) {
  const kept = thinByPixel(steps, column, columns);
  return { steps: kept.map((i) => steps[i]!), values: kept.map((i) => short(column[i]!) ?? 0) }; // thinned to finite samples
}

function nearest(values: readonly number[], wanted: number): number {
  return values.reduce((best, value, i) => (Math.abs(value - wanted) < Math.abs(values[best]! - wanted) ? i : best), 0);
}

/** Whether a file was last written to a while ago; a writer between two writes of a line is not at rest. */
function isAtRest(path: string): boolean {
  const entry = statSync(path, { throwIfNoEntry: false });
  return entry !== undefined && Date.now() - entry.mtimeMs > REST;
}

/** Five digits: a hundredth of a pixel, half the bytes. */
function short(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(5)) : null;
}

/** What the report says of it: the learning-rate decay of a run that was trained here never counts. */
function findPlateauOf(
  description: RunDescription,
  series: SeriesColumns,
  quantile: number,
  column: Float32Array,
): Plateau {
  const { run, params, nonEmbeddingParams } = description;
  const { role, layer, depth, shape } = series;
  const at = Array.from(column.keys()).filter((i) => column[i]! > 0);
  const steps = at.map((i) => series.steps[i]!);
  const values = at.map((i) => column[i]!);
  const identity = { run, params, nonEmbeddingParams, role, layer, depth, shape, quantile };
  if (description.origin === 'observed') return findPlateau({ ...identity, steps, values });
  const { config } = description;
  return findPlateau(
    { ...identity, steps, values },
    { until: Math.floor(config.steps * (1 - config.rate.decayShare)) },
  );
}

function historyOf(
  { count, steps, values, measures, quantiles, floor }: SeriesColumns,
  index: number,
  most: number,
): PageHistory {
  const stride = Math.max(1, (count - 1) / Math.max(1, most - 1));
  const kept = new Set<number>();
  for (let at = 0; at <= count - 1 + 1e-9; at += stride) kept.add(Math.round(at));
  const rows = [...kept];
  const pick = (column: Float32Array): number[] => rows.map((i) => short(column[i]!) ?? 0);
  return {
    index,
    quantiles,
    floor,
    steps: rows.map((i) => steps[i]!),
    values: values.map((column) => rows.map((i) => short(column[i]!))),
    spectral: pick(measures.spectral),
    smallest: pick(measures.smallest),
    stableRank: pick(measures.stableRank),
    effectiveRank: pick(measures.effectiveRank),
    outlierShare: pick(measures.outlierShare),
  };
}
