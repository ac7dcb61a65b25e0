/**
 * A study that looks like a real one, from a seed: five rungs, power laws with noise, autocorrelated trajectories.
 *
 * Only the shape of the data is realistic; no number here is evidence of anything.
 */
import { createLabelledRandom, type Random } from '../../src/base/random.ts';
import type { Cell } from '../../src/report/cells.ts';
import type { ReportData, TrackedQuantile, TrainedReportRun } from '../../src/report/reportData.ts';
import type { StudyRun, TrainedRun, TrainedStudy } from '../../src/store/study.ts';
import type { TrainConfig } from '../../src/train/config.ts';
import {
  forecastOf,
  lawsOf,
  planOf,
  QUANTILES,
  ROLES,
  responseOf,
  SCHEDULES,
  settledAt,
  TARGET,
} from './syntheticLaws.ts';

const DEPTHS: readonly number[] = [0.25, 0.5, 0.75, 1];
const SHAPES: readonly (readonly [layers: number, width: number])[] = [
  [4, 32],
  [4, 48],
  [4, 64],
  [4, 96],
  [8, 128],
];
const VOCABULARY = 256;

/** What part of the ladder and of the network to make; all by default. */
export interface StudyExtent {
  /** How many of the five rungs, smallest first. */
  readonly rungs?: number;
  readonly roles?: readonly string[];
  readonly depths?: readonly number[];
}

/** The data of a report on a ladder that was trained here. */
export interface SyntheticStudy extends ReportData {
  readonly study: TrainedStudy;
  readonly runs: readonly TrainedReportRun[];
}

export function syntheticStudy(
  seed: number,
  { rungs = SHAPES.length, roles = ROLES, depths = DEPTHS }: StudyExtent = {},
): SyntheticStudy {
  const cells = roles.flatMap((role) => depths.map((depth) => ({ role, depth })));
  const ladder = SHAPES.slice(0, rungs).map(rung);
  const runs = ladder.map((entry, i) => reportRun(entry, i, createLabelledRandom(seed, `run ${i}`)));
  const tracked = ladder.flatMap((entry) => trackedOf(entry, cells, createLabelledRandom(seed, entry.run)));
  const laws = lawsOf(ladder, cells, createLabelledRandom(seed, 'laws'), 'this study');
  const forecasts = laws.laws.map((law) => forecastOf(law));
  const plan = planOf(laws);
  return {
    study: studyOf(seed, ladder),
    runs,
    tracked,
    laws,
    forecasts,
    published: lawsOf(ladder, cells, createLabelledRandom(seed, 'published'), 'arXiv:2606.04058, Figure 16'),
    statements: [
      'The final mlp.down falls fastest: its pooled exponent lies above that of every middle-depth role, intervals apart.',
      'Final mlp.down falls faster than final mlp.up, which agrees with the labels of arXiv:2606.04058 being swapped.',
    ],
    plan,
    responses: SCHEDULES.map((schedule) => responseOf(schedule)),
    random: null,
    dynamics: [],
    command: `muonscope study --preset quick --seed ${seed} --target 1.6B`,
  };
}

/** The same runs as if they had been trained elsewhere and scanned. */
export function asObserved({ study, runs, ...data }: SyntheticStudy): ReportData {
  const { schema, created, seed, target, versions } = study;
  return {
    ...data,
    study: { schema, origin: 'observed', created, seed, target, versions },
    runs: runs.map(({ description: { run, params, nonEmbeddingParams, config } }) => ({
      origin: 'observed',
      description: { schema: 'muonscope.run/1', origin: 'observed', run, params, nonEmbeddingParams },
      model: { width: config.model.width, layers: config.model.layers },
      matrices: 24,
      steps: [100, 200, 300],
      stages: ['buffer'],
      methods: ['gram-tridiagonal-f64'],
      sources: [100, 200, 300].map((step) => ({
        schema: 'muonscope.source/1',
        kind: 'checkpoint',
        name: `${run}/step_${step}.pt`,
        format: 'torch',
        layout: 'torch.optim.Muon',
        step,
        spectra: 24,
        skipped: [],
        read: '2026-11-20T10:00:00.000Z',
      })),
    })),
    command: null,
  };
}

/** The same study before any law could be fitted. */
export function withoutLaws<D extends ReportData>(data: D): D {
  return { ...data, laws: null, forecasts: [], plan: null, responses: [], published: null, statements: [] };
}

function rung([layers, width]: readonly [number, number]): StudyRun {
  const hidden = 12 * layers * width ** 2;
  return {
    run: `${layers}x${width}`,
    config: configOf(layers, width),
    params: hidden + 2 * VOCABULARY * width,
    nonEmbeddingParams: hidden,
    every: 5,
  };
}

