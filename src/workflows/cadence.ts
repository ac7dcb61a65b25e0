/**
 * How often spectra are measured: as often as wished, unless that would take too large a share of a run's time; but
 * in a short run at least twice in the window that settled values are read from.
 *
 * The choice must be the same in every study of the same ladder, so it is made from operation counts and the rates
 * below, not from a clock.
 */
import { UsageError } from '../base/errors.ts';
import { windowOf } from '../stability/fixedWindow.ts';
import type { TrainConfig } from '../train/config.ts';
import { trainingFlopsPerToken } from '../train/flops.ts';
import { gptParameters } from '../train/gpt.ts';

/** Tracking may take this share of a run's wall time; the goal is 0.03, the rest is room for other machines. */
const TRACKING_SHARE = 0.025;
/** Intervals that are tried, in steps. */
const INTERVALS: readonly number[] = [1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000];
/** Operations a second and thread on two cores of an AMD EPYC: exact spectra at n = 128, training steps at width 128. */
const SPECTRUM_RATE = 6.2e9;
/** Seconds of a thread for a matrix besides its operations: copying it, waking a worker, sending the record back. */
const SECONDS_PER_MATRIX = 1.5e-4;
const TRAINING_RATE = 61e9;

/** Spectra that the window of settled values must hold. */
const FEWEST_IN_WINDOW = 2;

/** The smallest interval of at least `wished` steps at which tracking is expected to stay cheap. */
export function trackingInterval(config: TrainConfig, wished: number): number {
  const spectra = spectrumSeconds(config);
  const step = (trainingFlopsPerToken(config.model) * tokensPerStep(config)) / TRAINING_RATE;
  const isCheap = (every: number): boolean => spectra / (spectra + every * step) < TRACKING_SHARE;
  const cheap = [wished, ...INTERVALS].find((every) => every >= wished && isCheap(every));
  return Math.min(cheap ?? Number.POSITIVE_INFINITY, longestInterval(config.steps));
}

/** Most steps between two spectra of a run whose settled values are to be read. */
export function longestInterval(steps: number): number {
  const { from, to } = windowOf(steps);
  return Math.max(1, Math.floor((to - from) / FEWEST_IN_WINDOW));
}

/** @throws UsageError if no spectrum falls into the steps that settled values are read from */
export function requireSettledSpectra(every: number, steps: number): void {
  const { from, to } = windowOf(steps);
  if (Math.floor(to / every) * every < from)
    throw new UsageError(
      `--every: expected a spectrum between step ${from} and ${to}, where settled values are read, got one every ${every} steps; use at most ${longestInterval(steps)}`,
    );
}

/** Of a thread: Gram matrix of the smaller side, tridiagonalisation, all eigenvalues of every Muon matrix. */
function spectrumSeconds({ model }: TrainConfig): number {
  return gptParameters(model)
    .filter(({ optimizer }) => optimizer === 'muon')
    .reduce((sum, { shape: [rows, columns] }) => {
      const side = Math.min(rows, columns);
      const flops = side * rows * columns + (4 / 3) * side ** 3 + 30 * side ** 2;
      return sum + flops / SPECTRUM_RATE + SECONDS_PER_MATRIX;
    }, 0);
}

function tokensPerStep({ batch, accumulation, model }: TrainConfig): number {
  return batch * accumulation * model.context;
}
