import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/base/errors.ts';
import { scheduleOf } from '../../src/newtonSchulz/catalogue.ts';
import { lawNotes } from '../../src/planner/lawNotes.ts';
import { layersOfDepths, modelShapeAt, shapeOfRole } from '../../src/planner/modelShape.ts';
import { planFromLaws } from '../../src/planner/planFromLaws.ts';
import { lawsDocument, lawThrough } from './laws.ts';

const QUARTERS = [0.25, 0.5, 0.75, 1];

describe('planFromLaws', () => {
  test('plans each role and depth at the forecast of its law', () => {
    const laws = QUARTERS.map((depth) => lawThrough(0.01, depth, { depth }));
    const plan = planFromLaws(lawsDocument([...laws].reverse()), { params: 1e10 });
    expect(plan.layers.map(({ depth }) => depth)).toEqual(QUARTERS);
    for (const [i, layer] of plan.layers.entries())
      expect(layer.sigma.value).toBeCloseTo(0.01 * 10 ** -QUARTERS[i]!, 12);
    expect(plan.target).toEqual({ params: 1e10, width: 1000, layers: 16 });
    expect(plan.layers.map(({ matrices, shape }) => [matrices, shape])).toEqual(Array(4).fill([4, [1000, 1000]]));
    expect(plan.criterion).toEqual({ quantile: 0.5, floor: 0.7, precision: 'float32' });
    expect(plan.baseline.flops).toBe(16 * 5 * 6 * 1e9);
    expect(plan.saved).toBeCloseTo(1 - plan.flops / plan.baseline.flops, 15);
    expect(plan.met).toBe(true);
  });

  test('is plain data that survives JSON', () => {
    const wide = { ...lawThrough(0.01, 0.3).fit, variance: { logValue: 1e6, exponent: 0, covariance: 0 } };
    const plan = planFromLaws(lawsDocument([lawThrough(0.01, 0.3, { fit: wide })]), { params: 1e11 });
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    expect(plan.layers[0]!.sigma.high).toBe(1);
  });

  test('takes laws at the asked quantile only, and lists the known ones if there is none', () => {
    const laws = lawsDocument([lawThrough(0.01, 0.3), lawThrough(0.001, 0.3, { quantile: 0.9 })]);
    expect(planFromLaws(laws, { params: 1e9, quantile: 0.9 }).layers.map(({ sigma }) => sigma.value)).toEqual([
      expect.closeTo(0.001, 12),
    ]);
    expect(() => planFromLaws(laws, { params: 1e9, quantile: 0.8 })).toThrow(UsageError);
    expect(() => planFromLaws(laws, { params: 1e9, quantile: 0.8 })).toThrow(
      'no law has quantile 0.8; use one of 0.5, 0.9',
    );
    expect(() => planFromLaws(lawsDocument([]), { params: 1e9 })).toThrow('the laws are empty, fit them first');
  });

  test('chooses from the given schedules', () => {
    const plan = planFromLaws(lawsDocument([lawThrough(0.01, 0.3)]), {
      params: 1e9,
      schedules: [scheduleOf('textbook', 9)],
    });
    expect(plan.layers[0]!.schedule.name).toBe('textbook x9');
  });

  test('says when shapes are read off the trend, and not when they are given or on the ladder', () => {
    const laws = lawsDocument([lawThrough(0.01, 0.3)]);
    expect(planFromLaws(laws, { params: 1e12 }).warnings.join(' ')).toContain('width 10000 and 32 layers');
    expect(planFromLaws(laws, { params: 1e10 }).warnings.join(' ')).not.toContain('width');
    const given = planFromLaws(laws, { params: 1e12, model: { width: 128, layers: 2 } });
    expect(given.target).toEqual({ params: 1e12, width: 128, layers: 2 });
    expect(given.warnings.join(' ')).not.toContain('width');
  });

  test('a depth without layers costs nothing and says so', () => {
    const laws = QUARTERS.map((depth) => lawThrough(0.01, 0.1, { depth }));
    const plan = planFromLaws(lawsDocument(laws), { params: 1e9, model: { width: 64, layers: 2 } });
    expect(plan.layers.map(({ matrices }) => matrices)).toEqual([0, 1, 0, 1]);
    expect(plan.layers[0]!.flops).toBe(0);
    expect(plan.layers[0]!.reasons.at(-1)).toBe('No layer of a 2-layer model is planned by this depth.');
  });

  test('plans for 1 where a law forecasts more, and says so', () => {
    const [layer] = planFromLaws(lawsDocument([lawThrough(0.01, 1)]), { params: 1e5 }).layers;
    expect(layer?.sigma).toEqual({ value: 1, low: 1, high: 1 });
    expect(layer?.reasons).toContain(
      'The law forecasts 100, but a normalised singular value is at most 1: 1 is planned for.',
    );
  });

  test('refuses a role of unknown shape', () => {
    expect(() => planFromLaws(lawsDocument([lawThrough(0.01, 1, { role: 'mixer' })]), { params: 1e9 })).toThrow(
      'the shape of role "mixer" is not known; known roles are attn.q, attn.k, attn.v, attn.o, mlp.up, mlp.gate, mlp.down',
    );
  });
});

