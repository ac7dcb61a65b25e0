import { expect, test } from 'vitest';
import { TrainingError } from '../../src/base/errors.ts';
import { createRandom } from '../../src/base/random.ts';
import { createEngine } from '../../src/graph/engine.ts';
import { scheduleOf } from '../../src/newtonSchulz/catalogue.ts';
import type { NsSchedule } from '../../src/newtonSchulz/schedule.ts';
import { type Batch, createSampler, type Sampler, validationBatches, wholeText } from '../../src/train/batches.ts';
import type { TrainConfig } from '../../src/train/config.ts';
import { createTrainer, type Trainer, type TrainerState } from '../../src/train/trainer.ts';
import {
  decodeArray,
  type EncodedArrays,
  type GptTraining,
  type ReferenceSchedule,
  readGptFixture,
} from '../referenceFixtures.ts';

const fixture = readGptFixture();

function scheduleFrom(reference: ReferenceSchedule, name: string): NsSchedule {
  return { name, source: 'fixture', precision: 'float32', ...reference };
}

/** [sequence][position] with context + 1 positions -> inputs and targets. */
function batchOf(sequences: readonly (readonly number[])[]): Batch {
  return {
    tokens: Int32Array.from(sequences.flatMap((sequence) => sequence.slice(0, -1))),
    targets: Int32Array.from(sequences.flatMap((sequence) => sequence.slice(1))),
  };
}

function replay(batches: readonly Batch[]): Sampler {
  let next = 0;
  return { positions: batches.length, draw: () => batches[next++ % batches.length]! };
}

function stateFrom(weights: EncodedArrays): TrainerState {
  const arrays = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const [name, array] of Object.entries(weights)) {
    const data = Float32Array.from(decodeArray(array));
    arrays.set(`weights/${name}`, { shape: array.shape, data });
    for (const kind of ['momentum', 'first', 'second'])
      arrays.set(`${kind}/${name}`, { shape: array.shape, data: new Float32Array(data.length) });
  }
  return { step: 0, random: createRandom(0).state(), arrays };
}

async function referenceTrainer(training: GptTraining): Promise<Trainer> {
  const config: TrainConfig = {
    model: fixture.model,
    muon: {
      ...training.muon,
      schedule: scheduleFrom(fixture.schedules[training.schedule]!, training.schedule),
      schedules: {},
    },
    adamw: training.adamw,
    rate: training.rate,
    steps: training.steps,
    batch: fixture.batch,
    accumulation: training.accumulation,
    seed: 1,
    validateEvery: 1000,
    validationSequences: fixture.batch,
  };
  const trainer = await createTrainer({
    engine: await createEngine({ threads: 2 }),
    config,
    sampler: replay(training.tokens.flat().map(batchOf)),
    validation: [batchOf(fixture.tokens)],
    clock: () => 0,
  });
  trainer.restore(stateFrom(fixture.weights));
  return trainer;
}

/** Times the error that the reference itself shows in float32. */
const FLOAT32_FACTOR = 20;

test.each(Object.keys(fixture.trainings))('training equals the float64 PyTorch reference: %s', async (name) => {
  const training = fixture.trainings[name]!;
  const trainer = await referenceTrainer(training);
  for (const expected of training.losses) {
    const { loss } = await trainer.advance();
    expect(Math.abs(loss - expected)).toBeLessThan(FLOAT32_FACTOR * training.float32Deviation.loss + 1e-6);
  }
  const { arrays } = trainer.state();
  for (const [parameter, array] of Object.entries(training.finalWeights)) {
    const actual = arrays.get(`weights/${parameter}`)!.data;
    decodeArray(array).forEach((expected, i) => {
      expect(Math.abs(actual[i]! - expected)).toBeLessThan(FLOAT32_FACTOR * training.float32Deviation.weight + 1e-6);
    });
  }
  await trainer.close();
});

