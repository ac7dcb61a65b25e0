import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scheduleOf } from '../../src/newtonSchulz/catalogue.ts';
import type { NsCoefficients } from '../../src/newtonSchulz/schedule.ts';
import { candidateSchedules } from '../../src/planner/candidates.ts';
import { DIP_TOLERANCE, MAX_OUTPUT } from '../../src/planner/judge.ts';
import type { PlanCriterion, PlanLayer } from '../../src/planner/plan.ts';
import { type LayerForecast, planLayers } from '../../src/planner/planLayers.ts';

const CRITERION: PlanCriterion = { quantile: 0.5, floor: 0.7, precision: 'float32' };

function row(value: number, { low = value, high = value, ...rest }: Partial<LayerForecast & Limits> = {}) {
  return {
    role: 'attn.q',
    depth: 1,
    sigma: { value, low, high },
    shape: [64, 64],
    matrices: 1,
    notes: [],
    ...rest,
  } as const;
}
interface Limits {
  readonly low: number;
  readonly high: number;
}

function planOne(forecast: LayerForecast, criterion = CRITERION): PlanLayer {
  return planLayers([forecast], criterion).layers[0]!;
}

/** The composition, written out. */
function compose(coefficients: readonly NsCoefficients[], scale: number, sigma: number): number {
  let s = sigma / scale;
  for (const [a, b, c] of coefficients) s = a * s + b * s ** 3 + c * s ** 5;
  return s;
}

describe('planLayers', () => {
  test('gives a large singular value few products and a small one many', () => {
    expect(planOne(row(0.3)).products).toBeLessThanOrEqual(6);
    expect(planOne(row(1e-5)).products).toBeGreaterThanOrEqual(27);
  });

  test('keeps five steps for the median of mid-late queries at 300B, but not for the final attention output', () => {
    // Forecasts of the worked example of arXiv:2606.04058.
    expect(planOne(row(1.48e-3)).schedule.name).toBe('cans x5');
    const final = planOne(row(5.56e-5));
    expect(final.schedule.name).toBe('jordan x8');
    expect(compose(scheduleOf('jordan', 5).coefficients, 1, 5.56e-5)).toBeLessThan(0.03);
  });

  test('is the cheapest of all that meet the criterion on a dense grid', () => {
    const grid = Array.from({ length: 8001 }, (_, i) => 10 ** (6 * (i / 8000 - 1)));
    const margin = 0.003; // what lies between two points of the grid
    for (const sigma of [0.2, 0.02, 0.004, 1.5e-3, 3e-4, 2e-5]) {
      const chosen = planOne(row(sigma));
      for (const { name, coefficients, entry } of candidateSchedules('float32')) {
        const at = (s: number): number => compose(coefficients, entry.scale, s);
        const clearlyMeets =
          entry.normalisation === 'frobenius' &&
          at(sigma) >= 0.7 &&
          grid.every((s) => at(s) <= MAX_OUTPUT - margin && (s < sigma || at(s) >= (1 - DIP_TOLERANCE) * 0.7 + margin));
        const cost = coefficients.reduce((sum, [, , c]) => sum + (c === 0 ? 4 : 6) * 64 ** 3, 0);
        if (clearlyMeets) expect(cost).toBeGreaterThanOrEqual(chosen.flops);
        if (name === chosen.schedule.name) expect(clearlyMeets).toBe(true);
      }
    }
  });

  test('a plan never costs more when the floor is relaxed', () => {
    const sigma = fc.double({ min: -7, max: -0.1, noNaN: true }).map((x) => 10 ** x);
    const floor = fc.double({ min: 0.01, max: 1, noNaN: true });
    fc.assert(
      fc.property(sigma, floor, floor, (value, one, other) => {
        const [relaxed, strict] = [Math.min(one, other), Math.max(one, other)];
        const cost = (f: number): number => planOne(row(value), { ...CRITERION, floor: f }).flops;
        expect(cost(relaxed)).toBeLessThanOrEqual(cost(strict));
      }),
      { seed: 2, numRuns: 60 },
    );
  });

  test('outputs equal the composition written out, smallest and largest over the interval', () => {
    const exponent = fc.double({ min: -6, max: -0.3, noNaN: true });
    const width = fc.double({ min: 0, max: 0.5, noNaN: true });
    fc.assert(
      fc.property(exponent, width, (x, w) => {
        const [low, value, high] = [10 ** (x - w), 10 ** x, Math.min(1, 10 ** (x + w))];
        const { schedule, output } = planOne(row(value, { low, high }));
        const at = (s: number): number => compose(schedule.coefficients, schedule.entry.scale, s);
        const grid = Array.from({ length: 2001 }, (_, i) => at(low + ((high - low) * i) / 2000));
        expect(output.value).toBeCloseTo(at(value), 12);
        expect(Math.min(...grid)).toBeGreaterThanOrEqual(output.low - 1e-12);
        expect(Math.max(...grid)).toBeLessThanOrEqual(output.high + 1e-12);
        expect(Math.min(...grid) - output.low).toBeLessThan(1e-3);
        expect(output.high - Math.max(...grid)).toBeLessThan(1e-3);
      }),
      { seed: 3, numRuns: 60 },
    );
  });

  test('counts flops of all matrices and compares with five jordan steps everywhere', () => {
    const rows = [row(0.01, { shape: [32, 128], matrices: 3 }), row(0.01, { shape: [64, 64], matrices: 2 })];
    const plan = planLayers(rows, CRITERION, { schedules: [scheduleOf('jordan', 5)] });
    const wide = 5 * (4 * 32 ** 2 * 128 + 2 * 32 ** 3);
    const square = 5 * 6 * 64 ** 3;
    expect(plan.layers.map((layer) => layer.flops)).toEqual([3 * wide, 2 * square]);
    expect(plan.baseline).toEqual({ name: 'jordan x5', flops: 3 * wide + 2 * square });
    expect(plan.saved).toBe(0);
  });

  test('cheapest means flops, not products: on a wide matrix a cubic step saves little', () => {
    // cubic5 x5 and you5 x4 both meet 0.7 at 0.007; 10 against 12 products, 80 m^3 against 72 m^3 flops at n = 4 m.
    expect(planOne(row(0.007, { shape: [64, 64] })).schedule.name).toBe('cubic5 x5');
    expect(planOne(row(0.007, { shape: [64, 256] })).schedule.name).toBe('you5 x4');
  });

  test('equal cost is settled by the worst output from the low end up', () => {
    const schedules = [scheduleOf('jordan', 5), scheduleOf('cans', 5)];
    const rising = planLayers([row(1.6e-3, { low: 1.2e-3, high: 2e-3 })], CRITERION, { schedules });
    expect(rising.layers[0]!.schedule.name).toBe('cans x5');
    const settled = planLayers([row(0.01)], CRITERION, { schedules });
    expect(settled.layers[0]!.schedule.name).toBe('cans x5');
  });

  test('where nothing meets the criterion takes the closest and says so', () => {
    const plan = planLayers([row(0.3), row(4e-7)], CRITERION);
    expect(plan.met).toBe(false);
    expect(plan.layers.map((layer) => layer.met)).toEqual([true, false]);
    expect(plan.layers[1]!.schedule.name).toBe('jordan x10');
    expect(plan.layers[1]!.reasons[0]).toBe(
      'No schedule meets the floor 0.7; the closest, jordan x10 (30 products), ' +
        'brings the forecast q = 0.5 singular value 4e-7 to 0.0939.',
    );
  });

  test('sets the precision of every schedule, and says whose outputs are modelled', () => {
    const plan = planLayers([row(0.01)], { ...CRITERION, precision: 'bf16' });
    expect(plan.layers[0]!.schedule.precision).toBe('bf16');
    expect(plan.warnings.join(' ')).toContain('Outputs are those predicted for bf16 products');
    expect(plan.warnings.join(' ')).toContain('In 1 of 1 rows only one quantile is known');
    expect(planLayers([row(0.01)], CRITERION).warnings.join(' ')).not.toMatch(/predicted|quantile is known/);
  });

  test('leaves out schedules with another entry normalisation, with the reason', () => {
    const { layers, warnings } = planLayers([row(0.2)], CRITERION);
    expect(layers[0]!.schedule.name).not.toContain('aol');
    expect(warnings.filter((warning) => warning.startsWith('aol is not considered'))).toHaveLength(1);
    expect(() => planLayers([row(0.2)], CRITERION, { schedules: [scheduleOf('aol')] })).toThrow(
      'no schedule to choose from; name at least one with a Frobenius entry, such as jordan',
    );
  });

  test('refuses a floor outside (0, 1], an interval that is none and an impossible shape', () => {
    expect(() => planOne(row(0.1), { ...CRITERION, floor: 1.1 })).toThrow('the floor must lie in (0, 1], got 1.1');
    expect(() => planOne(row(0.1), { ...CRITERION, quantile: 0 })).toThrow('a quantile must lie in (0, 1], got 0');
    expect(() => planOne(row(0.1, { low: 0.2 }))).toThrow('plan: attn.q at depth 1: expected 0 <= low <= value');
    expect(() => planOne(row(Number.NaN))).toThrow('expected 0 <= low <= value');
    expect(() => planOne(row(0.1, { shape: [0, 3] }))).toThrow('a side of the matrix must be an integer');
  });
});

