import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scheduleOf } from '../../src/newtonSchulz/catalogue.ts';
import { precisionFloor } from '../../src/newtonSchulz/precisionModel.ts';
import { type QuantileSpectrum, valueAtQuantile } from '../../src/newtonSchulz/quantileSpectrum.ts';
import type { NsPrecision } from '../../src/newtonSchulz/schedule.ts';
import { modelOfSize } from '../../src/planner/modelFamilies/ownModel.ts';
import type { PlanCriterion, PlanLayer } from '../../src/planner/plan.ts';
import { planFromLaws } from '../../src/planner/planFromLaws.ts';
import { type LayerChoices, type LayerForecast, planLayers } from '../../src/planner/planLayers.ts';
import { planModel, planSize } from '../../src/planner/planModel.ts';
import { publishedLaws } from '../../src/scaling/published/publishedLaws.ts';
import { planSchema } from '../../src/store/documentSchemas.ts';
import { lawsDocument, lawThrough } from './laws.ts';

/** The case of docs/design.md: 0.98 of the norm in one direction, the others from 1e-3 down to 1e-5. */
const OUTLIER: QuantileSpectrum = {
  quantiles: [0.05, 0.5, 0.95],
  values: [8e-4, 1e-4, 1.25e-5],
  rows: 512,
  columns: 512,
  outlierShare: 0.98 ** 2,
};

function at(quantile: number, spectrum = OUTLIER): LayerForecast {
  const value = valueAtQuantile(spectrum, quantile);
  return {
    role: 'attn.o',
    depth: 1,
    sigma: { value, low: value, high: value },
    shape: [spectrum.rows, spectrum.columns],
    matrices: 1,
    notes: [],
    spectrum,
  };
}

function criterion(quantile: number, precision: NsPrecision, floor = 0.7): PlanCriterion {
  return { quantile, floor, precision };
}

function planOne(quantile: number, precision: NsPrecision, choices: LayerChoices = {}): PlanLayer {
  return planLayers([at(quantile)], criterion(quantile, precision), choices).layers[0]!;
}

describe('behind an outlier of 0.98 of the norm', () => {
  test('bf16 reaches the floor at the lowest tenth at no step count, and says what it leaves', () => {
    const { met, reach, remedy, reasons } = planOne(0.95, 'bf16', { remedies: ['none'] });
    expect([met, remedy]).toEqual([false, undefined]);
    expect(reach).toBeLessThan(0.4);
    expect(reasons[0]).toMatch(
      /^No schedule and remedy to choose from meets the floor 0\.7; the closest, .* in bf16\.$/,
    );
    expect(reasons[1]).toMatch(
      /^In exact arithmetic it would give \d\.\d+; rounding to bf16 leaves 0\.[23]\d* of this direction, however many/,
    );
  });

  test('a remedy lets the schedule of exact arithmetic meet it, at its cost, with the reasons in words', () => {
    const exact = planOne(0.95, 'float32');
    const { met, output, remedy, schedule, products, flops, reasons } = planOne(0.95, 'bf16');
    expect([met, schedule.name, products, flops]).toEqual([true, exact.schedule.name, exact.products, exact.flops]);
    expect(remedy).toEqual({ name: 'float32 iterate', products: 0, flops: 0, float32Flops: 0 });
    expect(output.value).toBe(
      precisionFloor(scheduleOf('jordan', 9), OUTLIER, 'bf16', { quantile: 0.95, remedy: 'float32 iterate' }).output,
    );
    expect(reasons[0]).toContain(`${schedule.name} (27 products) with a float32 iterate`);
    expect(reasons[1]).toMatch(/^In bf16 alone it gives 0\.\d+: rounding to bf16 leaves 0\.\d+ of this direction/);
    expect(reasons[2]).toMatch(/^In bf16 alone no number of steps of any schedule reaches the floor 0\.7; the best/);
    expect(reasons[3]).toMatch(
      /^With the same schedule a tighter entry .* at no cost; a float32 first step .* deflation/,
    );
  });

  test('restricted to deflation it costs 20 m n flops, and they are part of the row', () => {
    const { remedy, flops, met } = planOne(0.95, 'bf16', { remedies: ['none', 'deflation'] });
    expect(met).toBe(true);
    expect(remedy).toEqual({ name: 'deflation', products: 0, flops: 20 * 512 ** 2, float32Flops: 0 });
    expect(flops).toBe(planOne(0.95, 'float32').flops + 20 * 512 ** 2);
  });

  test('a float32 first step moves a step to the float32 rate', () => {
    const layer = planLayers([{ ...at(0.75), matrices: 3 }], criterion(0.75, 'bf16'), {
      remedies: ['float32 first step'],
    }).layers[0]!;
    expect(layer.remedy).toEqual({ name: 'float32 first step', products: 0, flops: 0, float32Flops: 3 * 6 * 512 ** 3 });
    expect(layer.met).toBe(true);
  });

  test('no remedy where rounding does no harm', () => {
    expect(planOne(0.05, 'bf16').remedy).toBeUndefined();
    for (const quantile of [0.05, 0.5, 0.95]) expect(planOne(quantile, 'tf32').remedy).toBeUndefined();
  });

  test('no remedy for a criterion that exact arithmetic misses as well', () => {
    const schedules = [scheduleOf('jordan', 5)];
    const { met, remedy } = planLayers([at(0.05)], criterion(0.05, 'bf16', 0.99), { schedules }).layers[0]!;
    expect([met, remedy]).toEqual([false, undefined]);
  });

  test('a remedy is not credited with steps that exact arithmetic needs', () => {
    const { value } = at(0.5).sigma;
    const wide = { ...at(0.5), sigma: { value, low: value / 3, high: value } };
    const { reasons } = planLayers([wide], criterion(0.5, 'bf16')).layers[0]!;
    const exact = planLayers([wide], criterion(0.5, 'float32')).layers[0]!;
    const certain = (sentences: readonly string[]): string | undefined =>
      /at its worst; (\S+ x\d+) .*is the cheapest that keeps/.exec(sentences.join(' '))?.[1];
    expect(certain(exact.reasons)).toBeDefined();
    expect(certain(reasons)).toBe(certain(exact.reasons));
  });

  test('the plan counts the rows with a remedy', () => {
    const plan = planLayers([at(0.05), at(0.95)], criterion(0.95, 'bf16'));
    expect(plan.met).toBe(true);
    expect(plan.warnings.join(' ')).toContain(
      'Rounding to bf16 keeps 1 of 2 rows from the floor 0.7 with the schedule they need in exact arithmetic; they run it ' +
        'with a remedy: float32 iterate on 1.',
    );
  });
});

