import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/base/errors.ts';
import { finished, type Steps } from '../../src/base/steps.ts';
import { confidenceFactor } from '../../src/base/studentT.ts';
import { scheduleOf } from '../../src/newtonSchulz/catalogue.ts';
import { flops } from '../../src/newtonSchulz/cost.ts';
import type { QuantileSpectrum } from '../../src/newtonSchulz/quantileSpectrum.ts';
import { output } from '../../src/newtonSchulz/response.ts';
import { parseModelConfig } from '../../src/planner/modelConfig.ts';
import { forecastModel, forecastSize } from '../../src/planner/modelForecast.ts';
import type { Plan } from '../../src/planner/plan.ts';
import { explainInSteps, planForecast, planInSteps, planModel, planSize } from '../../src/planner/planModel.ts';
import { createRounding } from '../../src/planner/rounding.ts';
import { expandRules } from '../../src/planner/rules.ts';
import { layersAtDepths } from '../../src/planner/targetShape.ts';
import { forecast } from '../../src/scaling/forecast.ts';
import { publishedLaws } from '../../src/scaling/published/publishedLaws.ts';
import { planSchema } from '../../src/store/documentSchemas.ts';
import { DEEPSEEK_V3, GPT2, LLAMA_3_8B } from './configs.ts';
import { lawsDocument, lawThrough } from './laws.ts';

const laws = publishedLaws();
const model = (config: unknown) => parseModelConfig(config, 'config.json');
const llama = planModel(laws, model(LLAMA_3_8B), { tokensPerStep: 4e6 });
const row = ({ layers }: Plan, role: string, layer: number, part?: string) =>
  layers.find((found) => found.role === role && found.layer === layer && found.part === part)!;

describe('planModel', () => {
  test('has a row for every layer and matrix, with the forecast of the law at measured depths', () => {
    expect(llama.layers).toHaveLength(32 * 7);
    for (const depth of [0.25, 0.5, 0.75, 1]) {
      const law = laws.laws.find((l) => l.role === 'attn.o' && l.depth === depth && l.quantile === 0.5)!;
      expect(row(llama, 'attn.o', 32 * depth - 1).sigma).toEqual(forecast(law, 8_030_261_248));
    }
  });

  test('rows between measured depths lie between their forecasts and say so', () => {
    const [left, between, right] = [23, 27, 31].map((layer) => row(llama, 'mlp.up', layer));
    expect(between!.sigma.value).toBeLessThan(left!.sigma.value);
    expect(between!.sigma.value).toBeGreaterThan(right!.sigma.value);
    expect(between!.reasons).toContain('The forecast lies between the laws of mlp.up at depths 0.75 and 1.');
    expect(row(llama, 'mlp.up', 0).reasons).toContain(
      'No law of mlp.up was measured before depth 0.25; the forecast is the one there.',
    );
  });

  test('is a valid document that survives JSON', () => {
    const read = JSON.parse(JSON.stringify(llama));
    expect(read).toEqual(llama);
    expect(planSchema.parse(read)).toEqual(llama);
  });

  test('counts the flops of every matrix and compares with five jordan steps', () => {
    const five = scheduleOf('jordan', 5);
    const baseline = model(LLAMA_3_8B).matrices.reduce((sum, { shape }) => sum + 32 * flops(five, ...shape), 0);
    expect(llama.baseline.flops / baseline).toBeCloseTo(1, 14);
    expect(llama.flops).toBeCloseTo(
      llama.layers.reduce((sum, layer) => sum + layer.flops, 0),
      -6,
    );
    expect(llama.saved).toBeCloseTo(1 - llama.flops / llama.baseline.flops, 14);
  });

  test('experts cost as many as there are, and share a forecast with the shared expert', () => {
    const plan = planModel(laws, model(DEEPSEEK_V3), { params: 37e9 });
    const [routed, shared] = [row(plan, 'mlp.down', 60, 'experts'), row(plan, 'mlp.down', 60, 'shared expert')];
    expect(routed.matrices).toBe(256);
    expect(routed.flops).toBe(256 * shared.flops);
    expect(routed.sigma).toEqual(shared.sigma);
    expect(row(plan, 'mlp.down', 2).shape).toEqual([7168, 18432]);
    expect(plan.target.params).toBe(37e9);
    expect(plan.warnings.join(' ')).toContain('The laws are of dense models. This mixture of experts is read at 37B');
    expect(plan.warnings.join(' ')).toContain('Narrower than the width: attn.q_a, attn.q_b, attn.kv_a, attn.kv_b');
  });

  test('a fused matrix is planned by the smallest forecast of what it fuses', () => {
    const plan = planModel(laws, model(GPT2), { params: 300e9 });
    const each = ['attn.q', 'attn.k', 'attn.v'].map((role) => {
      const law = laws.laws.find((l) => l.role === role && l.depth === 1 && l.quantile === 0.5)!;
      return forecast(law, 300e9).value;
    });
    expect(row(plan, 'attn.qkv', 11).sigma.value).toBe(Math.min(...each));
    expect(plan.warnings).toContain(
      'There is no law of attn.qkv: planned by attn.q or attn.k or attn.v, whichever is smaller.',
    );
  });

  test('lists the roles there are laws of, if none covers a matrix', () => {
    const few = lawsDocument([lawThrough(0.01, 0.3)]);
    expect(() => planModel(few, model(LLAMA_3_8B))).toThrow(UsageError);
    expect(() => planModel(few, model(LLAMA_3_8B))).toThrow('no law covers "attn.k"; there are laws of attn.q');
  });

  test('reads the laws at the count they are fitted against', () => {
    const own = model({ layers: 8, width: 64, vocabulary: 5000 });
    const roles = ['attn.q', 'attn.k', 'attn.v', 'attn.o', 'mlp.up', 'mlp.down'].map((role) =>
      lawThrough(1e-3, 0.3, { role }),
    );
    const total = lawsDocument(roles);
    expect(planModel(total, own).target.params).toBe(own.params);
    expect(planModel({ ...total, sizeConvention: 'nonEmbedding' }, own).target.params).toBe(own.nonEmbeddingParams);
  });
});