test('the validation loss at the given weights equals the reference', async () => {
  const trainer = await referenceTrainer(Object.values(fixture.trainings)[0]!);
  expect(Math.abs((await trainer.validate()) - fixture.loss)).toBeLessThan(
    FLOAT32_FACTOR * fixture.float32Deviation.loss + 1e-6,
  );
  await trainer.close();
});

const TINY: TrainConfig = {
  model: { layers: 2, width: 16, headSize: 8, context: 16, vocabulary: 32 },
  muon: {
    learningRate: 0.02,
    momentum: 0.95,
    convention: 'sum',
    nesterov: true,
    weightDecay: 0.01,
    updateScale: 'original',
    schedule: scheduleOf('you5', 5),
    schedules: { 'layers.1.mlp.down': scheduleOf('polar-express', 7) },
  },
  adamw: { learningRate: 0.002, betas: [0.9, 0.95], epsilon: 1e-8, weightDecay: 0.01 },
  rate: { warmupSteps: 2, decayShare: 0.2 },
  steps: 12,
  batch: 4,
  accumulation: 2,
  seed: 5,
  validateEvery: 6,
  validationSequences: 8,
};

async function tinyTrainer(config: TrainConfig = TINY): Promise<Trainer> {
  const random = createRandom(11);
  const text = wholeText(Uint8Array.from({ length: 4000 }, (_, i) => (i * 7 + (random.uniform() < 0.1 ? 1 : 0)) % 32));
  const shape = { context: config.model.context, batch: config.batch };
  return createTrainer({
    engine: await createEngine({ threads: 2 }),
    config,
    sampler: createSampler(text, shape),
    validation: validationBatches(text, shape, config.validationSequences),
    clock: () => 0,
  });
}

test('a run restored in the middle ends with the same bits as an undisturbed one', async () => {
  const whole = await tinyTrainer();
  for (let i = 0; i < 5; i++) await whole.advance();
  const saved = whole.state();
  while (whole.step < TINY.steps) await whole.advance();
  const resumed = await tinyTrainer();
  resumed.restore(saved);
  while (resumed.step < TINY.steps) await resumed.advance();
  for (const [name, { data }] of whole.state().arrays)
    expect(Buffer.from(resumed.state().arrays.get(name)!.data.buffer).equals(Buffer.from(data.buffer)), name).toBe(
      true,
    );
  await whole.close();
  await resumed.close();
});

test('training lowers the loss, and validation losses come when due', async () => {
  const trainer = await tinyTrainer();
  const steps = [];
  while (trainer.step < TINY.steps) steps.push(await trainer.advance());
  expect(steps.at(-1)!.loss).toBeLessThan(steps[0]!.loss - 0.3);
  expect(steps.filter(({ validationLoss }) => validationLoss !== null).map(({ step }) => step)).toEqual([6, 12]);
  expect(steps.at(-1)!.tokens).toBe(12 * 2 * 4 * 16);
  await trainer.close();
});

test('with Nesterov, NS receives the blend of gradient and momentum', async () => {
  const trainer = await tinyTrainer();
  await trainer.advance();
  const { arrays } = trainer.state();
  // After one step from zero momentum: M = G and X = G + mu M = (1 + mu) G.
  for (const { parameter, matrix } of trainer.nsInputs()) {
    const momentum = arrays.get(`momentum/${parameter.name}`)!.data;
    matrix.data.forEach((x, i) => {
      expect(Math.abs(x - 1.95 * momentum[i]!)).toBeLessThan(1e-6 * (1 + Math.abs(x)));
    });
  }
  await trainer.close();
});

test('a loss that is not finite stops the run, naming step and parameter', async () => {
  const trainer = await tinyTrainer();
  await trainer.advance();
  const state = trainer.state();
  state.arrays.get('weights/layers.1.attn.v')!.data[3] = Number.NaN;
  trainer.restore(state);
  const failure = await trainer.advance().catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(TrainingError);
  expect(failure).toMatchObject({ step: 2, parameter: 'layers.1.attn.v' });
  expect(trainer.step).toBe(1);
  await trainer.close();
});
