/** What the runs of `dynamics gpt` and `dynamics vit` train on, and one of them from start to end; the same in every thread. */
import { createHash } from 'node:crypto';
import { UsageError } from '../base/errors.ts';
import { formatCount } from '../base/numbers.ts';
import { drawGlyphs } from '../dynamics/glyphs.ts';
import type { TrainingRecord } from '../dynamics/trainingRecord.ts';
import {
  GPT_PLANS,
  recipeOf,
  type TrainingRun,
  type TrainingSweepPlan,
  trainAndMeasure,
  VIT_PLANS,
} from '../dynamics/trainingSweep.ts';
import type { Engine } from '../graph/engine.ts';
import { openCorpus } from '../sources/text/corpus.ts';
import { createSampler, validationBatches } from '../train/batches.ts';
import type { Recipe } from '../train/config.ts';
import { gptModel } from '../train/gpt.ts';
import { type ImageSet, imageBatches, imageSampler } from '../train/images.ts';
import { createModelTrainer, type Trainer } from '../train/trainer.ts';
import { vitModel } from '../train/vit.ts';
import { monotonicSeconds } from './clock.ts';
import type { DynamicsRequest } from './dynamics.ts';
import { openImages } from './openImages.ts';

/** Images drawn for the built-in task, and how many of them are kept for validation. */
const GLYPHS = { training: 20_000, side: 16 };

/** What the runs of a sweep have in common. */
export interface PreparedSweep {
  readonly plan: TrainingSweepPlan<unknown>;
  readonly data: string;
  /** Of the data: a sweep goes on only with the data it began with. */
  readonly fingerprint: string;
  readonly width: number;
  trainerOf(engine: Engine, run: TrainingRun, recipe: Recipe): Promise<Trainer<Recipe>>;
}

/** One run from its start. @returns null if `signal` was aborted */
export async function trainSweptRun(
  { plan, trainerOf }: PreparedSweep,
  engine: Engine,
  run: TrainingRun,
  signal: AbortSignal,
): Promise<TrainingRecord | null> {
  const trainer = await trainerOf(engine, run, recipeOf(plan, run));
  try {
    return await trainAndMeasure(run, trainer, signal);
  } finally {
    await trainer.close();
  }
}

/** @throws UsageError for text or images that do not suffice */
export function prepareSweep(request: DynamicsRequest): PreparedSweep {
  return request.experiment === 'vit' ? prepareVit(request) : prepareGpt(request);
}

function prepareGpt(request: DynamicsRequest): PreparedSweep {
  const plan = GPT_PLANS[request.size];
  const { context } = plan.model;
  const corpus = openCorpus({
    paths: request.text,
    seed: request.seed,
    context,
    validationSequences: plan.validation,
  });
  const shape = { context, batch: plan.batch };
  const sampler = createSampler(corpus.train, shape);
  const validation = validationBatches(corpus.validation, shape, plan.validation);
  const config = { ...plan.model, vocabulary: corpus.vocabulary };
  const { source, trainTokens, sha256 } = corpus.description;
  return {
    plan,
    data: `${source}, ${formatCount(trainTokens)} training tokens`,
    fingerprint: sha256,
    width: config.width,
    trainerOf: (engine, run, recipe) =>
      createModelTrainer({
        ...{ engine, config: recipe, sampler, validation, clock: monotonicSeconds },
        model: gptModel(config, plan.batch, run.optimizer),
      }),
  };
}

function prepareVit(request: DynamicsRequest): PreparedSweep {
  const plan = VIT_PLANS[request.size];
  const { training, validation, data } = imagesOf(request, plan.validation);
  const { side, channels, classes } = training;
  const config = { ...plan.model, side, channels, classes };
  const sampler = imageSampler(training, plan.batch);
  const batches = imageBatches(validation, plan.batch, plan.validation);
  return {
    ...{ plan, data, fingerprint: fingerprintOf(training, validation), width: config.width },
    trainerOf: (engine, run, recipe) =>
      createModelTrainer({
        ...{ engine, config: recipe, sampler, validation: batches, clock: monotonicSeconds },
        model: vitModel(config, plan.batch, run.optimizer),
      }),
  };
}

/** Those of --images, else glyphs drawn from the seed. @throws UsageError if there are too few */
function imagesOf(
  { images, seed }: DynamicsRequest,
  validationImages: number,
): { readonly training: ImageSet; readonly validation: ImageSet; readonly data: string } {
  if (images.length === 0)
    return {
      training: drawGlyphs(GLYPHS.training, GLYPHS.side, seed, 'training'),
      validation: drawGlyphs(validationImages, GLYPHS.side, seed, 'validation'),
      data: `${formatCount(GLYPHS.training)} drawn glyphs of ${GLYPHS.side} x ${GLYPHS.side} pixels in 10 classes, seed ${seed}`,
    };
  const all = openImages(images);
  const count = all.labels.length;
  if (count < 2 * validationImages)
    throw new UsageError(
      `--images: expected at least ${2 * validationImages} images, half of them to train on, got ${count}; give more files`,
    );
  const cut = count - validationImages;
  const pixels = all.side ** 2 * all.channels;
  const part = (from: number, to: number): ImageSet => ({
    ...all,
    pixels: all.pixels.subarray(from * pixels, to * pixels),
    labels: all.labels.subarray(from, to),
  });
  return {
    training: part(0, cut),
    validation: part(cut, count),
    data: `${formatCount(count)} images of ${all.side} x ${all.side} pixels in ${all.classes} classes, the last ${validationImages} for validation`,
  };
}

function fingerprintOf(...sets: readonly ImageSet[]): string {
  const hash = createHash('sha256');
  for (const { pixels, labels } of sets)
    hash.update(new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength)).update(labels);
  return hash.digest('hex');
}
