/**
 * How often spectra are measured: as often as wished, unless that would take too large a share of a run's time.
 *
 * The choice must be the same in every study of the same ladder, so it is made from operation counts and the rates
 * below, not from a clock.
 */
import type { TrainConfig } from '../train/config.ts';
import { trainingFlopsPerToken } from '../train/flops.ts';
import { gptParameters } from '../train/gpt.ts';

/** Tracking may take this share of a run's wall time; the goal is 0.03, the rest is room for other machines. */
const TRACKING_SHARE = 0.025;
/** Intervals that are tried, in steps. */
const INTERVALS: readonly number[] = [1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000];
/** Operations a second and thread on two cores of an AMD EPYC: exact spectra at n = 128, training steps at width 128. */
const SPECTRUM_RATE = 6.2e9;
const TRAINING_RATE = 61e9;

/** The smallest interval of at least `wished` steps at which tracking is expected to stay cheap. */
export function trackingInterval(config: TrainConfig, wished: number): number {
  const spectra = spectrumFlops(config) / SPECTRUM_RATE;
  const step = (trainingFlopsPerToken(config.model) * tokensPerStep(config)) / TRAINING_RATE;
  const isCheap = (every: number): boolean => spectra / (spectra + every * step) < TRACKING_SHARE;
  if (isCheap(wished)) return wished;
  return INTERVALS.find((every) => every > wished && isCheap(every)) ?? Math.max(wished, INTERVALS.at(-1)!);
}

/** Gram matrix of the smaller side, tridiagonalisation, all eigenvalues. */
function spectrumFlops({ model }: TrainConfig): number {
  return gptParameters(model)
    .filter(({ optimizer }) => optimizer === 'muon')
    .reduce((sum, { shape: [rows, columns] }) => {
      const side = Math.min(rows, columns);
      return sum + side * rows * columns + (4 / 3) * side ** 3 + 30 * side ** 2;
    }, 0);
}

function tokensPerStep({ batch, accumulation, model }: TrainConfig): number {
  return batch * accumulation * model.context;
}
