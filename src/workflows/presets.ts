/** The ladders that `study` offers, and how a ladder becomes runs. */
import { UsageError } from '../base/errors.ts';
import { scheduleOf } from '../newtonSchulz/catalogue.ts';
import { gptParams } from '../scaling/sizes.ts';
import type { StudyRun } from '../store/study.ts';
import type { GptConfig, TrainConfig } from '../train/config.ts';

/** A {@link trainConfig} whose schedule is named as in `muonscope ns show`. */
export function catalogueSchedule(name: string, steps?: number): TrainConfig['muon']['schedule'] {
  return scheduleOf(name, steps);
}

/** One rung: layers x width. */
export interface Rung {
  readonly layers: number;
  readonly width: number;
}

export interface Preset {
  readonly name: string;
  readonly description: string;
  readonly rungs: readonly Rung[];
  readonly headSize: number;
  readonly context: number;
  readonly batch: number;
  readonly steps: number;
  /** Steps between two spectra, unless that takes too large a share of the time. */
  readonly every: number;
  readonly validationSequences: number;
}

export const PRESETS: readonly Preset[] = [
  {
    name: 'smoke',
    description: 'four tiny models, to see that everything works; its laws mean little',
    rungs: [
      { layers: 4, width: 32 },
      { layers: 4, width: 48 },
      { layers: 4, width: 64 },
      { layers: 4, width: 96 },
    ],
    headSize: 16,
    context: 64,
    batch: 8,
    steps: 150,
    every: 5,
    validationSequences: 32,
  },
  {
    name: 'quick',
    description: 'the whole phenomenon on a laptop',
    rungs: [32, 48, 64, 96, 128, 192].map((width) => ({ layers: 4, width })),
    headSize: 16,
    context: 128,
    batch: 16,
    steps: 400,
    every: 5,
    validationSequences: 64,
  },
  {
    name: 'full',
    description: 'eight layers over two decades; hours on a laptop',
    rungs: [32, 48, 64, 96, 128, 192, 256].map((width) => ({ layers: 8, width })),
    headSize: 16,
    context: 128,
    batch: 32,
    steps: 1500,
    every: 5,
    validationSequences: 128,
  },
];

/** What a single run falls back on; not offered by name. */
export const SINGLE_RUN: Preset = {
  name: 'train',
  description: 'one model',
  rungs: [],
  headSize: 32,
  context: 128,
  batch: 16,
  steps: 400,
  every: 5,
  validationSequences: 64,
};

/** @throws UsageError listing the presets there are */
export function presetNamed(name: string): Preset {
  const preset = PRESETS.find((candidate) => candidate.name === name);
  if (!preset)
    throw new UsageError(`--preset: unknown preset "${name}"; there are ${PRESETS.map((p) => p.name).join(', ')}`);
  return preset;
}

/** What a ladder is trained with besides its sizes; see {@link trainConfig}. */
export interface TrainingChoices {
  readonly headSize: number;
  readonly context: number;
  readonly batch: number;
  readonly accumulation?: number;
  readonly steps: number;
  readonly seed: number;
  readonly vocabulary: number;
  readonly validationSequences: number;
  readonly muonLearningRate?: number;
  readonly momentum?: number;
  readonly convention?: 'average' | 'sum';
  readonly nesterov?: boolean;
  readonly updateScale?: 'original' | 'rms';
  readonly warmupSteps?: number;
  readonly schedule?: TrainConfig['muon']['schedule'];
  /** Share of directions of the exact polar factor, instead of Newton-Schulz. */
  readonly rank?: number;
}

/** Validation losses over a run. */
const VALIDATIONS = 8;

/**
 * The training recipe of arXiv:2606.04058 at laptop size: plain momentum 0.95, five quintic steps of You, AdamW
 * for embedding and head, constant rate with a linear decay over the last tenth.
 */
export function trainConfig({ layers, width }: Rung, choices: TrainingChoices): TrainConfig {
  const { headSize, context, vocabulary, steps } = choices;
  const model: GptConfig = { layers, width, headSize, context, vocabulary };
  return {
    model,
    muon: {
      learningRate: choices.muonLearningRate ?? 0.02,
      momentum: choices.momentum ?? 0.95,
      convention: choices.convention ?? 'sum',
      nesterov: choices.nesterov ?? false,
      weightDecay: 0.01,
      updateScale: choices.updateScale ?? 'original',
      schedule: choices.schedule ?? scheduleOf('you5', 5),
      schedules: {},
      ...(choices.rank === undefined ? {} : { rank: choices.rank }),
    },
    adamw: { learningRate: 0.002, betas: [0.9, 0.95], epsilon: 1e-8, weightDecay: 0.01 },
    rate: { warmupSteps: choices.warmupSteps ?? 0, decayShare: 0.1 },
    steps,
    batch: choices.batch,
    accumulation: choices.accumulation ?? 1,
    seed: choices.seed,
    validateEvery: Math.max(1, Math.ceil(steps / VALIDATIONS)),
    validationSequences: choices.validationSequences,
  };
}

/** A rung as a run of a study. */
export function studyRun(rung: Rung, config: TrainConfig, every: number): StudyRun {
  return { run: `${rung.layers}x${rung.width}`, config, ...gptParams(config.model), every };
}
