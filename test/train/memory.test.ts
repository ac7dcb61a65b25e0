import { expect, test } from 'vitest';
import type { GptConfig } from '../../src/train/config.ts';
import { trainingBytes } from '../../src/train/memory.ts';

/** Maximum resident set of `muonscope train`, three steps, cpu engine on two threads, Linux x64, in kilobytes. */
const MEASURED: readonly (readonly [model: GptConfig, batch: number, kilobytes: number])[] = [
  [{ layers: 1, width: 16, headSize: 16, context: 32, vocabulary: 256 }, 1, 163_800],
  [{ layers: 2, width: 768, headSize: 16, context: 32, vocabulary: 256 }, 1, 1_096_448],
  [{ layers: 1, width: 1536, headSize: 16, context: 32, vocabulary: 256 }, 1, 1_994_204],
  [{ layers: 1, width: 64, headSize: 16, context: 64, vocabulary: 256 }, 256, 699_188],
  [{ layers: 4, width: 64, headSize: 16, context: 64, vocabulary: 256 }, 256, 1_441_528],
  [{ layers: 1, width: 64, headSize: 16, context: 512, vocabulary: 256 }, 8, 611_684],
  [{ layers: 2, width: 32, headSize: 16, context: 64, vocabulary: 50257 }, 8, 934_800],
  [{ layers: 8, width: 128, headSize: 16, context: 128, vocabulary: 256 }, 16, 868_984],
];

test.each(MEASURED)(
  'the estimate for %j in batches of %i is within a third of the measured peak',
  (model, batch, kilobytes) => {
    const ratio = trainingBytes({ model, batch }) / (1024 * kilobytes);
    expect(ratio).toBeGreaterThan(2 / 3);
    expect(ratio).toBeLessThan(4 / 3);
  },
);

test('sizes no machine can hold give a large number, not an error', () => {
  const model = { layers: 2, width: 1e9, headSize: 16, context: 64, vocabulary: 256 };
  expect(trainingBytes({ model, batch: 8 })).toBeGreaterThan(1e20);
});