describe('over random spectra', () => {
  const spectrum = fc
    .record({
      median: fc.double({ min: -5, max: -2, noNaN: true }),
      spread: fc.double({ min: 0.1, max: 1, noNaN: true }),
      rows: fc.constantFrom(128, 1024, 8192),
    })
    .map(
      ({ median, spread, rows }): QuantileSpectrum => ({
        quantiles: [0.1, 0.5, 0.9],
        values: [1, 0, -1].map((side) => 10 ** (median + side * spread) / Math.sqrt(rows / 128)),
        rows,
        columns: rows,
      }),
    );
  const precision = fc.constantFrom<NsPrecision>('bf16', 'fp16', 'tf32');
  const floor = fc.double({ min: 0.05, max: 1, noNaN: true });
  const flops = (row: LayerForecast, asked: PlanCriterion): number => planLayers([row], asked).layers[0]!.flops;

  test('a plan never costs more when the floor is relaxed, unless the stricter one is missed', () => {
    fc.assert(
      fc.property(spectrum, precision, floor, floor, fc.constantFrom(0.5, 0.9), (s, p, one, other, quantile) => {
        const [relaxed, strict] = [Math.min(one, other), Math.max(one, other)];
        const strictPlan = planLayers([at(quantile, s)], criterion(quantile, p, strict));
        if (!strictPlan.met) return;
        const relaxedPlan = planLayers([at(quantile, s)], criterion(quantile, p, relaxed));
        expect(relaxedPlan.met).toBe(true);
        expect(relaxedPlan.flops).toBeLessThanOrEqual(strictPlan.flops);
      }),
      { seed: 4, numRuns: 60 },
    );
  });

  test('rounding never makes a plan cheaper, and what meets it reaches the floor in the model', () => {
    fc.assert(
      fc.property(spectrum, precision, floor, (s, p, f) => {
        const exact = planLayers([at(0.5, s)], criterion(0.5, 'float32', f));
        const plan = planLayers([at(0.5, s)], criterion(0.5, p, f));
        if (!plan.met) return;
        expect(exact.met).toBe(true);
        expect(plan.flops).toBeGreaterThanOrEqual(flops(at(0.5, s), criterion(0.5, 'float32', f)));
        const { schedule, remedy } = plan.layers[0]!;
        const found = { ...schedule, source: '' };
        const modelled = precisionFloor(found, s, p, { quantile: 0.5, remedy: remedy?.name ?? 'none' });
        expect(modelled.output).toBeGreaterThanOrEqual(f);
      }),
      { seed: 5, numRuns: 40 },
    );
  });
});

describe('plans from laws', () => {
  /** Small directions in narrow matrices: rounding to bf16 loses them. */
  const laws = lawsDocument(
    [0.5, 0.9].flatMap((quantile) =>
      [0.5, 1].map((depth) => lawThrough(quantile === 0.5 ? 1e-4 : 2e-5, 0.1, { depth, quantile })),
    ),
  );

  test('know all quantiles of a row, and join layers by remedy', () => {
    const plan = planModel(laws, modelOfSize(1e9, { width: 512, layers: 4 }, ['attn.q']), {
      quantile: 0.9,
      precision: 'bf16',
    });
    expect(plan.met).toBe(true);
    expect(plan.warnings.join(' ')).not.toContain('only one quantile');
    expect(plan.rules).toHaveLength(1);
    const { remedy, hardest } = plan.rules![0]!;
    expect(remedy?.name).toBe('float32 iterate');
    expect(hardest.output).toBe(plan.layers[hardest.layer]!.output.value);
    expect(hardest.alternatives.fewer!.reach).toBeLessThan(0.7);
    expect(planSchema.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  });

  test('planFromLaws weighs the same remedies', () => {
    const options = { params: 1e9, quantile: 0.9, precision: 'bf16', model: { width: 512, layers: 4 } } as const;
    const plan = planFromLaws(laws, options);
    expect(plan.layers.map(({ remedy }) => remedy?.name)).toEqual(['float32 iterate', 'float32 iterate']);
    expect(planFromLaws(laws, { ...options, remedies: ['none'] }).met).toBe(false);
  });

  test('bf16 is enough for the published laws at 300B: wide matrices carry their noise in many entries', () => {
    const plan = planSize(publishedLaws(), 300e9, { precision: 'bf16' });
    expect(plan.met).toBe(true);
    expect(plan.layers.some(({ remedy }) => remedy)).toBe(false);
    const exact = planSize(publishedLaws(), 300e9);
    expect(plan.flops).toBeGreaterThanOrEqual(exact.flops);
    expect(plan.flops / exact.flops).toBeLessThan(1.02);
  });
});
