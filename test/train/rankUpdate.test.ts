import { describe, expect, test } from 'vitest';
import { createEngine } from '../../src/graph/engine.ts';
import { polarFactor, singularVectors } from '../../src/linalg/singularVectors.ts';
import { createSampler, validationBatches, wholeText } from '../../src/train/batches.ts';
import type { TrainConfig } from '../../src/train/config.ts';
import { createTrainer, type Trainer } from '../../src/train/trainer.ts';
import { trainConfig } from '../../src/workflows/presets.ts';

const CHOICES = { headSize: 8, context: 16, batch: 4, steps: 10, seed: 1, vocabulary: 32, validationSequences: 4 };
const text = wholeText(Uint8Array.from({ length: 800 }, (_, i) => (i * i) % 31));
const shape = { context: 16, batch: 4 };

async function trainerOf(config: TrainConfig): Promise<Trainer> {
  return createTrainer({
    ...{ engine: await createEngine({ threads: 1 }), config, clock: () => 0 },
    ...{ sampler: createSampler(text, shape), validation: validationBatches(text, shape, 4) },
  });
}

describe('updates that keep a share of the exact directions', () => {
  test.each([false, true])(
    'are the top half of the polar factor of what NS would receive, Nesterov %s',
    async (nesterov) => {
      const config = trainConfig({ layers: 1, width: 16 }, { ...CHOICES, rank: 0.5, nesterov });
      const trainer = await trainerOf(config);
      for (let step = 0; step < 2; step++) await trainer.advance();
      for (const { parameter, weights, previous, momentum } of trainer.hidden()) {
        const scale = Math.sqrt(Math.max(1, parameter.shape[0] / parameter.shape[1]));
        const decay = 1 - config.muon.learningRate * config.muon.weightDecay;
        const exact = polarFactor(momentum, { share: 0.5 }).data;
        for (let i = 0; i < exact.length; i++) {
          const moved = (decay * previous.data[i]! - weights.data[i]!) / (config.muon.learningRate * scale);
          // float32 weights near 0.5 divided by a rate of 0.02
          expect(Math.abs(moved - exact[i]!)).toBeLessThan(1e-5);
        }
        expect(singularVectors(polarFactor(momentum, { share: 0.5 })).sigma.filter((s) => s > 0.5)).toHaveLength(8);
      }
      await trainer.close();
    },
  );

  test('with every direction train like Newton-Schulz that has converged', async () => {
    const exact = await trainerOf(trainConfig({ layers: 1, width: 16 }, { ...CHOICES, rank: 1 }));
    const plain = await trainerOf(trainConfig({ layers: 1, width: 16 }, CHOICES));
    let [a, b] = [0, 0];
    for (let step = 0; step < 10; step++) [a, b] = [(await exact.advance()).loss, (await plain.advance()).loss];
    expect(Math.abs(a - b)).toBeLessThan(0.1);
    expect(a).not.toBe(b);
    await Promise.all([exact.close(), plain.close()]);
  });
});
