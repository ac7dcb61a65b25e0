import { expect, test } from 'vitest';
import { sizeOf } from '../../src/graph/graph.ts';
import { gptParams } from '../../src/scaling/sizes.ts';
import { trainingFlopsPerToken } from '../../src/train/flops.ts';
import { gptParameters } from '../../src/train/gpt.ts';

const CONFIG = { layers: 3, width: 32, headSize: 16, context: 64, vocabulary: 100 };

test('parameters add up to the size in both conventions', () => {
  const parameters = gptParameters(CONFIG);
  const count = (all: typeof parameters): number => all.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const { params, nonEmbeddingParams } = gptParams(CONFIG);
  expect(count(parameters)).toBe(params);
  expect(count(parameters.filter(({ optimizer }) => optimizer === 'muon'))).toBe(nonEmbeddingParams);
});

test('hidden matrices start with spectral norm about sqrt(outputs / inputs)', () => {
  const up = gptParameters(CONFIG).find(({ role }) => role === 'mlp.up')!;
  const [outputs, inputs] = up.shape;
  expect(up.initialDeviation * (Math.sqrt(outputs) + Math.sqrt(inputs))).toBeCloseTo(Math.sqrt(outputs / inputs), 12);
});

test('training flops count 6 a multiplying weight and 12 L d T for attention', () => {
  expect(trainingFlopsPerToken(CONFIG)).toBe(6 * (12 * 3 * 32 * 32 + 100 * 32) + 12 * 3 * 32 * 64);
});

test('impossible sizes are refused with the reason', () => {
  expect(() => gptParameters({ ...CONFIG, width: 40 })).toThrow(
    'model: width must be a multiple of the head size 16, got 40',
  );
  expect(() => gptParameters({ ...CONFIG, headSize: 3, width: 33 })).toThrow('head size must be even');
  expect(() => gptParameters({ ...CONFIG, layers: 0 })).toThrow(
    'model: layers must be an integer of at least 1, got 0',
  );
});
