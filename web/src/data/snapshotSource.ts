/** Data that a single file embeds; nothing is live. */
import type { PageRunSnapshot, PageSnapshot } from '../../../src/workflows/pageData.ts';
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
    history: async (_, run, series) => {
      const found = runOf(run).histories[series];
      if (found === undefined) throw new Error(`This file has no matrix ${series} of ${run}.`);
      return found;
    },
    metrics: async (_, run) => runOf(run).metrics,
    listen: () => () => {},
  };
}