describe('confidence', () => {
  test('plans on the low end of that interval', () => {
    const certain = planModel(laws, model(LLAMA_3_8B), { confidence: 0.95 });
    const half = planModel(laws, model(LLAMA_3_8B), { confidence: 0.5 });
    const ratio = confidenceFactor(5, 0.5) / confidenceFactor(5, 0.95); // seven sizes
    for (const [i, { sigma, plannedFor, schedule, met }] of certain.layers.entries()) {
      expect(plannedFor! / sigma.low).toBeCloseTo(1, 12);
      expect(met).toBe(true);
      expect(output(plannedFor!, { ...schedule, source: '' })).toBeGreaterThanOrEqual(0.7);
      expect(Math.log(half.layers[i]!.plannedFor! / sigma.value) / Math.log(sigma.low / sigma.value)).toBeCloseTo(
        ratio,
        9,
      );
    }
    expect(certain.flops).toBeGreaterThan(llama.flops);
    expect(certain.layers[0]!.reasons[0]).toContain('low end (95 % confidence) of the forecast q = 0.5 singular value');
    expect(certain.criterion.confidence).toBe(0.95);
  });

  test('refuses what is none', () => {
    expect(() => planModel(laws, model(GPT2), { confidence: 1 })).toThrow(
      'the confidence must lie between 0 and 1, got 1',
    );
  });
});

describe('a plan never costs more when the criterion is relaxed', () => {
  const own = model({ layers: 6, width: 512, vocabulary: 1000 });
  const cost = (options: Parameters<typeof planModel>[2]): number =>
    planModel(laws, own, { params: 1e11, ...options }).flops;
  const pair = (value: fc.Arbitrary<number>) =>
    fc.tuple(value, value).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);

  test('by a lower floor, a lower confidence, or a larger direction', () => {
    const floors = pair(fc.double({ min: 0.05, max: 1, noNaN: true }));
    const confidences = pair(fc.double({ min: 0.05, max: 0.9, noNaN: true }));
    fc.assert(
      fc.property(floors, confidences, ([low, high], [unsure, sure]) => {
        // Where no schedule meets the stricter criterion, the closest may be cheaper: that is no plan that meets it.
        const strict = planModel(laws, own, { params: 1e11, floor: high });
        if (strict.met) expect(cost({ floor: low })).toBeLessThanOrEqual(strict.flops);
        const certain = planModel(laws, own, { params: 1e11, confidence: sure });
        if (certain.met) expect(cost({ confidence: unsure })).toBeLessThanOrEqual(certain.flops);
      }),
      { seed: 5, numRuns: 8 },
    );
    for (const [larger, smaller] of [
      [0.1, 0.25],
      [0.25, 0.5],
      [0.5, 0.75],
    ] as const)
      expect(cost({ quantile: larger })).toBeLessThanOrEqual(cost({ quantile: smaller }));
  });
});

