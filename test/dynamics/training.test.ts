import { describe, expect, test } from 'vitest';
import { drawGlyphs } from '../../src/dynamics/glyphs.ts';
import { shareOfTokens } from '../../src/dynamics/rankShare.ts';
import { summariseTraining } from '../../src/dynamics/training.ts';
import type { TrainingRecord } from '../../src/dynamics/trainingRecord.ts';
import { GPT_PLANS, recipeOf, trainAndMeasure, trainingRuns, VIT_PLANS } from '../../src/dynamics/trainingSweep.ts';
import { createEngine } from '../../src/graph/engine.ts';
import { createSampler, validationBatches, wholeText } from '../../src/train/batches.ts';
import { gptModel } from '../../src/train/gpt.ts';
import { imageBatches, imageSampler } from '../../src/train/images.ts';
import { createModelTrainer } from '../../src/train/trainer.ts';
import { vitModel } from '../../src/train/vit.ts';

const NEVER = new AbortController().signal;

/** A record with a given loss; ranks 10 under Muon and 5 under AdamW. */
function record(optimizer: 'muon' | 'adamw', rate: number, loss: number | null, seed = 1): TrainingRecord {
  const rank = { name: 'layers.0.attn.q', role: 'attn.q', layer: 0, effectiveRank: 20 };
  const stableRank = optimizer === 'muon' ? 10 + 0.1 * seed : 5 + 0.1 * seed;
  return {
    ...{ id: `${optimizer} ${rate} ${seed}`, optimizer, rate, seed, share: null },
    divergedAt: loss === null ? 3 : null,
    validationLoss: loss,
    curve: loss === null ? [] : [{ step: 10, loss }],
    ranks: [
      { ...rank, step: 0, stableRank: 8 },
      { ...rank, step: 10, stableRank },
    ],
    spectra: [],
  };
}

const SUMMARY = { experiment: 'gpt', size: 'smoke', seed: 1, data: 'made up' } as const;

describe('plateaus of learning rates', () => {
  const losses = (optimizer: 'muon' | 'adamw', values: readonly (number | null)[]): readonly TrainingRecord[] =>
    values.flatMap((loss, i) => [1, 2].map((seed) => record(optimizer, 10 ** (i - 3), loss, seed)));
  const best = (records: readonly TrainingRecord[], optimizer: string) =>
    summariseTraining(SUMMARY, records)
      .tables.find(({ name }) => name === 'gpt-best')
      ?.rows.find(([label]) => label === optimizer);

  test('end where the loss crosses best + 0.1, linear in log rate', () => {
    // 2 at rate 0.01; 2.2 one decade either side: the crossing is half a decade away.
    const row = best([...losses('muon', [3, 2.2, 2, 2.2]), ...losses('adamw', [3, 3, 2.5, 3])], 'Muon');
    expect(row?.slice(1, 3)).toEqual([0.1, 2]);
    expect(row?.[3]).toBeCloseTo(10 ** -1.5, 10);
    expect(row?.[4]).toBeCloseTo(10 ** -0.5, 10);
    expect(row?.[5]).toBeCloseTo(1, 10);
  });

  test('end half way to a rate that diverged, and a diverged run is counted, not dropped', () => {
    const records = [...losses('muon', [2.05, 2, null, null]), ...losses('adamw', [3, 2.5, 3, null])];
    expect(best(records, 'Muon')?.[4]).toBeCloseTo(10 ** -1.5, 10);
    const { claims, tables } = summariseTraining(SUMMARY, records);
    expect(claims[0]?.evidence).toContain('10 of 16 runs reached their end');
    expect(tables[0]?.rows.map((row) => row[5])).toEqual([0, 0, 2, 2, 0, 0, 0, 2]);
  });

  test('that reach the end of the grid are said to be open', () => {
    const { claims } = summariseTraining(SUMMARY, [...losses('muon', [2, 2, 2]), ...losses('adamw', [3, 2.5, 3])]);
    expect(claims[1]).toMatchObject({ holds: true });
    expect(claims[1]?.evidence).toContain('at least 2.00 decades under Muon');
  });

  test('of a sweep where everything diverged are none, which is a result', () => {
    const { claims, figures } = summariseTraining(SUMMARY, [...losses('muon', [null]), ...losses('adamw', [2])]);
    expect(claims).toEqual([
      {
        statement: 'Both optimizers train at some rate of the grid',
        holds: false,
        evidence: '2 of 4 runs reached their end',
      },
    ]);
    expect(figures).toHaveLength(7);
  });

  test('the ranking of the ViT is claimed the other way round, as the paper has it', () => {
    const records = [...losses('muon', [2]), ...losses('adamw', [1])];
    expect(summariseTraining(SUMMARY, records).claims[0]?.holds).toBe(false);
    expect(summariseTraining({ ...SUMMARY, experiment: 'vit' }, records).claims[0]?.holds).toBe(true);
  });

  test('ranks count as kept when the intervals over seeds are apart', () => {
    const { claims } = summariseTraining(SUMMARY, [...losses('muon', [2]), ...losses('adamw', [3])]);
    expect(claims[2]?.holds).toBe(true); // 10.15 +- 0.64 against 5.15 +- 0.64
    expect(claims[3]?.holds).toBe(false); // equal effective ranks
  });
});

