/**
 * Sweeps of learning rates: the same model, tokens and schedule under Muon and under AdamW.
 *
 * Rates are spaced evenly in the logarithm over three decades for either optimizer, so that widths of plateaus compare. In a Muon
 * run embedding and head keep AdamW at a fixed rate; in an AdamW run every matrix has the rate of the grid.
 */
import { TrainingError } from '../base/errors.ts';
import type { Matrix } from '../linalg/matrix.ts';
import { singularValues } from '../linalg/singularValues.ts';
import { effectiveRank, frobeniusNorm, stableRank } from '../linalg/spectrumMeasures.ts';
import { quantilePositions } from '../linalg/spectrumSummary.ts';
import { scheduleOf } from '../newtonSchulz/catalogue.ts';
import type { GptConfig, Recipe } from '../train/config.ts';
import type { HiddenMatrix, Trainer } from '../train/trainer.ts';
import type { VitConfig } from '../train/vit.ts';
import type { ExperimentSize } from './experiment.ts';
import type { RankRecord, SpectrumOfRun, SweptOptimizer, TrainingRecord } from './trainingRecord.ts';

/** Quantiles of SpectrumOfRun, of the descending spectrum. */
export const QUANTILES: readonly number[] = [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99];

export interface TrainingRun {
  readonly id: string;
  readonly optimizer: SweptOptimizer;
  readonly rate: number;
  readonly seed: number;
  /** As in TrainingRecord. */
  readonly share: number | null;
}

/** What all runs of a sweep have in common. */
export interface TrainingSweepPlan<M> {
  readonly model: M;
  readonly steps: number;
  readonly batch: number;
  readonly validation: number;
  readonly rates: Readonly<Record<SweptOptimizer, readonly number[]>>;
  readonly seeds: number;
  /** Shares of directions kept in the rank-p ablation; none to leave it out. */
  readonly shares: readonly number[];
}

/** GPT without its vocabulary, which the text decides. */
export type SweptGpt = Omit<GptConfig, 'vocabulary'>;
/** ViT without what the images decide. */
export type SweptVit = Omit<VitConfig, 'side' | 'channels' | 'classes'>;

/** `count` rates a factor sqrt(10) or so apart, from `first` over three decades. */
function decades(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => Number((first * 1000 ** (i / (count - 1))).toPrecision(3)));
}

/** Shares of the rank-p ablation in arXiv:2606.04058, and the whole. */
const SHARES = [1, 0.5, 0.25, 0.1];

const RATES = { muon: decades(1e-3, 7), adamw: decades(1e-4, 7) };

export const GPT_PLANS: Readonly<Record<ExperimentSize, TrainingSweepPlan<SweptGpt>>> = {
  smoke: {
    model: { layers: 2, width: 32, headSize: 16, context: 32 },
    ...{ steps: 60, batch: 8, validation: 32, rates: RATES, seeds: 1, shares: SHARES },
  },
  quick: {
    model: { layers: 3, width: 48, headSize: 16, context: 64 },
    ...{ steps: 150, batch: 16, validation: 64, rates: RATES, seeds: 3, shares: SHARES },
  },
  full: {
    model: { layers: 6, width: 128, headSize: 32, context: 128 },
    ...{ steps: 1000, batch: 32, validation: 128, seeds: 3, shares: SHARES },
    rates: { muon: decades(1e-3, 9), adamw: decades(1e-4, 9) },
  },
};

export const VIT_PLANS: Readonly<Record<ExperimentSize, TrainingSweepPlan<SweptVit>>> = {
  smoke: {
    model: { layers: 2, width: 32, headSize: 16, patch: 4 },
    ...{ steps: 80, batch: 32, validation: 256, rates: RATES, seeds: 1, shares: [] },
  },
  quick: {
    model: { layers: 3, width: 48, headSize: 16, patch: 4 },
    ...{ steps: 300, batch: 64, validation: 512, rates: RATES, seeds: 3, shares: [] },
  },
  full: {
    model: { layers: 6, width: 128, headSize: 32, patch: 4 },
    ...{ steps: 1000, batch: 128, validation: 2048, seeds: 3, shares: [] },
    rates: { muon: decades(1e-3, 9), adamw: decades(1e-4, 9) },
  },
};

/** Rate of the rank-p ablation. */
const SHARE_RATE = 0.01;

/** Every optimizer, rate and seed, then every share and seed. */
export function trainingRuns(
  { rates, seeds, shares }: TrainingSweepPlan<unknown>,
  seed: number,
): readonly TrainingRun[] {
  return Array.from({ length: seeds }, (_, k) => seed + k).flatMap((runSeed) => [
    ...(['muon', 'adamw'] as const).flatMap((optimizer) =>
      rates[optimizer].map((rate) => ({
        id: `${optimizer} rate ${rate} seed ${runSeed}`,
        ...{ optimizer, rate, seed: runSeed, share: null },
      })),
    ),
    ...shares.map((share) => ({
      id: `muon rate ${SHARE_RATE} seed ${runSeed} share ${share}`,
      ...{ optimizer: 'muon' as const, rate: SHARE_RATE, seed: runSeed, share },
    })),
  ]);
}

