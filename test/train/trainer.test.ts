import { expect, test } from 'vitest';
import { TrainingError } from '../../src/base/errors.ts';
import { createRandom } from '../../src/base/random.ts';
import { createEngine } from '../../src/graph/engine.ts';
import { scheduleOf } from '../../src/newtonSchulz/catalogue.ts';
import { createSampler, validationBatches, wholeText } from '../../src/train/batches.ts';
import type { TrainConfig } from '../../src/train/config.ts';
import { createTrainer, type Trainer } from '../../src/train/trainer.ts';

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
