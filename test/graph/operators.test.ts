/**
 * Every operator against a plain float64 implementation written here: its value directly, its gradient by central
 * differences of that implementation in float64.
 */
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/base/random.ts';
import type { Graph, Tensor } from '../../src/graph/graph.ts';
import { sizeOf } from '../../src/graph/graph.ts';
import { attention } from '../../src/graph/operators/attention.ts';
import { crossEntropy } from '../../src/graph/operators/crossEntropy.ts';
import { add, multiply, scale, squaredRelu, subtract } from '../../src/graph/operators/elementwise.ts';
import { embedding } from '../../src/graph/operators/embedding.ts';
import { linear, matmul } from '../../src/graph/operators/matmul.ts';
import { reduceMean, reduceSum } from '../../src/graph/operators/reduce.ts';
import { RMS_EPSILON, rmsNorm } from '../../src/graph/operators/rmsNorm.ts';
import { rotary, rotaryTables } from '../../src/graph/operators/rotary.ts';
import { concatenate, reshape, split, transpose } from '../../src/graph/operators/shape.ts';
import { evaluate, type Input, valueAndGradients } from './evaluate.ts';

type Arrays = readonly Float64Array[];

interface Case {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  readonly graph: (graph: Graph, inputs: readonly Tensor[]) => Tensor;
  readonly reference: (inputs: Arrays) => readonly number[];
  /** int64 inputs after the float ones. */
  readonly indices?: readonly { readonly shape: readonly number[]; readonly values: readonly number[] }[];
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const T = 4;
const B = 2;
const H = 2;
const h = 4;

/** C = alpha op(A) op(B) of (m, k) and (k, n) after transposition. */
function product(
  a: Float64Array,
  b: Float64Array,
  m: number,
  k: number,
  n: number,
  ta: boolean,
  tb: boolean,
): number[] {
  return range(m * n).map((ij) => {
    const i = Math.floor(ij / n);
    const j = ij % n;
    return range(k).reduce((sum, l) => sum + a[ta ? l * m + i : i * k + l]! * b[tb ? j * k + l : l * n + j]!, 0);
  });
}

function softmax(x: readonly number[]): number[] {
  const top = Math.max(...x);
  const e = x.map((v) => Math.exp(v - top));
  const sum = e.reduce((a, b) => a + b, 0);
  return e.map((v) => v / sum);
}

/** q, k, v of shape (T, B, H, h). */
function attentionReference([q, k, v]: Arrays, causal: boolean): number[] {
  const at = (x: Float64Array, t: number, b: number, head: number, j: number): number =>
    x[((t * B + b) * H + head) * h + j]!;
  const out = new Array<number>(T * B * H * h).fill(0);
  for (const b of range(B))
    for (const head of range(H))
      for (const t of range(T)) {
        const keys = range(causal ? t + 1 : T);
        const scores = keys.map(
          (s) => range(h).reduce((sum, j) => sum + at(q!, t, b, head, j) * at(k!, s, b, head, j), 0) / Math.sqrt(h),
        );
        const p = softmax(scores);
        for (const j of range(h))
          out[((t * B + b) * H + head) * h + j] = keys.reduce((sum, s) => sum + p[s]! * at(v!, s, b, head, j), 0);
      }
  return out;
}

function rotaryReference(x: Float64Array): number[] {
  const heads = 3;
  return Array.from(x, (_, i) => {
    const token = Math.floor(i / (heads * h));
    const time = Math.floor(token / B);
    const j = i % h;
    const pair = j % (h / 2);
    const angle = time * 10_000 ** ((-2 * pair) / h);
    const other = j < h / 2 ? -x[i + h / 2]! : x[i - h / 2]!;
    return x[i]! * Math.cos(angle) + other * Math.sin(angle);
  });
}

const CASES: readonly Case[] = [
  {
    name: 'add with broadcasting',
    shapes: [[3, 4], [4]],
    graph: (g, [a, b]) => add(g, a!, b!),
    reference: ([a, b]) => Array.from(a!, (x, i) => x + b![i % 4]!),
  },
  {
    name: 'subtract with broadcasting',
    shapes: [
      [2, 3],
      [2, 1],
    ],
    graph: (g, [a, b]) => subtract(g, a!, b!),
    reference: ([a, b]) => Array.from(a!, (x, i) => x - b![Math.floor(i / 3)]!),
  },
  {
    name: 'multiply with broadcasting',
    shapes: [
      [2, 3],
      [1, 3],
    ],
    graph: (g, [a, b]) => multiply(g, a!, b!),
    reference: ([a, b]) => Array.from(a!, (x, i) => x * b![i % 3]!),
  },
  {
    name: 'scale',
    shapes: [[5]],
    graph: (g, [a]) => scale(g, a!, -2.5),
    reference: ([a]) => Array.from(a!, (x) => -2.5 * x),
  },
  {
    name: 'squared ReLU',
    shapes: [[4, 5]],
    graph: (g, [a]) => squaredRelu(g, a!),
    reference: ([a]) => Array.from(a!, (x) => Math.max(x, 0) ** 2),
  },
  ...[false, true].flatMap((ta) =>
    [false, true].map(
      (tb): Case => ({
        name: `matmul, transposes ${ta} and ${tb}`,
        shapes: [ta ? [4, 3] : [3, 4], tb ? [5, 4] : [4, 5]],
        graph: (g, [a, b]) => matmul(g, a!, b!, { transposeA: ta, transposeB: tb, alpha: 0.5 }),
        reference: ([a, b]) => product(a!, b!, 3, 4, 5, ta, tb).map((x) => 0.5 * x),
      }),
    ),
  ),
  {
    name: 'linear',
    shapes: [
      [3, 4],
      [5, 4],
    ],
    graph: (g, [x, w]) => linear(g, x!, w!),
    reference: ([x, w]) => product(x!, w!, 3, 4, 5, false, true),
  },
  {
    name: 'a stack of matmuls',
    shapes: [
      [2, 3, 4],
      [2, 4, 5],
    ],
    graph: (g, [a, b]) => matmul(g, a!, b!),
    reference: ([a, b]) =>
      range(2).flatMap((i) =>
        product(a!.slice(i * 12, i * 12 + 12), b!.slice(i * 20, i * 20 + 20), 3, 4, 5, false, false),
      ),
  },
  {
    name: 'reshape and transpose',
    shapes: [[2, 6]],
    graph: (g, [a]) => transpose(g, reshape(g, a!, [2, 3, 2]), [2, 0, 1]),
    reference: ([a]) => range(12).map((i) => a![Math.floor((i % 6) / 3) * 6 + (i % 3) * 2 + Math.floor(i / 6)]!),
  },
  {
    name: 'concatenate',
    shapes: [
      [2, 3],
      [2, 1],
    ],
    graph: (g, parts) => concatenate(g, parts, 1),
    reference: ([a, b]) => [a![0]!, a![1]!, a![2]!, b![0]!, a![3]!, a![4]!, a![5]!, b![1]!],
  },
  {
    name: 'one part of a split, the other unused',
    shapes: [[2, 5]],
    graph: (g, [a]) => split(g, a!, [2, 3], 1)[1]!,
    reference: ([a]) => [2, 3, 4, 7, 8, 9].map((i) => a![i]!),
  },
  {
    name: 'reduceSum',
    shapes: [[2, 3, 2]],
    graph: (g, [a]) => reduceSum(g, a!, [1]),
    reference: ([a]) =>
      range(4).map((i) => range(3).reduce((sum, j) => sum + a![Math.floor(i / 2) * 6 + j * 2 + (i % 2)]!, 0)),
  },
  {
    name: 'reduceMean',
    shapes: [[2, 4]],
    graph: (g, [a]) => reduceMean(g, a!, [1]),
    reference: ([a]) => range(2).map((i) => range(4).reduce((sum, j) => sum + a![i * 4 + j]! / 4, 0)),
  },
  {
    name: 'RMSNorm',
    shapes: [[3, 6]],
    graph: (g, [a]) => rmsNorm(g, a!),
    reference: ([a]) =>
      Array.from(a!, (x, i) => {
        const row = a!.slice(Math.floor(i / 6) * 6, Math.floor(i / 6) * 6 + 6);
        return x / Math.sqrt(row.reduce((sum, y) => sum + (y * y) / 6, 0) + RMS_EPSILON);
      }),
  },
  {
    name: 'rotary positions',
    shapes: [[T * B, 1, 3 * h]],
    graph: (g, [a]) => rotary(g, a!, rotaryTables(g, T, B, h)),
    reference: ([a]) => rotaryReference(a!),
  },
  ...[true, false].map(
    (causal): Case => ({
      name: causal ? 'causal attention' : 'attention over all keys',
      shapes: range(3).map(() => [T, B, H, h]),
      graph: (g, [q, k, v]) => attention(g, q!, k!, v!, { causal }),
      reference: (inputs) => attentionReference(inputs, causal),
    }),
  ),
  {
    name: 'embedding with repeated rows',
    shapes: [[5, 3]],
    indices: [{ shape: [6], values: [4, 0, 4, 4, 2, 0] }],
    graph: (g, [table, indices]) => embedding(g, table!, indices!),
    reference: ([table]) => [4, 0, 4, 4, 2, 0].flatMap((row) => range(3).map((j) => table![row * 3 + j]!)),
  },
  {
    name: 'cross-entropy',
    shapes: [[4, 5]],
    indices: [{ shape: [4], values: [1, 4, 1, 0] }],
    graph: (g, [logits, targets]) => crossEntropy(g, logits!, targets!),
    reference: ([x]) => [
      [1, 4, 1, 0].reduce(
        (sum, target, i) => sum - Math.log(softmax(Array.from(x!.slice(i * 5, i * 5 + 5)))[target]!) / 4,
        0,
      ),
    ],
  },
];

/** Central differences of sum(weights * f) in float64. */
function numericGradient(f: Case['reference'], inputs: Arrays, weights: Float32Array, which: number): number[] {
  const step = 1e-5; // error step^2 f''' + 1e-16 / step, about 1e-10
  const total = (): number => f(inputs).reduce((sum, y, i) => sum + weights[i]! * y, 0);
  return range(inputs[which]!.length).map((i) => {
    const x = inputs[which]!;
    const kept = x[i]!;
    x[i] = kept + step;
    const above = total();
    x[i] = kept - step;
    const below = total();
    x[i] = kept;
    return (above - below) / (2 * step);
  });
}

/** float32 arithmetic over sums of at most a few dozen terms of order one. */
const TOLERANCE = 2e-5;

describe('operators equal their float64 definition, gradients its central differences', () => {
  test.each(CASES)('$name', async ({ shapes, graph, reference, indices = [] }) => {
    const random = createRandom(7);
    const floats = shapes.map((shape) => Float32Array.from({ length: sizeOf(shape) }, () => random.gaussian()));
    const inputs: Input[] = [
      ...shapes.map((shape, i) => ({ shape, data: floats[i]! })),
      ...indices.map(({ shape, values }) => ({ shape, data: BigInt64Array.from(values, BigInt) })),
    ];
    const doubles = floats.map((values) => Float64Array.from(values));
    const expected = reference(doubles);
    const weights = Float32Array.from(expected, () => random.gaussian());
    const { value, gradients } = await valueAndGradients(inputs, weights, graph);
    expected.forEach((y, i) => {
      expect(Math.abs(value[i]! - y)).toBeLessThan(TOLERANCE * (1 + Math.abs(y)));
    });
    gradients.forEach((gradient, which) => {
      const numeric = numericGradient(reference, doubles, weights, which);
      numeric.forEach((slope, i) => {
        expect(Math.abs(gradient[i]! - slope)).toBeLessThan(TOLERANCE * (1 + Math.abs(slope)));
      });
    });
  });
});

test('the gradient of an embedding with many repeats is the same bits in every run on two threads', async () => {
  const random = createRandom(3);
  const rows = 2048;
  const table = { shape: [64, 48], data: Float32Array.from({ length: 64 * 48 }, () => random.gaussian()) };
  const indices = { shape: [rows], data: BigInt64Array.from({ length: rows }, () => BigInt(random.integer(8))) };
  const runs = await evaluate(
    [table, indices],
    (graph, [t, i]) => {
      const y = embedding(graph, t!, i!);
      const weights = Float32Array.from({ length: rows * 48 }, () => random.gaussian());
      const g = graph.derivationOf(y)!.rule([graph.constant(weights, y.shape)], [true])[0]!;
      return { g };
    },
    { runs: 30 },
  );
  const first = Buffer.from(runs[0]!.g!.buffer);
  for (const { g } of runs) expect(Buffer.from(g!.buffer).equals(first)).toBe(true);
});

test('operators refuse shapes that do not fit, naming them', async () => {
  const bad = (build: (graph: Graph, t: readonly Tensor[]) => Tensor) =>
    evaluate(
      [
        { shape: [2, 3], data: new Float32Array(6) },
        { shape: [2, 4], data: new Float32Array(8) },
      ],
      (g, t) => ({ y: build(g, t) }),
    );
  await expect(bad((g, [a, b]) => matmul(g, a!, b!))).rejects.toThrow('matmul: shapes [2,3] and [2,4] do not fit');
  await expect(bad((g, [a, b]) => add(g, a!, b!))).rejects.toThrow('broadcast: shapes [2,3] and [2,4] do not fit');
  await expect(bad((g, [a]) => reshape(g, a!, [4]))).rejects.toThrow('reshape: [2,3] does not fill [4]');
  await expect(bad((g, [a]) => split(g, a!, [1, 1], 1)[0]!)).rejects.toThrow('do not add up');
});
