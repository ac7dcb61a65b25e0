/** Figures of the experiments gpt and vit. */
import type { DynamicsFigure } from './experiment.ts';
import {
  LABELS,
  OPTIMIZERS,
  type Plateaus,
  type RankMeasure,
  type RatePoint,
  rankAt,
  TOLERANCE,
  widthOf,
} from './plateau.ts';
import type { SweptOptimizer } from './trainingRecord.ts';
import { QUANTILES } from './trainingSweep.ts';
import { meanSpectrum } from './trainingTables.ts';

export function lossFigure(
  experiment: string,
  points: Readonly<Record<SweptOptimizer, readonly RatePoint[]>>,
  plateaus: Plateaus,
): DynamicsFigure {
  return {
    name: `${experiment}-rates`,
    title: 'Validation loss by learning rate',
    description:
      'Mean validation loss over seeds with 95 % intervals for both optimizers; dashed lines mark each plateau. Rates that diverged are left out.',
    x: { label: 'learning rate', scale: 'log' },
    y: { label: 'validation loss, nats', scale: 'linear' },
    series: OPTIMIZERS.flatMap((optimizer, colour) => {
      const plateau = plateaus[optimizer];
      const level = plateau?.best.loss ? plateau.best.loss.mean + TOLERANCE : null;
      return [
        {
          label: LABELS[optimizer],
          colour,
          mark: 'line' as const,
          points: points[optimizer].flatMap(({ rate, loss }) =>
            loss === null ? [] : [{ x: rate, y: loss.mean, low: loss.low, high: loss.high }],
          ),
        },
        ...(plateau && level !== null
          ? [
              {
                label: `${LABELS[optimizer]}, plateau of ${widthOf(plateau)}`,
                mark: 'dash' as const,
                colour,
                points: [
                  { x: plateau.low, y: level },
                  { x: plateau.high, y: level },
                ],
              },
            ]
          : []),
      ];
    }),
  };
}

export function rankFigure(experiment: string, plateaus: Plateaus, measure: RankMeasure): DynamicsFigure {
  const name = measure === 'stableRank' ? 'stable rank' : 'effective rank';
  return {
    name: `${experiment}-${name.replace(' ', '-')}`,
    title: `${name.charAt(0).toUpperCase()}${name.slice(1)} of the weights over training`,
    description: `Mean ${name} of all hidden matrices over seeds, each optimizer at its best rate.`,
    x: { label: 'step', scale: 'linear' },
    y: { label: name, scale: 'linear' },
    series: OPTIMIZERS.flatMap((optimizer) => {
      const best = plateaus[optimizer]?.best;
      if (!best) return [];
      const steps = [...new Set(best.records.flatMap(({ ranks }) => ranks.map(({ step }) => step)))].sort(
        (a, b) => a - b,
      );
      return [
        {
          label: LABELS[optimizer],
          mark: 'line' as const,
          points: steps.map((step) => {
            const { mean: y, low, high } = rankAt(best, measure, step);
            return { x: step, y, low, high };
          }),
        },
      ];
    }),
  };
}

export function spectrumFigure(experiment: string, plateaus: Plateaus, kind: 'momentum' | 'update'): DynamicsFigure {
  return {
    name: `${experiment}-${kind}-spectrum`,
    title: `Spectrum of the ${kind}`,
    description: `Singular values of the ${kind} over its Frobenius norm by quantile of the descending spectrum, last step, mean over hidden matrices and seeds.`,
    x: { label: 'quantile of the descending spectrum', scale: 'linear' },
    y: { label: 'singular value / Frobenius norm', scale: 'log' },
    series: OPTIMIZERS.flatMap((optimizer) => {
      const values = meanSpectrum(plateaus[optimizer], kind);
      return values === null
        ? []
        : [
            {
              label: LABELS[optimizer],
              mark: 'line' as const,
              points: QUANTILES.map((x, i) => ({ x, y: values[i] })),
            },
          ];
    }),
  };
}
