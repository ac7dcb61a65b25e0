/** A run in one line: what `study --json` says of it. */
import { median } from '../base/sums.ts';
import type { MetricsRecord, RunSummary, TrainedRun } from '../store/study.ts';
import { trainingFlopsPerToken } from '../train/flops.ts';

/** Share of the last steps whose mean training loss is the final loss: one batch alone is noise. */
const FINAL_SHARE = 0.05;

/**
 * @param metrics at least one step
 * @returns rates from median step times; `gflops` counts forward and gradients over their own time
 */
export function summariseRun(run: TrainedRun, metrics: readonly MetricsRecord[]): RunSummary {
  const { config } = run;
  const last = metrics.slice(-Math.max(1, Math.round(FINAL_SHARE * metrics.length)));
  const tokensPerStep = config.batch * config.accumulation * config.model.context;
  const total = (of: (record: MetricsRecord) => number): number => metrics.reduce((sum, r) => sum + of(r), 0);
  const tracking = total((r) => r.trackingSeconds);
  const flops = trainingFlopsPerToken(config.model) * tokensPerStep;
  return {
    run: run.run,
    params: run.params,
    nonEmbeddingParams: run.nonEmbeddingParams,
    steps: metrics.length,
    tokens: metrics.at(-1)?.tokens ?? 0,
    finalLoss: last.reduce((sum, { loss }) => sum + loss, 0) / last.length,
    validationLoss: metrics.findLast(({ validationLoss }) => validationLoss !== null)?.validationLoss ?? null,
    tokensPerSecond: tokensPerStep / median(metrics.map(({ seconds }) => seconds)),
    gflops: flops / median(metrics.map(({ gradientSeconds }) => gradientSeconds)) / 1e9,
    trackingShare: tracking / (tracking + total((r) => r.seconds)),
  };
}
