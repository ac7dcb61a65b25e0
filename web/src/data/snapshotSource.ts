/** Data that a single file embeds; nothing is live. */
import { thinByPixel } from '../../../src/store/thinColumns.ts';
import type { PageOverviewRow, PageRunSnapshot, PageSnapshot } from '../../../src/workflows/pageData.ts';
import type { PageSource } from './source.ts';

export function snapshotSource({ study, documents, fitted, runs }: PageSnapshot): PageSource {
  const runOf = (name: string): PageRunSnapshot => {
    const found = runs.find(({ run }) => run === name);
    if (found === undefined) throw new Error(`This file has no run ${name}.`);
    return found;
  };
  return {
    studies: async () => [study],
    document: async <T>(_: string, name: keyof typeof documents) => {
      if (documents[name] === undefined) throw new Error(`This file has no ${name}.`);
      return documents[name] as T; // validated by whoever wrote the file
    },
    fittedLaws: async (_, sizeConvention) => {
      const laws = fitted[sizeConvention];
      if (laws === null) throw new Error('The records in this file carry no laws: those need runs of several sizes.');
      return laws;
    },
    series: async (_, run) => runOf(run).list,
    trajectories: async (_, run, { series, quantiles }) =>
      runOf(run).trajectories.filter(({ index, quantile }) => series.includes(index) && quantiles.includes(quantile)),
    overview: async (_, run, { quantile, columns }) => overviewOf(runOf(run), quantile, columns),
    history: async (_, run, series) => {
      const found = runOf(run).histories[series];
      if (found === undefined) throw new Error(`This file has no matrix ${series} of ${run}.`);
      return found;
    },
    metrics: async (_, run) => runOf(run).metrics,
    isLive: false,
    folders: async () => [],
    listen: () => () => {},
  };
}

/** The grid at another quantile than the embedded one is put together from the trajectories. */
function overviewOf(
  { list, trajectories, overview }: PageRunSnapshot,
  quantile: number,
  columns: number,
): readonly PageOverviewRow[] {
  return list.series.map(({ index, quantiles }, row) => {
    const nearest = quantiles.reduce((best, q) => (Math.abs(q - quantile) < Math.abs(best - quantile) ? q : best));
    const embedded = overview[row];
    const found = trajectories.find((one) => one.index === index && one.quantile === nearest);
    if (embedded?.quantile === nearest || found === undefined) return embedded ?? emptyRow(index, nearest);
    const kept = thinByPixel(found.steps, found.values, columns);
    const { verdict, value, reason } = found.plateau;
    return {
      ...{ index, quantile: nearest, verdict, plateau: value, reason },
      steps: kept.map((i) => found.steps[i] ?? 0),
      values: kept.map((i) => found.values[i] ?? 0),
    };
  });
}

function emptyRow(index: number, quantile: number): PageOverviewRow {
  return { index, quantile, steps: [], values: [], verdict: null, plateau: null, reason: '' };
}
