import { expect, test } from 'vitest';
import { createRandom } from '../../src/base/random.ts';
import { scale } from '../../src/graph/operators/elementwise.ts';
import { scheduleOf } from '../../src/newtonSchulz/catalogue.ts';
import { orthogonalise as orthogonaliseReference } from '../../src/newtonSchulz/orthogonalise.ts';
import type { NsSchedule } from '../../src/newtonSchulz/schedule.ts';
import type { MuonConfig } from '../../src/train/config.ts';
import { iterate, orthogonalise } from '../../src/train/orthogonalise.ts';
import type { ParameterSpec } from '../../src/train/trainable.ts';
import { muonStacks } from '../../src/train/updateGraph.ts';
import { evaluate } from '../graph/evaluate.ts';

function parameterOf(shape: readonly [number, number], name = 'w'): ParameterSpec {
  return { name, shape, optimizer: 'muon', role: 'attn.q', layer: 0, initialDeviation: 1 };
}

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

test('the Gram form equals the plain form on long matrices with tiny singular values', async () => {
  const [rows, columns] = [12, 48];
  const random = createRandom(8);
  // One outlier holds 0.98 of the squared norm; the rest starts at 1e-3 of the norm.
  const u = Float64Array.from({ length: rows }, () => random.gaussian());
  const v = Float64Array.from({ length: columns }, () => random.gaussian());
  const data = Float32Array.from({ length: rows * columns }, (_, i) => {
    const outlier = u[Math.floor(i / columns)]! * v[i % columns]!;
    return 7 * outlier + 0.05 * random.gaussian();
  });
  const schedule = scheduleOf('deepseek-v4');
  const gramForm = await graphResult(data, [1, rows, columns], schedule);
  const exact = orthogonaliseReference({ rows, columns, data: Float64Array.from(data) }, schedule);
  const [result] = await evaluate([{ shape: [1, rows, columns], data }], (graph, [x]) => ({
    y: iterate(graph, scale(graph, x!, 1 / Math.hypot(...data)), schedule.coefficients, 'float32'),
  }));
  const error = (values: Float32Array): number => Math.max(...values.map((y, i) => Math.abs(y - exact.data[i]!)));
  expect(error(gramForm)).toBeLessThan(3e-3);
  expect(error(result!.y!)).toBeLessThan(3e-3);
});

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
  const config: MuonConfig = {
    learningRate: 0.02,
    momentum: 0.95,
    convention: 'sum',
    nesterov: false,
    weightDecay: 0,
    updateScale: 'original',
    schedule: scheduleOf('you5', 5),
    schedules: {},
  };
  const other = scheduleOf('polar-express', 7);
  const stacks = muonStacks(
    [parameterOf([4, 4], 'a'), parameterOf([8, 4], 'b'), parameterOf([4, 4], 'c'), parameterOf([4, 4], 'd')],
    { ...config, schedules: { d: other } },
  );
  expect(stacks.map(({ parameters }) => parameters.map(({ name }) => name))).toEqual([['a', 'c'], ['b'], ['d']]);
});