describe('rules', () => {
  test('expand to exactly the layers, in order, and add up to the plan', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(GPT2, LLAMA_3_8B, DEEPSEEK_V3),
        fc.double({ min: 8, max: 12, noNaN: true }),
        (config, log) => {
          const { layers, rules = [], flops: total } = planModel(laws, model(config), { params: 10 ** log });
          expect(expandRules(rules)).toEqual(
            layers.map(({ role, part = null, layer, schedule }) => ({ role, part, layer, schedule: schedule.name })),
          );
          expect(rules.reduce((sum, rule) => sum + rule.flops, 0) / total).toBeCloseTo(1, 12);
        },
      ),
      { seed: 6, numRuns: 20 },
    );
  });

  test('are as few as can be: neighbours of one matrix differ', () => {
    const { rules = [] } = llama;
    for (const [i, rule] of rules.entries())
      if (rules[i - 1]?.parameter === rule.parameter) expect(rule.schedule.name).not.toBe(rules[i - 1]!.schedule.name);
  });

  test('name their hardest layer and what a step less and more would give there', () => {
    const rule = llama.rules!.find(({ role, layers }) => role === 'attn.o' && layers[1] === 31)!;
    expect(rule.hardest.layer).toBe(31);
    expect(rule.hardest.sigma).toBe(row(llama, 'attn.o', 31).sigma.value);
    const { fewer, more } = rule.hardest.alternatives;
    expect(rule.schedule.name).toBe('cans x6');
    expect(fewer).toMatchObject({ name: 'cans x5', products: 15 });
    expect(fewer!.reach).toBeLessThan(0.7);
    expect(fewer!.output).toBeCloseTo(output(rule.hardest.sigma, scheduleOf('cans', 5)), 14);
    expect(more!.products).toBe(21);
    expect(more!.flops).toBe(7 * 6 * 4096 ** 3);
  });

  test('have no alternative beyond the longest and below the shortest schedule', () => {
    const one = planModel(laws, model(GPT2), { schedules: [scheduleOf('jordan', 5)] });
    expect(one.rules!.map(({ hardest }) => hardest.alternatives)).toEqual(
      one.rules!.map(() => ({ fewer: null, more: null })),
    );
  });
});

describe('what a plan says of itself', () => {
  test('how many decades it extrapolates, and which laws are weak', () => {
    expect(llama.extrapolation).toMatchObject({
      decades: expect.closeTo(Math.log10(8_030_261_248 / 2.8e9), 12),
      measured: [77e6, 2.8e9],
    });
    expect(llama.warnings[0]).toBe('The plan extrapolates 0.46 decades beyond the largest measured size, 2.8B.');
    const weak = llama.extrapolation!.weakLaws.map(({ role, depth }) => `${role} ${depth}`);
    expect(weak).toContain('attn.o 0.25');
    expect(weak).toContain('mlp.up 1');
    expect(row(llama, 'attn.o', 0).weak).toBe(true);
    expect(row(llama, 'attn.q', 0).weak).toBe(false);
  });

  test('within the measured sizes it extrapolates by none, below them by less', () => {
    expect(planSize(laws, 1e9).extrapolation!.decades).toBe(0);
    expect(planSize(laws, 7.7e6).extrapolation!.decades).toBeCloseTo(-1, 12);
    expect(planSize(laws, 7.7e6).warnings.join(' ')).toContain('1 decade below the smallest measured size, 77M');
  });

  test('the share of a training step', () => {
    const { trainingShare } = llama;
    const weights = 8_030_261_248 - 128256 * 4096 - 65 * 4096; // all but the embedding and 65 gains
    expect(trainingShare).toEqual({
      tokensPerStep: 4e6,
      weightsPerToken: weights,
      trainingFlops: 6 * weights * 4e6,
      plan: llama.flops / (6 * weights * 4e6),
      baseline: llama.baseline.flops / (6 * weights * 4e6),
    });
    expect(() => planModel(laws, model(GPT2), { tokensPerStep: 0 })).toThrow(
      'tokens per step must be a positive finite number',
    );
  });

  test('where no schedule meets the criterion, the best reachable', () => {
    const plan = planSize(laws, 1e12, { floor: 0.999 });
    expect(plan.met).toBe(false);
    const failing = plan.layers.filter(({ met }) => met === false);
    expect(failing.length).toBeGreaterThan(0);
    for (const { reach } of failing) expect(reach).toBeLessThan(0.999);
    const best = Math.min(...failing.map(({ reach = 0 }) => reach));
    expect(planSize(laws, 1e12, { floor: best - 1e-9 }).met).toBe(true);
  });
});

