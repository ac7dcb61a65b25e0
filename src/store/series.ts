/** What dashboards draw of a run: numbers by step, each under a name. */
import type { Spectrum } from '../spectra/spectrum.ts';
import type { RunRecords } from './runFolder.ts';
import type { MetricsRecord } from './study.ts';

/** All numbers of one step. */
export interface SeriesStep {
  readonly step: number;
  /** Seconds of training up to the end of this step; null where they are not known. */
  readonly seconds: number | null;
  /** Finite numbers by name, "layers.3.attn.q/q0.5"; what stands before the slash is a group. */
  readonly values: ReadonlyMap<string, number>;
}

/** Steps ascend, each once. Metrics come before spectra. */
export function seriesOf(run: RunRecords): readonly SeriesStep[] {
  const steps = new Map<number, Map<string, number>>();
  const at = (step: number): Map<string, number> => {
    const values = steps.get(step) ?? new Map<string, number>();
    steps.set(step, values);
    return values;
  };
  const seconds = new Map<number, number>();
  let elapsed = 0;
  for (const record of run.origin === 'trained' ? run.metrics : []) {
    elapsed += record.seconds + record.trackingSeconds;
    seconds.set(record.step, elapsed);
    addFinite(at(record.step), metricsValues(record));
  }
  for (const spectrum of run.spectra) addFinite(at(spectrum.step), spectrumValues(spectrum));
  return [...steps]
    .sort(([a], [b]) => a - b)
    .map(([step, values]) => ({ step, seconds: seconds.get(step) ?? null, values }));
}

function metricsValues({ loss, validationLoss, lr, tokens }: MetricsRecord): Record<string, number | null> {
  return {
    'training/loss': loss,
    'training/validation_loss': validationLoss,
    'training/learning_rate': lr,
    'training/tokens': tokens,
  };
}

function spectrumValues({ name, stage, quantiles, values, ...spectrum }: Spectrum): Record<string, number | null> {
  const group = stage === 'nesterov' ? name : `${name} (buffer)`;
  return {
    ...Object.fromEntries(quantiles.map((q, i) => [`${group}/q${q}`, values[i] ?? null])),
    [`${group}/smallest`]: spectrum.smallest,
    [`${group}/spectral`]: spectrum.spectral,
    [`${group}/stable_rank`]: spectrum.stableRank,
    [`${group}/effective_rank`]: spectrum.effectiveRank,
    [`${group}/outlier_share`]: spectrum.outlierShare,
    [`${group}/frobenius`]: spectrum.frobenius,
  };
}

function addFinite(values: Map<string, number>, added: Record<string, number | null>): void {
  for (const [name, value] of Object.entries(added))
    if (value !== null && Number.isFinite(value)) values.set(name, value);
}