function configOf(layers: number, width: number): TrainConfig {
  const schedule = SCHEDULES[1]!;
  return {
    model: { layers, width, headSize: 16, context: 128, vocabulary: VOCABULARY },
    muon: {
      learningRate: 0.02,
      momentum: 0.95,
      convention: 'sum',
      nesterov: false,
      weightDecay: 0.01,
      updateScale: 'original',
      schedule,
      schedules: {},
    },
    adamw: { learningRate: 0.002, betas: [0.9, 0.95], epsilon: 1e-8, weightDecay: 0.01 },
    rate: { warmupSteps: 0, decayShare: 0.1 },
    steps: 500,
    batch: 16,
    accumulation: 1,
    seed: 1,
    validateEvery: 50,
    validationSequences: 64,
  };
}

function reportRun(entry: StudyRun, i: number, random: Random): TrainedReportRun {
  const { steps, batch, model, validateEvery } = entry.config;
  const floor = 2.05 - 0.16 * i;
  const lossAt = (step: number): number => floor + (5.55 - floor) * Math.exp(-step / 40) + 0.9 / (1 + step / 25);
  const metrics = Array.from({ length: steps }, (_, step) => ({
    step,
    loss: lossAt(step) + 0.05 * random.gaussian(),
    validationLoss: (step + 1) % validateEvery === 0 ? lossAt(step) + 0.03 : null,
    lr: 0.02,
    tokens: (step + 1) * batch * model.context,
    seconds: 0.05 * (i + 1),
    gradientSeconds: 0.04 * (i + 1),
    trackingSeconds: 0.001,
  }));
  const last = metrics.at(-1)!;
  return {
    origin: 'trained',
    description: runDescription(entry),
    metrics,
    summary: {
      run: entry.run,
      params: entry.params,
      nonEmbeddingParams: entry.nonEmbeddingParams,
      steps,
      tokens: last.tokens,
      finalLoss: last.loss,
      validationLoss: last.validationLoss,
      tokensPerSecond: (batch * model.context) / last.seconds,
      gflops: 41.5 + 13 * i,
      trackingShare: 0.021,
    },
  };
}

function runDescription(entry: StudyRun): TrainedRun {
  return {
    ...entry,
    schema: 'muonscope.run/1',
    origin: 'trained',
    engine: 'onnxruntime-node cpu',
    corpusSha256: 'c0ffee'.repeat(10),
    parameters: [],
  };
}

function trackedOf(entry: StudyRun, cells: readonly Cell[], random: Random): TrackedQuantile[] {
  const { layers, width } = entry.config.model;
  return cells.flatMap(({ role, depth }) =>
    QUANTILES.map((quantile): TrackedQuantile => {
      const settled = settledAt(role, depth, quantile, entry.params);
      const drift = role === 'attn.k' && depth === 1 ? 0.6 : 0.01 * random.gaussian();
      const { steps, values } = trajectoryAround(settled, drift, random);
      return {
        trajectory: {
          run: entry.run,
          params: entry.params,
          nonEmbeddingParams: entry.nonEmbeddingParams,
          role,
          layer: Math.round(depth * layers) - 1,
          depth,
          shape: [width, width],
          quantile,
          steps,
          values,
        },
        plateau: plateauOf(settled, drift, role === 'attn.v' && entry.run === '4x32'),
      };
    }),
  );
}

/** Burn-in of about 60 steps, then AR(1) noise in log with a trend of `drift` over the window. */
function trajectoryAround(settled: number, drift: number, random: Random): { steps: number[]; values: number[] } {
  const steps = Array.from({ length: 100 }, (_, i) => 5 * i);
  let noise = 0;
  const values = steps.map((step) => {
    noise = 0.7 * noise + 0.03 * random.gaussian();
    return settled * Math.exp(1.2 * Math.exp(-step / 60) + noise + (drift * (step - 375)) / 150);
  });
  return { steps, values };
}

function plateauOf(settled: number, drift: number, short: boolean): TrackedQuantile['plateau'] {
  const verdict = short ? 'too short' : Math.abs(drift) > 0.1 ? 'drifting' : 'settled';
  return {
    verdict,
    window: [300, 450],
    value: settled,
    logError: 0.012,
    drift,
    driftError: 0.02,
    autocorrelation: 2.6,
    samples: 31,
    reason: `ln sigma changes by ${drift.toFixed(2)} +- 0.02 over steps 300 to 450, tolerance 0.1: ${verdict}`,
  };
}

function studyOf(seed: number, ladder: readonly StudyRun[]): TrainedStudy {
  return {
    schema: 'muonscope.study-folder/1',
    origin: 'trained',
    preset: 'quick',
    created: '2026-11-20T10:00:00.000Z',
    seed,
    text: [],
    target: TARGET,
    corpus: {
      source: 'installed dependencies',
      files: Array.from({ length: 12 }, (_, i) => ({ path: `package-${i}/README.md`, bytes: 2048 * (i + 1) })),
      tokens: 8_388_608,
      trainTokens: 7_969_178,
      validationTokens: 419_430,
      vocabulary: VOCABULARY,
      sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    },
    ladder,
    versions: { muonscope: '0.1.0', node: '20.20.0', 'onnxruntime-node': '1.30.0' },
    machine: { cpu: 'AMD EPYC 9B45', cores: 2, memoryBytes: 8 * 2 ** 30, platform: 'linux x64' },
  };
}