describe('every weight matrix', () => {
  const twoMatrices = (optimizer: 'muon' | 'adamw', seed: number): TrainingRecord => {
    const one = record(optimizer, 0.01, 2, seed);
    const other = one.ranks.map((rank) => ({ ...rank, name: 'layers.1.attn.q', layer: 1, stableRank: seed }));
    const update = { kind: 'update', name: 'layers.1.attn.q', role: 'attn.q', layer: 1 } as const;
    return {
      ...one,
      ranks: [...one.ranks, ...other],
      spectra: [{ ...update, values: [0.7, 0.6, 0.5, seed / 10, 0.3, 0.2, 0.1] }],
    };
  };
  const { tables, figures } = summariseTraining(
    SUMMARY,
    (['muon', 'adamw'] as const).flatMap((optimizer) => [1, 3].map((seed) => twoMatrices(optimizer, seed))),
  );

  test('has a row with its ranks at start and end and its medians, seeds averaged', () => {
    const rows = tables.find(({ name }) => name === 'gpt-matrices')?.rows;
    expect(rows?.map(([optimizer, matrix]) => `${optimizer} ${matrix}`)).toEqual([
      ...['Muon layers.0.attn.q', 'Muon layers.1.attn.q', 'AdamW layers.0.attn.q', 'AdamW layers.1.attn.q'],
    ]);
    expect(rows?.[0]?.slice(2)).toEqual([8, 10.2, 20, 20, null, null]);
    expect(rows?.[1]?.slice(2)).toEqual([2, 2, 20, 20, null, 0.2]);
  });

  test('has a row for every step, and a line in the panel of its optimizer', () => {
    expect(tables.find(({ name }) => name === 'gpt-ranks')?.rows).toHaveLength(8);
    const { series } = figures.find(({ name }) => name === 'gpt-matrix-stable-rank')!;
    expect(series.map(({ panel }) => panel)).toEqual(['Muon', 'Muon', 'AdamW', 'AdamW']);
    expect(series[0]?.points).toEqual([
      { x: 0, y: 8 },
      { x: 10, y: 10.2 },
    ]);
  });
});

