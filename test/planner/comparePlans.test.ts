import { describe, expect, test } from 'vitest';
import { scheduleOf } from '../../src/newtonSchulz/catalogue.ts';
import { comparePlans } from '../../src/planner/comparePlans.ts';
import { parseModelConfig } from '../../src/planner/modelConfig.ts';
import { planFromLaws } from '../../src/planner/planFromLaws.ts';
import { planModel, planSize } from '../../src/planner/planModel.ts';
import { publishedLaws } from '../../src/scaling/published/publishedLaws.ts';
import { MIXTRAL_8X7B } from './configs.ts';

const laws = publishedLaws();
const plan = planSize(laws, 300e9);

describe('comparePlans', () => {
  test('a plan does not differ from itself', () => {
    const { rows, changed, compared, against } = comparePlans(plan, plan);
    expect([changed, compared]).toEqual([0, plan.layers.length]);
    expect(rows).toHaveLength(plan.rules!.length);
    expect(rows.every(({ same }) => same)).toBe(true);
    expect(against.flops! / plan.flops).toBeCloseTo(1, 14);
  });

  test('five jordan steps cost the baseline and miss the floor where the plan takes more', () => {
    const jordan = planSize(laws, 300e9, { schedules: [scheduleOf('jordan', 5)] });
    const { rows, against, changed } = comparePlans(plan, jordan);
    expect(against.flops! / plan.baseline.flops).toBeCloseTo(1, 14);
    expect(changed).toBe(plan.layers.filter(({ schedule }) => schedule.name !== 'jordan x5').length);
    const final = rows.find(({ role, layers }) => role === 'attn.o' && layers![1] === plan.target.layers - 1)!;
    expect(final.plan.met).toBe(true);
    expect(final.against).toMatchObject({ name: 'jordan x5', products: 15, met: false });
    expect(final.against!.output).toBeLessThan(0.03);
  });

  test('takes the next depth at or above of a plan with a row a measured depth', () => {
    const coarse = planFromLaws(laws, { params: 300e9 });
    const { rows, compared } = comparePlans(plan, coarse);
    expect(compared).toBe(plan.layers.length);
    const late = rows.filter(({ role, depths }) => role === 'attn.o' && depths[0] > 0.75);
    const final = coarse.layers.find(({ role, depth }) => role === 'attn.o' && depth === 1)!;
    expect(new Set(late.map(({ against }) => against!.name))).toEqual(new Set([final.schedule.name]));
  });

  test('compares experts with the only MLP of a dense plan, and says what it lacks', () => {
    const mixture = planModel(laws, parseModelConfig(MIXTRAL_8X7B, 'config.json'));
    const { rows, against } = comparePlans(mixture, plan);
    expect(rows.find(({ role }) => role === 'mlp.down')).toMatchObject({ part: 'experts', against: { met: true } });
    expect(rows.find(({ role }) => role === 'mlp.gate')!.against).toBeNull();
    expect(against.flops).toBeNull();
  });
});
