/** Tables of the experiments gpt and vit. */
import { mean } from '../base/sums.ts';
import type { DynamicsTable } from './experiment.ts';
import { LABELS, OPTIMIZERS, type Plateau, type Plateaus, type RatePoint, rankAtEnd, TOLERANCE } from './plateau.ts';
import type { SweptOptimizer } from './trainingRecord.ts';
import { QUANTILES } from './trainingSweep.ts';

export function ratesTable(
  experiment: string,
  points: Readonly<Record<SweptOptimizer, readonly RatePoint[]>>,
): DynamicsTable {
  return {
    name: `${experiment}-rates`,
    caption: 'Validation loss by learning rate, mean and 95 % interval over seeds',
    columns: ['optimizer', 'rate', 'loss', 'low', 'high', 'diverged runs'],
    rows: OPTIMIZERS.flatMap((optimizer) =>
      points[optimizer].map(({ rate, loss, records }) => [
        LABELS[optimizer],
        rate,
        loss?.mean ?? null,
        loss?.low ?? null,
        loss?.high ?? null,
        records.filter(({ divergedAt }) => divergedAt !== null).length,
      ]),
    ),
  };
}

export function bestTable(experiment: string, plateaus: Plateaus): DynamicsTable {
  return {
    name: `${experiment}-best`,
    caption: `Each optimizer at its best rate; the plateau is within ${TOLERANCE} nats of the best loss`,
    columns: ['optimizer', 'best rate', 'loss', 'plateau from', 'to', 'decades', 'stable rank', 'effective rank'],
    rows: OPTIMIZERS.flatMap((optimizer) => {
      const plateau = plateaus[optimizer];
      if (plateau === null) return [];
      const { best, low, high, decades } = plateau;
      const ranks = (['stableRank', 'effectiveRank'] as const).map((measure) => rankAtEnd(best, measure).mean);
      return [[LABELS[optimizer], best.rate, best.loss?.mean ?? null, low, high, decades, ...ranks]];
    }),
  };
}

export function spectraTable(experiment: string, plateaus: Plateaus): DynamicsTable {
  return {
    name: `${experiment}-spectra`,
    caption: 'Singular values over the Frobenius norm by quantile, last step, mean over hidden matrices and seeds',
    columns: ['optimizer', 'matrix', ...QUANTILES.map((q) => `q = ${q}`)],
    rows: OPTIMIZERS.flatMap((optimizer) =>
      (['momentum', 'update', 'weights'] as const).flatMap((kind) => {
        const values = meanSpectrum(plateaus[optimizer], kind);
        return values === null ? [] : [[LABELS[optimizer], kind, ...values]];
      }),
    ),
  };
}

export function meanSpectrum(
  plateau: Plateau | null,
  kind: 'momentum' | 'update' | 'weights',
): readonly number[] | null {
  const spectra = plateau?.best.records.flatMap((record) => record.spectra.filter((s) => s.kind === kind)) ?? [];
  return spectra.length === 0 ? null : QUANTILES.map((_, i) => mean(spectra.map(({ values }) => values[i])));
}
