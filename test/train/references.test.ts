/** The training stack against the float64 references of fixtures/, which share no code with it. */
import { afterAll, describe, expect, test } from 'vitest';
import { createLabelledRandom } from '../../src/base/random.ts';
import { type Bindings, createEngine, type Engine } from '../../src/graph/engine.ts';
import type { NsSchedule } from '../../src/newtonSchulz/schedule.ts';
import type { Batch, Sampler } from '../../src/train/batches.ts';
import type { TrainConfig } from '../../src/train/config.ts';
import { gptModel, gptParameters } from '../../src/train/gpt.ts';
import { gradientGraph } from '../../src/train/programs.ts';
import type { ParameterSpec } from '../../src/train/trainable.ts';
import { createTrainer } from '../../src/train/trainer.ts';
import type { TrainerState } from '../../src/train/trainingState.ts';
import { muonStacks, updateGraph } from '../../src/train/updateGraph.ts';
import {
  decodeArray,
  type EncodedArrays,
  type GptTraining,
  type MuonCase,
  type ReferenceSchedule,
  readGptFixture,
  readMuonFixture,
} from '../referenceFixtures.ts';

/** A right float32 program sums in another order than the reference's own float32 run: allow its deviation eight times. */
const ORDER_OF_SUMS = 8;

const gpt = readGptFixture();
const muon = readMuonFixture();
const engine: Engine = await createEngine({ threads: 1 });
const closing: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closing) await close();
});

describe('GPT', () => {
  const parameters = gptParameters(gpt.model);

  test('has the parameters of the reference, in its order and with its shapes', () => {
    const shapes = Object.entries(gpt.weights).map(([name, { shape }]) => [name, shape]);
    expect(parameters.map(({ name, shape }) => [name, shape])).toEqual(shapes);
  });

  test('has the loss and the gradients of the reference', async () => {
    const program = await engine.compile(gradientGraph(gptModel(gpt.model, gpt.batch)));
    closing.push(() => program.close());
    const loss = new Float32Array(1);
    const gradients = arraysLike(gpt.gradients);
    const { tokens, targets } = timeMajor(gpt.tokens, gpt.model.context);
    const inputs = { tokens, targets, ...prefixed('weights', float32(gpt.weights)) };
    await program.bind(inputs, { loss, ...prefixed('gradients', gradients) }).run();

    expect(Math.abs(loss[0]! - gpt.loss)).toBeLessThan(ORDER_OF_SUMS * gpt.float32Deviation.loss);
    for (const [name, expected] of Object.entries(gpt.gradients))
      expect(largestDifference(gradients[name]!, decodeArray(expected)), name).toBeLessThan(
        ORDER_OF_SUMS * gpt.float32Deviation.gradient,
      );
  });
});

describe('training', () => {
  test.each(Object.entries(gpt.trainings))('%s: losses and weights of the reference', async (_, training) => {
    const config = configOf(training);
    const validation = [batchOf(gpt.tokens)];
    const trainer = await createTrainer({ engine, config, sampler: replay(training), validation, clock: () => 0 });
    closing.push(() => trainer.close());
    trainer.restore(startOf(trainer.parameters, config.seed));
    for (const expected of training.losses) {
      const { loss } = await trainer.advance();
      expect(Math.abs(loss - expected)).toBeLessThan(ORDER_OF_SUMS * training.float32Deviation.loss);
    }
    const { arrays } = trainer.state();
    for (const [name, expected] of Object.entries(training.finalWeights))
      expect(largestDifference(arrays.get(`weights/${name}`)!.data, decodeArray(expected)), name).toBeLessThan(
        ORDER_OF_SUMS * training.float32Deviation.weight,
      );
  });
});

describe('Muon on one matrix', () => {
  const cases = muon.cases.map((found) => [nameOf(found), found] as const);
  test.each(cases)('%s: weights and momentum of the reference after 50 steps', async (_, found) => {
    const { weights, momentum } = await runMuon(found);
    const expected = found.after[String(muon.steps)]!;
    const scale = Math.max(...decodeArray(expected.momentum).map(Math.abs));
    expect(largestDifference(weights, decodeArray(expected.weight))).toBeLessThan(
      ORDER_OF_SUMS * found.float32Deviation,
    );
    // Every step rounds a sum of entries up to `scale`, and older errors fade with mu.
    expect(largestDifference(momentum, decodeArray(expected.momentum))).toBeLessThan(
      (2 ** -24 * 2 * scale) / (1 - found.muon.momentum),
    );
  });
});

