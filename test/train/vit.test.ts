import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/base/random.ts';
import { drawGlyphs } from '../../src/dynamics/glyphs.ts';
import type { Graph, Tensor } from '../../src/graph/graph.ts';
import { imageBatches, loadPatches } from '../../src/train/images.ts';
import { patchesOf, requireVit, vitLoss, vitParameters } from '../../src/train/vit.ts';
import { evaluate, type Input, valueAndGradients } from '../graph/evaluate.ts';

const CONFIG = { layers: 1, width: 8, headSize: 4, side: 4, patch: 2, channels: 1, classes: 3 };
const BATCH = 2;

function inputs(): readonly Input[] {
  const random = createRandom(3);
  const weights = vitParameters(CONFIG).map(({ shape, initialDeviation }) => ({
    shape,
    data: Float32Array.from({ length: shape[0] * shape[1] }, () => initialDeviation * random.gaussian()),
  }));
  const pixels = Float32Array.from({ length: patchesOf(CONFIG) * BATCH * 4 }, () => random.gaussian());
  return [
    ...weights,
    { shape: [patchesOf(CONFIG) * BATCH, 4], data: pixels },
    { shape: [BATCH], data: BigInt64Array.from([2n, 0n]) },
  ];
}

/** The loss in plain loops, in float64: the definition. */
function slowLoss(given: readonly Input[]): number {
  const names = vitParameters(CONFIG).map(({ name }) => name);
  const of = (name: string): number[] => Array.from(given[names.indexOf(name)]!.data as Float32Array);
  const pixels = Array.from(given[names.length]!.data as Float32Array);
  const labels = Array.from(given[names.length + 1]!.data as BigInt64Array, Number);
  const [T, d, h] = [patchesOf(CONFIG), CONFIG.width, CONFIG.headSize];
  const linear = (x: number[], w: number[], outputs: number): number[] =>
    Array.from({ length: outputs }, (_, o) => x.reduce((sum, value, i) => sum + value * w[o * x.length + i]!, 0));
  const norm = (x: number[]): number[] => {
    const rms = Math.sqrt(x.reduce((sum, value) => sum + value * value, 0) / x.length + 1e-6);
    return x.map((value) => value / rms);
  };
  let total = 0;
  for (const [image, label] of labels.entries()) {
    let x = Array.from({ length: T }, (_, t) => {
      const row = (t * BATCH + image) * 4;
      const embedded = linear(pixels.slice(row, row + 4), of('embedding'), d);
      return embedded.map((value, i) => value + of('positions')[t * d + i]!);
    });
    const normed = x.map(norm);
    const [q, k, v] = ['attn.q', 'attn.k', 'attn.v'].map((role) =>
      normed.map((row) => linear(row, of(`layers.0.${role}`), d)),
    ) as [number[][], number[][], number[][]];
    const attended = Array.from({ length: T }, () => new Array<number>(d).fill(0));
    for (let head = 0; head < d / h; head++) {
      const slice = (row: number[]): number[] => row.slice(head * h, (head + 1) * h);
      for (let t = 0; t < T; t++) {
        const scores = k.map((key) => {
          const [a, b] = [norm(slice(q[t]!)), norm(slice(key))];
          return a.reduce((sum, value, i) => sum + value * b[i]!, 0) / Math.sqrt(h);
        });
        const sum = scores.reduce((s, score) => s + Math.exp(score), 0);
        for (let i = 0; i < h; i++)
          attended[t]![head * h + i] = scores.reduce(
            (s, score, u) => s + (Math.exp(score) / sum) * slice(v[u]!)[i]!,
            0,
          );
      }
    }
    x = x.map((row, t) => linear(attended[t]!, of('layers.0.attn.o'), d).map((value, i) => value + row[i]!));
    x = x.map((row) => {
      const hidden = linear(norm(row), of('layers.0.mlp.up'), 4 * d).map((value) => Math.max(value, 0) ** 2);
      return linear(hidden, of('layers.0.mlp.down'), d).map((value, i) => value + row[i]!);
    });
    const final = x.map(norm);
    const pooled = Array.from({ length: d }, (_, i) => final.reduce((sum, row) => sum + row[i]!, 0) / T);
    const logits = linear(pooled, of('head'), 3);
    total += Math.log(logits.reduce((sum, value) => sum + Math.exp(value), 0)) - logits[label]!;
  }
  return total / labels.length;
}