/** Rate of embedding and head in a Muon run: near the best of AdamW on these models, so that only the hidden matrices differ there. */
const OUTSIDE_RATE = 0.01;
/** Validation losses over a run, and steps at which ranks are taken. */
const VALIDATIONS = 8;

/** The recipe of a run: that of arXiv:2606.04058 but for the rate and, under AdamW, the optimizer of the hidden matrices. */
export function recipeOf({ steps, batch, validation }: TrainingSweepPlan<unknown>, run: TrainingRun): Recipe {
  return {
    muon: {
      learningRate: run.rate,
      momentum: 0.95,
      convention: 'sum',
      nesterov: false,
      weightDecay: 0.01,
      updateScale: 'original',
      schedule: scheduleOf('you5', 5),
      schedules: {},
      ...(run.share === null ? {} : { rank: run.share }),
    },
    adamw: {
      learningRate: run.optimizer === 'adamw' ? run.rate : OUTSIDE_RATE,
      betas: [0.9, 0.95],
      epsilon: 1e-8,
      weightDecay: 0.01,
    },
    rate: { warmupSteps: 0, decayShare: 0.1 },
    steps,
    batch,
    accumulation: 1,
    seed: run.seed,
    validateEvery: Math.max(1, Math.ceil(steps / VALIDATIONS)),
    validationSequences: validation,
  };
}

/**
 * Trains to the end, or to where the loss is no longer finite, which is a result as well.
 *
 * @returns null if `signal` was aborted
 */
export async function trainAndMeasure<C extends Recipe>(
  run: TrainingRun,
  trainer: Trainer<C>,
  signal: AbortSignal,
): Promise<TrainingRecord | null> {
  const { id, optimizer, rate, seed, share } = run;
  const curve: { step: number; loss: number }[] = [];
  const ranks: RankRecord[] = [...ranksOf(trainer.hidden(), 0)];
  const ended = (divergedAt: number | null, spectra: readonly SpectrumOfRun[]): TrainingRecord => ({
    ...{ id, optimizer, rate, seed, share, divergedAt, curve, ranks, spectra },
    validationLoss: divergedAt === null ? (curve.at(-1)?.loss ?? null) : null,
  });
  while (trainer.step < trainer.config.steps) {
    if (signal.aborted) return null;
    const step = trainer.step + 1;
    const loss = await advance(trainer);
    if (loss === 'diverged') return ended(step, []);
    if (loss === null) continue;
    curve.push({ step, loss });
    ranks.push(...ranksOf(trainer.hidden(), step));
  }
  return ended(null, spectraOf(trainer.hidden()));
}

/** The validation loss if one was due. */
async function advance<C extends Recipe>(trainer: Trainer<C>): Promise<number | null | 'diverged'> {
  try {
    const { validationLoss } = await trainer.advance();
    return validationLoss === null || isBounded(validationLoss, trainer.hidden()) ? validationLoss : 'diverged';
  } catch (error) {
    if (error instanceof TrainingError) return 'diverged';
    throw error;
  }
}

/** Whether loss and weights are finite: singular values of anything else do not exist. */
function isBounded(loss: number, hidden: readonly HiddenMatrix[]): boolean {
  return Number.isFinite(loss) && hidden.every(({ weights }) => Number.isFinite(frobeniusNorm(weights.data)));
}

function ranksOf(hidden: readonly HiddenMatrix[], step: number): readonly RankRecord[] {
  return hidden.map(({ parameter: { name, role, layer }, weights }) => {
    const sigma = singularValues(weights);
    return { step, name, role, layer: layer ?? 0, stableRank: stableRank(sigma), effectiveRank: effectiveRank(sigma) };
  });
}

function spectraOf(hidden: readonly HiddenMatrix[]): readonly SpectrumOfRun[] {
  return hidden.flatMap(({ parameter: { name, role, layer }, weights, previous, momentum }) => {
    const update = { ...weights, data: weights.data.map((value, i) => value - previous.data[i]) };
    const matrices = { momentum, update, weights } as const;
    return (['momentum', 'update', 'weights'] as const).map((kind) => ({
      ...{ kind, name, role, layer: layer ?? 0 },
      values: normalisedQuantiles(matrices[kind]),
    }));
  });
}

function normalisedQuantiles(matrix: Matrix): readonly number[] {
  const sigma = singularValues(matrix);
  const norm = frobeniusNorm(sigma);
  return quantilePositions(QUANTILES, sigma.length).map((i) => (norm === 0 ? 0 : sigma[i] / norm));
}