/** All steps of a case in the update graph: one stack of one matrix, no AdamW. */
async function runMuon({
  shape: shapeName,
  muon: config,
  schedule,
}: MuonCase): Promise<Record<'weights' | 'momentum', Float32Array>> {
  const given = muon.shapes[shapeName]!;
  const shape = given.weight.shape as [number, number]; // a matrix
  const parameter: ParameterSpec = { name: 'w', shape, optimizer: 'muon', role: 'w', layer: 0, initialDeviation: 1 };
  const full = { ...config, schedule: scheduleOf(schedule, muon.schedules), schedules: {} };
  const stacks = muonStacks([parameter], full);
  const program = await engine.compile(updateGraph(stacks, [], full, configOf(Object.values(gpt.trainings)[0]!).adamw));
  closing.push(() => program.close());

  const size = shape[0] * shape[1];
  const gradients = decodeArray(given.gradients);
  const state = { weights: Float32Array.from(decodeArray(given.weight)), momentum: new Float32Array(size) };
  for (let step = 0; step < muon.steps; step++) {
    const gradient = Float32Array.from(gradients.subarray(step * size, (step + 1) * size));
    const next = { weights: new Float32Array(size), momentum: new Float32Array(size) };
    await program
      .bind(muonInputs(program.inputs, state, gradient, config.learningRate), muonOutputs(program.outputs, next))
      .run();
    Object.assign(state, next);
  }
  return state;
}

type Arrays = Record<string, Float32Array>;

/** Arrays for exactly the inputs the program has; a scalar other than Muon's rate belongs to AdamW. */
function muonInputs(
  inputs: readonly { name: string }[],
  state: Arrays,
  gradient: Float32Array,
  rate: number,
): Bindings {
  const arrayOf = (name: string): Float32Array => {
    const [kind = ''] = name.split(':');
    if (kind === 'gradients') return gradient;
    return state[kind] ?? Float32Array.of(kind === 'muonRate' ? rate : 1);
  };
  return Object.fromEntries(inputs.map(({ name }) => [name, arrayOf(name)]));
}

function muonOutputs(outputs: readonly { name: string }[], next: Arrays): Bindings {
  const arrayOf = (name: string): Float32Array =>
    next[name.split(':')[1] ?? ''] ?? new Float32Array(next.weights!.length);
  return Object.fromEntries(outputs.map(({ name }) => [name, arrayOf(name)]));
}

function configOf({ steps, accumulation, schedule, adamw, muon, rate }: GptTraining): TrainConfig {
  return {
    model: gpt.model,
    muon: { ...muon, schedule: scheduleOf(schedule, gpt.schedules), schedules: {} },
    adamw,
    rate,
    steps,
    batch: gpt.batch,
    accumulation,
    seed: 1,
    validateEvery: steps,
    validationSequences: gpt.batch,
  };
}

function scheduleOf(name: string, schedules: Readonly<Record<string, ReferenceSchedule>>): NsSchedule {
  return { name, source: 'fixtures', precision: 'float32', ...schedules[name]! };
}

/** Gives the sequences of the reference, in order. */
function replay({ tokens }: GptTraining): Sampler {
  let next = 0;
  const batches = tokens.flat().map(batchOf);
  return { positions: batches.length, draw: () => batches[next++]! };
}

/** Sequences of context + 1 tokens -> inputs and targets, row-major. */
function batchOf(sequences: readonly (readonly number[])[]): Batch {
  return {
    tokens: Int32Array.from(sequences.flatMap((sequence) => sequence.slice(0, -1))),
    targets: Int32Array.from(sequences.flatMap((sequence) => sequence.slice(1))),
  };
}

/** The reference's weights, zero optimizer state, the seed's stream of batches. */
function startOf(parameters: readonly ParameterSpec[], seed: number): TrainerState {
  const weights = float32(gpt.weights);
  const arrays = parameters.flatMap(({ name, shape, optimizer }) => {
    const zeros = optimizer === 'muon' ? [`momentum/${name}`] : [`first/${name}`, `second/${name}`];
    const size = shape[0] * shape[1];
    return [
      [`weights/${name}`, { shape, data: weights[name]! }] as const,
      ...zeros.map((key) => [key, { shape, data: new Float32Array(size) }] as const),
    ];
  });
  return { step: 0, random: createLabelledRandom(seed, 'batches').state(), arrays: new Map(arrays) };
}

/** Sequences of context + 1 tokens -> inputs and targets, token n = time * batch + sequence. */
function timeMajor(
  sequences: readonly (readonly number[])[],
  context: number,
): Record<'tokens' | 'targets', BigInt64Array> {
  const at = (shift: number): BigInt64Array =>
    BigInt64Array.from(
      Array.from({ length: context }, (_, t) => sequences.map((sequence) => BigInt(sequence[t + shift]!))).flat(),
    );
  return { tokens: at(0), targets: at(1) };
}

function float32(arrays: EncodedArrays): Arrays {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => [name, Float32Array.from(decodeArray(array))]),
  );
}

function arraysLike(arrays: EncodedArrays): Arrays {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => [name, new Float32Array(decodeArray(array).length)]),
  );
}

function prefixed(prefix: string, arrays: Arrays): Bindings {
  return Object.fromEntries(Object.entries(arrays).map(([name, array]) => [`${prefix}:${name}`, array]));
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);
}

function nameOf({ shape, schedule, muon: { convention, nesterov, updateScale } }: MuonCase): string {
  return `${shape}, ${convention}, ${nesterov ? 'Nesterov' : 'plain'}, ${updateScale}, ${schedule}`;
}
