import { expect, test } from 'vitest';
import { createRandom } from '../../src/base/random.ts';
import { createEngine } from '../../src/graph/engine.ts';
import { scheduleOf } from '../../src/newtonSchulz/catalogue.ts';
import { orthogonalise as orthogonaliseReference } from '../../src/newtonSchulz/orthogonalise.ts';
import type { NsSchedule } from '../../src/newtonSchulz/schedule.ts';
import type { MuonConfig } from '../../src/train/config.ts';
import type { ParameterSpec } from '../../src/train/gpt.ts';
import { orthogonalise } from '../../src/train/orthogonalise.ts';
import { muonStacks, updateGraph } from '../../src/train/updateGraph.ts';
import { evaluate } from '../graph/evaluate.ts';
import { decodeArray, type MuonCase, readMuonFixture } from '../referenceFixtures.ts';

const fixture = readMuonFixture();

function parameterOf(shape: readonly [number, number], name = 'w'): ParameterSpec {
  return { name, shape, optimizer: 'muon', role: 'attn.q', layer: 0, initialDeviation: 1 };
}

function configOf({ muon, schedule }: MuonCase): MuonConfig {
  const coefficients = fixture.schedules[schedule]!;
  return {
    ...muon,
    schedules: {},
    schedule: { name: schedule, source: 'fixture', precision: 'float32', ...coefficients },
  };
}

/** Weight and momentum after the steps of the fixture, by the update graph. */
async function runCase(reference: MuonCase) {
  const { weight, gradients } = fixture.shapes[reference.shape]!;
  const config = configOf(reference);
  const stacks = muonStacks([parameterOf(weight.shape as [number, number])], config);
  const adamw = { learningRate: 0, betas: [0.9, 0.95], epsilon: 1e-8, weightDecay: 0 } as const;
  const program = await (await createEngine({ threads: 1 })).compile(updateGraph(stacks, [], config, adamw));
  const size = weight.shape[0]! * weight.shape[1]!;
  let w = Float32Array.from(decodeArray(weight));
  let m = new Float32Array(size);
  const all = Float32Array.from(decodeArray(gradients));
  const scalars = {
    muonRate: Float32Array.of(config.learningRate),
    adamwRate: new Float32Array(1),
    firstCorrection: Float32Array.of(1),
    secondCorrection: Float32Array.of(1),
  };
  const after: Record<string, { weight: Float32Array; momentum: Float32Array }> = {};
  for (let step = 1; step <= fixture.steps; step++) {
    const next = { w: new Float32Array(size), m: new Float32Array(size), x: new Float32Array(size) };
    await program
      .bind(
        {
          ...scalars,
          'weights:stack0': w,
          'momentum:stack0': m,
          'gradients:stack0': all.slice((step - 1) * size, step * size),
        },
        { 'next:weights:stack0': next.w, 'next:momentum:stack0': next.m, 'nsInput:stack0': next.x },
      )
      .run();
    w = next.w;
    m = next.m;
    after[step] = { weight: w, momentum: m };
  }
  await program.close();
  return after;
}

test('Muon equals the float64 NumPy reference over 50 steps, in every combination of conventions', async () => {
  for (const reference of fixture.cases) {
    const after = await runCase(reference);
    // What the reference itself loses in float32, with room for another order of summation.
    const tolerance = 20 * reference.float32Deviation + 1e-6;
    for (const [step, expected] of Object.entries(reference.after))
      for (const kind of ['weight', 'momentum'] as const)
        decodeArray(expected[kind]).forEach((value, i) => {
          expect(Math.abs(after[step]![kind][i]! - value), `${reference.shape} ${kind}`).toBeLessThan(
            tolerance * (1 + Math.abs(value)),
          );
        });
  }
});

const SHAPES = [
  [8, 8],
  [6, 20],
  [20, 6],
] as const;

async function graphResult(stack: Float32Array, shape: readonly number[], schedule: NsSchedule): Promise<Float32Array> {
  const [result] = await evaluate([{ shape, data: stack }], (graph, [x]) => ({
    y: orthogonalise(graph, x!, schedule),
  }));
  return result!.y!;
}

test.each(['jordan', 'you5', 'polar-express', 'cans', 'cubic5', 'textbook', 'deepseek-v4'])(
  'Newton-Schulz in the graph equals the float64 reference on stacks: %s',
  async (name) => {
    const schedule = scheduleOf(name);
    const random = createRandom(2);
    for (const [rows, columns] of SHAPES) {
      const size = rows * columns;
      const stack = Float32Array.from({ length: 2 * size }, () => random.gaussian());
      const actual = await graphResult(stack, [2, rows, columns], schedule);
      for (const k of [0, 1]) {
        const data = Float64Array.from(stack.slice(k * size, (k + 1) * size));
        const expected = orthogonaliseReference({ rows, columns, data }, schedule);
        expected.data.forEach((value, i) => {
          expect(Math.abs(actual[k * size + i]! - value)).toBeLessThan(2e-4);
        });
      }
    }
  },
);

test('products in lower precision differ from float32 by about their rounding', async () => {
  const random = createRandom(4);
  const stack = Float32Array.from({ length: 64 }, () => random.gaussian());
  const exact = await graphResult(stack, [1, 8, 8], scheduleOf('jordan', 5));
  const error = async (precision: NsSchedule['precision']): Promise<number> => {
    const rounded = await graphResult(stack, [1, 8, 8], scheduleOf('jordan', 5, { precision }));
    return Math.max(...rounded.map((value, i) => Math.abs(value - exact[i]!)));
  };
  const [bf16, fp16, tf32] = [await error('bf16'), await error('fp16'), await error('tf32')];
  // Unit roundoffs 2^-8, 2^-11 and 2^-11, amplified by the five steps.
  expect(bf16).toBeGreaterThan(1e-3);
  expect(bf16).toBeLessThan(0.3);
  for (const error of [fp16, tf32]) {
    expect(error).toBeGreaterThan(1e-5);
    expect(error).toBeLessThan(bf16 / 2);
  }
});

test('matrices are stacked by shape and schedule', () => {
  const config = configOf(fixture.cases[0]!);
  const other = scheduleOf('polar-express', 7);
  const stacks = muonStacks(
    [parameterOf([4, 4], 'a'), parameterOf([8, 4], 'b'), parameterOf([4, 4], 'c'), parameterOf([4, 4], 'd')],
    { ...config, schedules: { d: other } },
  );
  expect(stacks.map(({ parameters }) => parameters.map(({ name }) => name))).toEqual([['a', 'c'], ['b'], ['d']]);
});