describe('reasons', () => {
  test('name the pick, the best cheaper one and what the interval holds', () => {
    const { reasons, schedule } = planOne(row(6.6e-4, { low: 3.6e-4, high: 1.2e-3 }));
    expect(schedule.name).toBe('cans x6');
    expect(reasons).toEqual([
      'cans x6 (18 products) brings the forecast q = 0.5 singular value 6.6e-4 to 1.07; ' +
        'it is the cheapest that reaches the floor 0.7.',
      'The best cheaper one, cans x5 (15 products), gives only 0.643.',
      'Over the interval of the forecast, 3.6e-4 to 0.0012, the output stays at or above 0.76.',
    ]);
  });

  test('name what would hold over an interval that the pick does not', () => {
    const { reasons } = planOne(row(4e-4, { low: 2e-4, high: 7e-4 }));
    expect(reasons[2]).toMatch(
      /^Over the interval of the forecast, 2e-4 to 7e-4, the output falls to 0\.\d+ at its worst; cans x7 \(21 products\) is the cheapest/,
    );
  });

  test('say why a cheaper schedule with a high enough output is turned down', () => {
    expect(planOne(row(0.004)).reasons).toContain(
      'cans x4 (12 products) is cheaper and gives 1.43 there, ' +
        'but brings other singular values to 1.55, above the bound 1.35.',
    );
    expect(planOne(row(0.0165, { shape: [64, 256] })).reasons.join(' ')).toMatch(
      /cubic5 x4 \(8 products\) .* lets larger singular values fall to 0\.37, below 0\.63/,
    );
  });

  test("say that jordan's outputs come back below the floor", () => {
    const { layers } = planLayers([row(0.002)], CRITERION, { schedules: [scheduleOf('jordan', 5)] });
    expect(layers[0]!.reasons.at(-1)).toBe('Some larger singular values come back to 0.682, a little below the floor.');
  });

  test('end with the notes of the forecast', () => {
    expect(planOne(row(0.002, { notes: ['The law is weak.'] })).reasons.at(-1)).toBe('The law is weak.');
  });
});