describe('a plan that is not explained', () => {
  test.each([
    { floor: 0.7 },
    { floor: 0.999 },
    { precision: 'bf16' },
    { precision: 'bf16', confidence: 0.9, quantile: 0.9 },
  ] as const)('is the plan without its reasons and alternatives: %j', (options) => {
    const plan = planSize(laws, 30e9, options);
    const bare = {
      ...plan,
      layers: plan.layers.map((layer) => ({ ...layer, reasons: [] })),
      rules: plan.rules!.map((rule) => ({
        ...rule,
        hardest: { ...rule.hardest, alternatives: { fewer: null, more: null } },
      })),
    };
    expect(planSize(laws, 30e9, { ...options, explained: false })).toEqual(bare);
  });
});

describe('planSize', () => {
  test('has the measured depths among its layers, with the worked example of arXiv:2606.04058', () => {
    const plan = planSize(laws, 300e9);
    expect(plan.target.layers % 4).toBe(0);
    const at = (role: string, depth: number) =>
      plan.layers.find((l) => l.role === role && l.depth === depth)!.sigma.value;
    expect(Math.abs(at('attn.q', 0.75) / 1.48e-3 - 1)).toBeLessThan(0.01);
    expect(Math.abs(at('attn.o', 1) / 5.56e-5 - 1)).toBeLessThan(0.01);
    expect(plan.warnings[0]).toContain(`width ${plan.target.width} and ${plan.target.layers} layers are read off`);
  });

  test('a size on the ladder keeps its shape', () => {
    expect(planSize(laws, 1.2e9).target).toMatchObject({ width: 1792, layers: 26, family: 'size' });
  });

  test('layersAtDepths moves to the nearest number that the depths divide, or not at all', () => {
    expect(layersAtDepths(187, [0.25, 0.5, 0.75, 1])).toBe(188);
    expect(layersAtDepths(188, [0.25, 1])).toBe(188);
    expect(layersAtDepths(10, [1 / 3, 1])).toBe(9);
    expect(layersAtDepths(10, [0.013])).toBe(10);
  });
});

describe('a plan in steps', () => {
  const question = { floor: 0.9, confidence: 0.8 } as const;
  const forecasts = (['float32', 'bf16'] as const).flatMap((precision) => [
    forecastModel(laws, model(DEEPSEEK_V3), { precision }),
    forecastSize(laws, 3e11, { ...question, precision }),
  ]);

  test.each(forecasts)('says of its rules what the whole plan says, and nothing of reasons before', (found) => {
    const whole = planForecast(found);
    const steps = planInSteps(found, { explained: false });
    expect(steps.next().done).toBe(false);
    const plain = finished(steps);
    expect(plain.layers.map((layer) => layer.reasons)).toEqual(plain.layers.map(() => []));
    expect(plain.layers).toEqual(whole.layers.map((layer) => ({ ...layer, reasons: [] })));
    const explained = finished(explainInSteps(found, plain));
    expect(explained.rules).toEqual(whole.rules);
    const told = explained.layers.filter(({ reasons }) => reasons.length > 0);
    expect(told).toHaveLength(whole.rules?.length ?? Number.NaN);
    for (const layer of told) expect(whole.layers).toContainEqual(layer);
  });

  test('gives way many times while a large plan is made and explained', () => {
    const found = forecastSize(laws, 1e13, { ...question, precision: 'bf16' });
    const making = counted(planInSteps(found, { explained: false }));
    expect(making.turns).toBeGreaterThan(40);
    expect(counted(explainInSteps(found, making.result)).turns).toBeGreaterThan(40);
  });

  test('does not depend on plans that shared its spectra and what is modelled of them', () => {
    const [spectra, rounding] = [new Map<string, QuantileSpectrum>(), createRounding('bf16')];
    for (const options of [{ floor: 0.7 }, { floor: 0.9 }, question, { quantile: 0.9 }]) {
      const shared = forecastSize(laws, 1e10, { ...options, precision: 'bf16', spectra });
      const alone = forecastSize(laws, 1e10, { ...options, precision: 'bf16' });
      expect(planForecast(shared, { rounding })).toEqual(planForecast(alone));
    }
    expect(spectra.size).toBe(24);
  });
});

/** The result, and how often the work could have been left meanwhile. */
function counted<T>(steps: Steps<T>): { readonly turns: number; readonly result: T } {
  for (let turns = 0; ; turns++) {
    const { done, value } = steps.next();
    if (done) return { turns, result: value };
  }
}