describe('the ViT', () => {
  test('has the loss of plain loops: patches, positions, attention without mask, mean over patches', async () => {
    const given = inputs();
    const [found] = await evaluate(given, (graph, tensors) => ({ loss: lossOf(graph, tensors) }));
    expect(found!.loss![0]).toBeCloseTo(slowLoss(given), 5);
  });

  test('has gradients that central differences of the loss confirm', async () => {
    const given = inputs();
    const { gradients } = await valueAndGradients(given, new Float32Array([1]), lossOf);
    const random = createRandom(9);
    for (const [p, { data }] of given.entries()) {
      if (data instanceof BigInt64Array) continue;
      const i = random.integer(data.length);
      const at = (h: number): number =>
        slowLoss(
          given.map((one, k) =>
            k === p
              ? { ...one, data: Float64Array.from(data, (x, j) => (j === i ? x + h : x)) as unknown as Float32Array }
              : one,
          ),
        );
      expect(gradients[p]![i]).toBeCloseTo((at(1e-4) - at(-1e-4)) / 2e-4, 3);
    }
  });

  test('refuses sizes that make no model', () => {
    expect(() => requireVit({ ...CONFIG, patch: 3 })).toThrow('images of 4 pixels cannot be cut into patches of 3');
    expect(() => requireVit({ ...CONFIG, headSize: 3 })).toThrow('width must be a multiple of the head size 3');
    expect(() => requireVit({ ...CONFIG, classes: 0 })).toThrow('classes must be an integer of at least 1');
  });

  function lossOf(graph: Graph, tensors: readonly Tensor[]): Tensor {
    const parameters = vitParameters(CONFIG);
    const weights = new Map(parameters.map(({ name }, i) => [name, tensors[i]!]));
    return vitLoss(graph, CONFIG, weights, tensors[parameters.length]!, tensors[parameters.length + 1]!);
  }
});

describe('patches', () => {
  test('are cut row by row, time-major over the batch', () => {
    const pixels = Float32Array.from({ length: 2 * 16 }, (_, i) => i);
    const images = { side: 4, channels: 1, classes: 2, pixels, labels: Uint8Array.from([0, 1]) };
    const out = new Float32Array(4 * 2 * 4);
    loadPatches({ images, chosen: [1, 0] }, 2, out);
    expect([...out.subarray(0, 4)]).toEqual([16, 17, 20, 21]); // first patch of image 1
    expect([...out.subarray(4, 8)]).toEqual([0, 1, 4, 5]); // first patch of image 0
    expect([...out.subarray(8, 12)]).toEqual([18, 19, 22, 23]); // second patch of image 1
  });

  test('validate on whole batches, and refuse too few images', () => {
    const images = drawGlyphs(10, 16, 1, 'test');
    expect(imageBatches(images, 4, 8).map(({ chosen }) => chosen)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ]);
    expect(() => imageBatches(images, 16, 16)).toThrow('expected at least 16 images to validate on, got 10');
  });
});

describe('glyphs', () => {
  test('are the same for the same seed, and cover the classes', () => {
    const [a, b] = [drawGlyphs(200, 16, 5, 'x'), drawGlyphs(200, 16, 5, 'x')];
    expect(a).toEqual(b);
    expect(new Set(a.labels).size).toBe(10);
    expect(drawGlyphs(200, 16, 5, 'y').labels).not.toEqual(a.labels);
  });
});
