/**
 * The records of a study folder as zod schemas: what is checked on reading and on writing, and what is published as
 * JSON Schema. Each schema is typed by the noun it validates, so a field that the noun gains is missed here at
 * compile time. Objects are loose: fields of a later version are kept.
 */
import { z } from 'zod';
import type { NsCoefficients, NsEntry, NsPrecision, NsSchedule } from '../newtonSchulz/schedule.ts';
import type { CheckpointFormat, SkippedTensor } from '../sources/checkpoints/checkpoint.ts';
import type { ScannedSpectrum } from '../spectra/scannedMomentum.ts';
import type { Spectrum } from '../spectra/spectrum.ts';
import type { GptConfig, MuonConfig, TrainConfig } from '../train/config.ts';
import type {
  CorpusDescription,
  LogFormat,
  MetricsRecord,
  ObservedRun,
  ObservedStudy,
  RunDescription,
  SourceRecord,
  StudyDescription,
  StudyRun,
  TrainedRun,
  TrainedStudy,
} from './study.ts';

export const STUDY_SCHEMA = 'muonscope.study-folder/1';
export const RUN_SCHEMA = 'muonscope.run/1';
export const SPECTRUM_SCHEMA = 'muonscope.spectrum/1';
export const SOURCE_SCHEMA = 'muonscope.source/1';

const count = z.int().nonnegative();
const size = z.int().positive();
const positive = z.number().positive();
const nonnegative = z.number().nonnegative();
const share = z.number().min(0).max(1);

/** A folder name under runs/; anything else could lead out of the study. */
export const RUN_NAME: RegExp = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const runName = z.string().regex(RUN_NAME, 'expected letters, digits, dot, dash, underscore');
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits');

const CHECKPOINT_FORMATS = [
  'torch',
  'torch-distributed',
  'deepspeed-zero',
  'safetensors',
  'safetensors-sharded',
  'npy',
  'npz',
  'muonscope',
] as const satisfies readonly CheckpointFormat[];
const LOG_FORMATS = ['jsonl', 'csv', 'parquet'] as const satisfies readonly LogFormat[];

/** What a source holds and is not measured. */
export const skippedSchema: z.ZodType<SkippedTensor> = z.looseObject({
  name: z.string(),
  shape: z.array(count).nullable(),
  reason: z.string(),
});
export const logFormatSchema: z.ZodType<LogFormat> = z.enum(LOG_FORMATS);
export const checkpointFormatSchema: z.ZodType<CheckpointFormat> = z.enum(CHECKPOINT_FORMATS);

export const coefficientsSchema: z.ZodType<NsCoefficients> = z.tuple([z.number(), z.number(), z.number()]);
export const entrySchema: z.ZodType<NsEntry> = z.looseObject({
  normalisation: z.enum(['frobenius', 'aol']),
  scale: positive,
  epsilon: nonnegative,
});
export const precisionSchema: z.ZodType<NsPrecision> = z.enum(['float32', 'bf16', 'fp16', 'tf32']);

export const scheduleSchema: z.ZodType<NsSchedule> = z.looseObject({
  name: z.string(),
  source: z.string(),
  coefficients: z.array(coefficientsSchema).min(1),
  entry: entrySchema,
  precision: precisionSchema,
});

const gptSchema: z.ZodType<GptConfig> = z.looseObject({
  layers: size,
  width: size,
  headSize: size,
  context: size,
  vocabulary: size,
});

const muonSchema: z.ZodType<MuonConfig> = z.looseObject({
  learningRate: positive,
  momentum: share,
  convention: z.enum(['average', 'sum']),
  nesterov: z.boolean(),
  weightDecay: nonnegative,
  updateScale: z.enum(['original', 'rms']),
  schedule: scheduleSchema,
  schedules: z.record(z.string(), scheduleSchema),
  rank: positive.max(1).exactOptional(),
});

export const trainConfigSchema: z.ZodType<TrainConfig> = z.looseObject({
  model: gptSchema,
  muon: muonSchema,
  adamw: z.looseObject({
    learningRate: positive,
    betas: z.tuple([share, share]),
    epsilon: positive,
    weightDecay: nonnegative,
  }),
  rate: z.looseObject({ warmupSteps: count, decayShare: share }),
  steps: size,
  batch: size,
  accumulation: size,
  seed: z.int(),
  validateEvery: size,
  validationSequences: size,
});

const studyRunFields = {
  run: runName,
  config: trainConfigSchema,
  params: size,
  nonEmbeddingParams: size,
  every: size,
};
const studyRunSchema: z.ZodType<StudyRun> = z.looseObject(studyRunFields);

const corpusSchema: z.ZodType<CorpusDescription> = z.looseObject({
  source: z.string(),
  files: z.array(z.looseObject({ path: z.string(), bytes: count })),
  tokens: size,
  trainTokens: size,
  validationTokens: size,
  vocabulary: size,
  sha256,
});

