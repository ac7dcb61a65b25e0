/** Small valid records for the tests of the store, and a folder to write them to. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createRandom } from '../../src/base/random.ts';
import type { NsSchedule } from '../../src/newtonSchulz/schedule.ts';
import type { Plan } from '../../src/planner/plan.ts';
import type { LawsDocument } from '../../src/scaling/law.ts';
import { RECORD_QUANTILES, type Spectrum } from '../../src/spectra/spectrum.ts';
import type { Checkpoint } from '../../src/store/checkpoint.ts';
import type {
  MetricsRecord,
  ObservedRun,
  ObservedStudy,
  SourceRecord,
  StudyRun,
  TrainedRun,
  TrainedStudy,
} from '../../src/store/study.ts';

/** A folder of its own for one test, removed afterwards. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'muonscope-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const schedule: NsSchedule = {
  name: 'jordan x1',
  source: 'Jordan 2024',
  coefficients: [[3.4445, -4.775, 2.0315]],
  entry: { normalisation: 'frobenius', scale: 1, epsilon: 1e-7 },
  precision: 'float32',
};

export const rung: StudyRun = {
  run: 'gpt-2x32',
  config: {
    model: { layers: 2, width: 32, headSize: 16, context: 16, vocabulary: 256 },
    muon: {
      learningRate: 0.02,
      momentum: 0.95,
      convention: 'sum',
      nesterov: true,
      weightDecay: 0.01,
      updateScale: 'original',
      schedule,
      schedules: { 'layers.1.mlp.down': schedule },
    },
    adamw: { learningRate: 0.002, betas: [0.9, 0.95], epsilon: 1e-8, weightDecay: 0.01 },
    rate: { warmupSteps: 0, decayShare: 0.1 },
    steps: 12,
    batch: 4,
    accumulation: 1,
    seed: 1,
    validateEvery: 5,
    validationSequences: 8,
  },
  params: 40_960,
  nonEmbeddingParams: 24_576,
  every: 2,
};

export const study: TrainedStudy = {
  schema: 'muonscope.study-folder/1',
  origin: 'trained',
  preset: 'smoke',
  created: '2026-11-22T00:00:00.000Z',
  seed: 1,
  text: [],
  target: 3e11,
  corpus: {
    source: 'installed dependencies',
    files: [{ path: 'node_modules/zod/README.md', bytes: 5000 }],
    tokens: 5000,
    trainTokens: 4750,
    validationTokens: 250,
    vocabulary: 256,
    sha256: 'ab'.repeat(32),
  },
  ladder: [rung],
  versions: { muonscope: '0.1.0' },
  machine: { cpu: 'test', cores: 2, memoryBytes: 8e9, platform: 'linux' },
};

export const run: TrainedRun = {
  ...rung,
  schema: 'muonscope.run/1',
  origin: 'trained',
  engine: 'onnxruntime-cpu',
  corpusSha256: study.corpus.sha256,
  parameters: [{ name: 'layers.0.attn.q', shape: [32, 32], optimizer: 'muon' }],
};

export const observedStudy: ObservedStudy = {
  schema: 'muonscope.study-folder/1',
  origin: 'observed',
  created: '2026-11-22T00:00:00.000Z',
  seed: 1,
  target: 1e9,
  versions: { muonscope: '0.1.0' },
};

export const observedRun: ObservedRun = {
  schema: 'muonscope.run/1',
  origin: 'observed',
  run: 'gpt-124m',
  params: 124_000_000,
  nonEmbeddingParams: 85_000_000,
};

export function sourceAt(step: number): SourceRecord {
  return {
    schema: 'muonscope.source/1',
    kind: 'checkpoint',
    name: `step_${step}.pt`,
    format: 'torch',
    layout: 'torch.optim.Muon',
    step,
    spectra: 2,
    skipped: [{ name: 'wte', shape: [50257, 768], reason: 'an embedding' }],
    read: '2026-11-22T00:00:00.000Z',
  };
}

export function metricsAt(step: number): MetricsRecord {
  return {
    step,
    loss: 5 / step,
    validationLoss: step % 5 === 0 ? 4 : null,
    lr: 0.02,
    tokens: step * 64,
    seconds: 0.25,
    gradientSeconds: 0.125,
    trackingSeconds: 0,
  };
}

export function spectrumAt(step: number, name = 'layers.0.attn.q'): Spectrum {
  return {
    schema: 'muonscope.spectrum/1',
    run: rung.run,
    params: rung.params,
    nonEmbeddingParams: rung.nonEmbeddingParams,
    step,
    name,
    role: 'attn.q',
    layer: 0,
    layers: 2,
    depth: 0.5,
    stage: 'nesterov',
    convention: 'sum',
    dtype: 'float32',
    shape: [32, 32],
    frobenius: 1 + step,
    spectral: 0.5,
    quantiles: [...RECORD_QUANTILES],
    values: RECORD_QUANTILES.map((q) => 0.5 * (1 - q) ** 2),
    smallest: 1e-5,
    stableRank: 4,
    effectiveRank: 12.5,
    outlierShare: 0.25,
    method: 'gram-tridiagonal-f64',
    floor: 1e-8,
  };
}

export function checkpointAt(step: number): Checkpoint {
  return {
    schema: 'muonscope.checkpoint/1',
    run: rung.run,
    step,
    tokens: step * 64,
    random: { data: createRandom(step).state() },
    numbers: { bestValidationLoss: 4 },
    tensors: new Map([
      ['weights.layers.0.attn.q', { dtype: 'F32', shape: [2, 3], data: new Float32Array([step, 1, 2, 3, 4, 5]) }],
      ['muon.momentum', { dtype: 'F64', shape: [2], data: new Float64Array([step / 3, -0]) }],
    ]),
  };
}

export const laws: LawsDocument = {
  schema: 'muonscope.laws/1',
  source: 'study',
  sizeConvention: 'total',
  laws: [
    {
      role: 'mlp.down',
      depth: 1,
      quantile: 0.5,
      exponent: 0.57,
      low: 0.5,
      high: 0.64,
      amplitude: 12,
      r2: 0.98,
      points: [{ params: 40_960, value: 0.01 }],
      heldOut: { params: 1e6, predicted: 0.004, actual: 0.0045 },
      warnings: ['fewer than four sizes'],
      fit: {
        centre: 12,
        logValue: -4,
        variance: { logValue: 1e-3, exponent: 1e-3, covariance: 0 },
        factor: 3.18,
      },
      comparison: { aicc: { constant: 3, power: -2, curved: 5 }, curvature: -0.01, preferred: 'power' },
      baselineExponent: 0.22,
    },
  ],
  pooled: [{ role: 'mlp.down', depth: 1, exponent: 0.57, low: 0.5, high: 0.64, quantiles: [0.25, 0.5] }],
  ladder: [{ params: 40_960, width: 32, layers: 2 }],
  warnings: [],
};

export const plan: Plan = {
  schema: 'muonscope.plan/1',
  target: { params: 3e11, width: 12_288, layers: 96 },
  criterion: { quantile: 0.5, floor: 0.7, precision: 'float32' },
  source: 'study',
  layers: [
    {
      role: 'mlp.down',
      depth: 1,
      sigma: { value: 1e-3, low: 5e-4, high: 2e-3 },
      schedule,
      output: { value: 0.8, low: 0.7, high: 0.9 },
      products: 15,
      flops: 1e21,
      reasons: ['five steps reach 0.8'],
    },
  ],
  baseline: { name: 'jordan x5', flops: 2e21 },
  flops: 1e21,
  saved: 0.5,
  met: true,
  warnings: [],
};