describe('model shape', () => {
  const { ladder } = lawsDocument([]);

  test('is the rung itself on the ladder, log-log between rungs and beyond them', () => {
    expect(modelShapeAt(ladder, 1e8)).toEqual({ width: 100, layers: 8 });
    expect(modelShapeAt(ladder, 1e9)).toEqual({ width: 316, layers: 11 });
    expect(modelShapeAt(ladder, 1e12)).toEqual({ width: 10_000, layers: 32 });
    expect(modelShapeAt(ladder, 1e4)).toEqual({ width: 1, layers: 2 });
  });

  test('needs two sizes beyond the ladder', () => {
    expect(modelShapeAt(ladder.slice(0, 1), 1e6).width).toBe(10);
    expect(() => modelShapeAt(ladder.slice(0, 1), 1e7)).toThrow('shapes need a ladder of at least two sizes');
    expect(() => modelShapeAt([], 1e7)).toThrow('shapes need a ladder of at least two sizes');
  });

  test('matrices lie outputs by inputs', () => {
    expect(shapeOfRole('attn.o', 8)).toEqual([8, 8]);
    expect(shapeOfRole('mlp.up', 8)).toEqual([32, 8]);
    expect(shapeOfRole('mlp.gate', 8)).toEqual([32, 8]);
    expect(shapeOfRole('mlp.down', 8)).toEqual([8, 32]);
  });

  test('each layer is planned by the next measured depth at or above its own', () => {
    expect(layersOfDepths(QUARTERS, 8)).toEqual([2, 2, 2, 2]);
    expect(layersOfDepths(QUARTERS, 12)).toEqual([3, 3, 3, 3]);
    expect(layersOfDepths(QUARTERS, 61)).toEqual([15, 15, 15, 16]);
    expect(layersOfDepths([1 / 3, 2 / 3], 3)).toEqual([1, 2]);
    expect(layersOfDepths([1], 7)).toEqual([7]);
  });
});

describe('notes on a law', () => {
  test('are silent on a good law within its sizes', () => {
    expect(lawNotes(lawThrough(0.01, 0.3), 1e8)).toEqual([]);
  });

  test('say how many decades the forecast reaches beyond the sizes', () => {
    expect(lawNotes(lawThrough(0.01, 0.3), 1e11)).toEqual([
      'The forecast reaches 2 decades beyond the largest measured size, 1B.',
    ]);
    expect(lawNotes(lawThrough(0.01, 0.3), 1e6)).toEqual([
      'The forecast reaches 1 decade below the smallest measured size, 10M.',
    ]);
  });

  test('name weak, curved, constant and short laws', () => {
    const good = lawThrough(0.01, 0.3);
    const curved = { ...good.comparison, preferred: 'curved' as const };
    expect(lawNotes({ ...good, r2: 0.48 }, 1e8)).toEqual(['The law is weak: it explains 48 % of the variation.']);
    expect(lawNotes({ ...good, comparison: { ...curved, curvature: -0.1 } }, 1e8)[0]).toContain('probably too high');
    expect(lawNotes({ ...good, comparison: { ...curved, curvature: 0.1 } }, 1e8)[0]).toContain('probably too low');
    expect(lawNotes({ ...good, comparison: { ...curved, preferred: 'constant' } }, 1e8)[0]).toContain('a constant');
    expect(lawNotes({ ...good, points: good.points.slice(0, 3) }, 3e7)).toEqual(['The law rests on only 3 sizes.']);
  });

  test('say by how much the held-out size was missed', () => {
    const heldOut = { params: 1e9, predicted: 0.02, actual: 0.01 };
    expect(lawNotes(lawThrough(0.01, 0.3, { heldOut }), 1e8)).toEqual([
      'Fitted without 1B, the law predicts that size 2 times too high.',
    ]);
    expect(lawNotes(lawThrough(0.01, 0.3, { heldOut: { ...heldOut, predicted: 0.0101 } }), 1e8)).toEqual([]);
  });
});