describe('the rank-p ablation', () => {
  const withShare = (share: number, losses: readonly number[]): TrainingRecord => ({
    ...record('muon', 0.01, losses.at(-1) ?? null),
    share,
    curve: losses.map((loss, i) => ({ step: 10 * (i + 1), loss })),
  });

  test('reads token efficiency off the curve of the run with all directions', () => {
    const all = withShare(1, [4, 3, 2]);
    expect(shareOfTokens(all, 2)).toBe(1);
    expect(shareOfTokens(all, 2.5)).toBeCloseTo(25 / 30, 12);
    expect(shareOfTokens(all, 4.5)).toBeCloseTo(10 / 30, 12);
    expect(shareOfTokens(all, 1)).toBe(1);
  });

  test('is told apart from the grid of rates', () => {
    const records = [
      ...[record('muon', 0.01, 2), record('adamw', 0.01, 3)],
      ...[withShare(1, [4, 2]), withShare(0.5, [4, 2.05]), withShare(0.1, [4, 3])],
    ];
    const { claims, tables } = summariseTraining(SUMMARY, records);
    expect(claims.at(-1)).toMatchObject({ holds: true });
    expect(tables.find(({ name }) => name === 'gpt-rates')?.rows).toHaveLength(2);
    expect(tables.find(({ name }) => name === 'gpt-rank-share')?.rows.map(([share]) => share)).toEqual([0.1, 0.5, 1]);
  });
});

describe('a training sweep', () => {
  test('has at least seven rates over three decades for either optimizer, each seed with each', () => {
    for (const plan of [...Object.values(GPT_PLANS), ...Object.values(VIT_PLANS)]) {
      for (const rates of Object.values(plan.rates)) {
        expect(rates.length).toBeGreaterThanOrEqual(7);
        expect(Math.log10((rates.at(-1) ?? 0) / (rates[0] ?? 1))).toBeCloseTo(3, 2);
      }
      const { muon, adamw } = plan.rates;
      const runs = (muon.length + adamw.length + plan.shares.length) * plan.seeds;
      expect(new Set(trainingRuns(plan, 4).map(({ id }) => id)).size).toBe(runs);
    }
  });

  test('trains a GPT under either optimizer on the same batches, and marks a run that diverges', async () => {
    const engine = await createEngine({ threads: 1 });
    const plan = { ...GPT_PLANS.smoke, steps: 8 };
    const text = wholeText(Uint8Array.from({ length: 4000 }, (_, i) => (i * i) % 61));
    const shape = { context: 32, batch: plan.batch };
    const config = { ...plan.model, vocabulary: 64 };
    const train = async (optimizer: 'muon' | 'adamw', rate: number) => {
      const run = { id: 'one', optimizer, rate, seed: 1, share: null };
      const trainer = await createModelTrainer({
        ...{ engine, config: recipeOf(plan, run), model: gptModel(config, plan.batch, optimizer) },
        ...{ sampler: createSampler(text, shape), validation: validationBatches(text, shape, 8), clock: () => 0 },
      });
      const found = await trainAndMeasure(run, trainer, NEVER);
      await trainer.close();
      return found;
    };
    for (const optimizer of ['muon', 'adamw'] as const) {
      const found = await train(optimizer, 0.01);
      expect(found?.divergedAt).toBeNull();
      expect(found?.validationLoss).toBeLessThan(Math.log(64));
      expect(found?.spectra).toHaveLength(3 * 12);
      expect(found?.ranks).toHaveLength(12 * ((found?.curve.length ?? 0) + 1));
      for (const { values } of found?.spectra ?? []) expect([...values]).toEqual([...values].sort((a, b) => b - a));
    }
    const diverged = await train('adamw', 1e30);
    expect(diverged?.divergedAt).toBeGreaterThan(0);
    expect(diverged?.validationLoss).toBeNull();
  });

  test('teaches a ViT to read glyphs', async () => {
    const engine = await createEngine({ threads: 2 });
    const plan = { ...VIT_PLANS.smoke, steps: 120 };
    const images = drawGlyphs(2000, 16, 1, 'training');
    const config = { ...plan.model, side: 16, channels: 1, classes: 10 };
    const run = { id: 'one', optimizer: 'muon', rate: 0.01, seed: 1, share: null } as const;
    const trainer = await createModelTrainer({
      ...{ engine, config: recipeOf(plan, run), model: vitModel(config, plan.batch), clock: () => 0 },
      ...{ sampler: imageSampler(images, plan.batch), validation: imageBatches(images, plan.batch, 256) },
    });
    const found = await trainAndMeasure(run, trainer, NEVER);
    await trainer.close();
    expect(found?.validationLoss).toBeLessThan(Math.log(10) - 0.1);
  });
});
