import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { image } from '../../src/newtonSchulz/oddPolynomial.ts';
import { candidateSchedules } from '../../src/planner/candidates.ts';
import { expressionLosses, FRAMEWORK_RULES } from '../../src/planner/expressible.ts';
import { MAX_OUTPUT } from '../../src/planner/judge.ts';
import { parseModelConfig } from '../../src/planner/modelConfig.ts';
import { forecastModel, forecastSize, type ModelForecast } from '../../src/planner/modelForecast.ts';
import { planForecast, planModel } from '../../src/planner/planModel.ts';
import { planTriples } from '../../src/planner/planTriples.ts';
import { publishedLaws } from '../../src/scaling/published/publishedLaws.ts';

const laws = publishedLaws();
const published = candidateSchedules('bf16').filter(FRAMEWORK_RULES.torch.expresses);
const llama = parseModelConfig(
  JSON.parse(readFileSync(new URL('../../docs/examples/llama70b.json', import.meta.url), 'utf8')),
  'llama70b.json',
);

/** Without designs. */
function withoutDesigns(forecast: ModelForecast) {
  return planForecast(forecast, { schedules: published, remedies: ['none'] });
}

describe('the plan of repeated triples for 70 billion parameters', () => {
  const forecast = forecastModel(laws, llama, { precision: 'bf16' });
  const { plan, designed } = planTriples(forecast, published);
  const plain = withoutDesigns(forecast);
  const free = planModel(laws, llama);

  test('costs 0.1 % more than schedules without limits, where published triples cost 3.7 % more', () => {
    expect(plan.met).toBe(true);
    expect(plan.flops / free.flops - 1).toBeLessThan(0.002);
    expect(plain.flops / free.flops - 1).toBeGreaterThan(0.035);
  });

  test('says so, with the number of designed triples', () => {
    const sentences = expressionLosses(free, plan, 'torch', { designed, published: plain });
    expect(sentences[1]).toMatch(
      /^\d+ rows run one of \d+ triples designed for their forecasts; with published triples alone it would be 3\.69 % more flops\.$/,
    );
  });

  test('every row repeats one triple fewer than 100 times, and names tell triples apart', () => {
    const byName = new Map<string, string>();
    for (const { schedule } of plan.layers) {
      const text = JSON.stringify(schedule.coefficients);
      expect(byName.get(schedule.name) ?? text).toBe(text);
      byName.set(schedule.name, text);
      expect(FRAMEWORK_RULES.torch.expresses({ ...schedule, source: '' }), schedule.name).toBe(true);
      expect(schedule.coefficients.length).toBeLessThan(100);
    }
    expect(new Set([...byName.keys()].filter((name) => designed.has(name)))).toEqual(designed);
  });

  test('no triple leaves its bound on [0, 1.01] after up to 100 repetitions', () => {
    for (const { schedule } of plan.layers) {
      let range: readonly [number, number] = [0, 1.01];
      for (let k = 0; k < 100; k++) {
        range = image(schedule.coefficients[0]!, range);
        expect(range[0], schedule.name).toBeGreaterThanOrEqual(0);
        expect(range[1], schedule.name).toBeLessThanOrEqual(MAX_OUTPUT);
      }
    }
  });

  test('a group is a range of layers of one kind', () => {
    const { rules = [] } = plan;
    for (const [i, rule] of rules.entries()) {
      const before = rules[i - 1];
      if (before?.parameter === rule.parameter) expect(rule.layers[0]).toBe(before.layers[1] + 1);
    }
    expect(rules.length).toBeLessThan(35);
  });
});

test('designed triples never cost more than published ones, and miss the floor nowhere else', () => {
  const cases = fc.record({
    params: fc.double({ min: 8, max: 13, noNaN: true }).map((x) => 10 ** x),
    floor: fc.double({ min: 0.3, max: 0.97, noNaN: true }),
    confidence: fc.option(fc.double({ min: 0.3, max: 0.95, noNaN: true }), { nil: undefined }),
  });
  fc.assert(
    fc.property(cases, ({ params, floor, confidence }) => {
      const asked = { floor, precision: 'bf16', ...(confidence === undefined ? {} : { confidence }) } as const;
      const forecast = forecastSize(laws, params, asked);
      const { plan } = planTriples(forecast, published);
      const plain = withoutDesigns(forecast);
      for (const [i, row] of plan.layers.entries()) {
        if (plain.layers[i]!.met !== false) {
          expect(row.met).toBe(true);
          expect(row.flops).toBeLessThanOrEqual(plain.layers[i]!.flops);
        }
        if (row.met !== false) expect(row.output.value).toBeGreaterThan(0.9 * floor);
      }
    }),
    { seed: 8, numRuns: 4 },
  );
}, 120_000);

test('with nothing published to choose from there is still a plan', () => {
  const { plan, designed } = planTriples(forecastSize(laws, 1e9, { precision: 'bf16' }), []);
  expect(plan.met).toBe(true);
  expect(new Set(plan.layers.map(({ schedule }) => schedule.name))).toEqual(designed);
});