const trainedStudySchema = z
  .looseObject({
    schema: z.literal(STUDY_SCHEMA),
    origin: z.literal('trained'),
    preset: z.string(),
    created: z.string(),
    seed: z.int(),
    text: z.array(z.string()),
    target: positive,
    corpus: corpusSchema,
    ladder: z.array(studyRunSchema).min(1),
    versions: z.record(z.string(), z.string()),
    machine: z.looseObject({ cpu: z.string(), cores: size, memoryBytes: positive, platform: z.string() }),
  })
  .refine(({ ladder }) => new Set(ladder.map(({ run }) => run)).size === ladder.length, {
    message: 'expected every run of the ladder to have a name of its own',
    path: ['ladder'],
  })
  .refine(({ seed, ladder }) => ladder.every(({ config }) => config.seed === seed), {
    message: 'expected every run of the ladder to have the seed of the study',
    path: ['seed'],
  }) satisfies z.ZodType<TrainedStudy>;

const observedStudySchema = z.looseObject({
  schema: z.literal(STUDY_SCHEMA),
  origin: z.literal('observed'),
  created: z.string(),
  seed: z.int(),
  target: positive,
  versions: z.record(z.string(), z.string()),
}) satisfies z.ZodType<ObservedStudy>;

/** STUDY/study.json */
export const studySchema: z.ZodType<StudyDescription> = eitherOrigin(trainedStudySchema, observedStudySchema);

const trainedRunSchema = z.looseObject({
  ...studyRunFields,
  schema: z.literal(RUN_SCHEMA),
  origin: z.literal('trained'),
  engine: z.string(),
  corpusSha256: sha256,
  parameters: z.array(z.looseObject({ name: z.string(), shape: z.array(size), optimizer: z.enum(['muon', 'adamw']) })),
}) satisfies z.ZodType<TrainedRun>;

const observedRunSchema = z.looseObject({
  schema: z.literal(RUN_SCHEMA),
  origin: z.literal('observed'),
  run: runName,
  params: size,
  nonEmbeddingParams: count,
}) satisfies z.ZodType<ObservedRun>;

/** STUDY/runs/<run>/run.json */
export const runSchema: z.ZodType<RunDescription> = eitherOrigin(trainedRunSchema, observedRunSchema);

/** One line of sources.jsonl */
export const sourceSchema: z.ZodType<SourceRecord> = z.looseObject({
  schema: z.literal(SOURCE_SCHEMA),
  kind: z.enum(['checkpoint', 'log']),
  name: z.string(),
  format: z.enum([...CHECKPOINT_FORMATS, ...LOG_FORMATS]),
  layout: z.string().nullable(),
  step: count.nullable(),
  spectra: count,
  skipped: z.array(skippedSchema),
  read: z.string(),
});

/** One line of metrics.jsonl */
export const metricsSchema: z.ZodType<MetricsRecord> = z.looseObject({
  step: count,
  loss: z.number(),
  validationLoss: z.number().nullable(),
  lr: nonnegative,
  tokens: count,
  seconds: nonnegative,
  gradientSeconds: nonnegative,
  trackingSeconds: nonnegative,
});

const spectrumFields = {
  schema: z.literal(SPECTRUM_SCHEMA),
  run: z.string(),
  params: size,
  nonEmbeddingParams: count,
  step: count,
  name: z.string(),
  role: z.string(),
  layer: count,
  layers: size,
  depth: positive.max(1),
  stage: z.enum(['buffer', 'nesterov']),
  convention: z.enum(['average', 'sum']).nullable(),
  dtype: z.enum(['float32', 'float64', 'bfloat16', 'float16', 'float8_e4m3fn', 'float8_e5m2']),
  shape: z.tuple([size, size]),
  frobenius: nonnegative,
  spectral: nonnegative,
  quantiles: z.array(positive.max(1)),
  values: z.array(nonnegative),
  smallest: nonnegative,
  stableRank: nonnegative,
  effectiveRank: nonnegative,
  outlierShare: nonnegative,
  method: z.string(),
  floor: nonnegative,
};

/** One line of spectra.jsonl */
export const spectrumSchema: z.ZodType<Spectrum> = withOrderedValues(z.looseObject(spectrumFields));

/** One of `scan --json`, or a line that is not in a study yet */
export const scannedSpectrumSchema: z.ZodType<ScannedSpectrum> = withOrderedValues(
  z.looseObject({
    ...spectrumFields,
    params: size.nullable(),
    nonEmbeddingParams: count.nullable(),
    step: count.nullable(),
  }),
);

function withOrderedValues<T extends z.ZodType<Pick<Spectrum, 'quantiles' | 'values'>>>(schema: T): T {
  return schema
    .refine(({ quantiles, values }) => quantiles.length === values.length, {
      message: 'expected as many values as quantiles',
      path: ['values'],
    })
    .refine(({ quantiles, values }) => isDescendingAlong(quantiles, values), {
      message: 'expected values that do not grow with the quantile',
      path: ['values'],
    });
}

/** A record of either origin; those written before runs could be observed say nothing and are trained. */
function eitherOrigin<T extends z.core.$ZodTypeDiscriminable, O extends z.core.$ZodTypeDiscriminable>(
  trained: T,
  observed: O,
) {
  const said = (record: unknown): unknown =>
    typeof record === 'object' && record !== null && !('origin' in record) ? { ...record, origin: 'trained' } : record;
  return z.preprocess(said, z.discriminatedUnion('origin', [trained, observed]));
}

function isDescendingAlong(quantiles: readonly number[], values: readonly number[]): boolean {
  const order = quantiles.map((_, i) => i).sort((a, b) => quantiles[a]! - quantiles[b]!);
  return order.every((index, i) => i === 0 || values[index]! <= values[order[i - 1]!]!);
}
