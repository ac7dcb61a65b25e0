import { describe, expect, test } from 'vitest';
import { parseModelConfig } from '../../../src/planner/modelConfig.ts';
import { planModel, planSize } from '../../../src/planner/planModel.ts';
import { scheduleStripSpec } from '../../../src/report/charts/scheduleStripSpec.ts';
import { publishedLaws } from '../../../src/scaling/published/publishedLaws.ts';
import { QWEN3_30B_A3B } from '../../planner/configs.ts';
import { drawSpec } from './drawSpec.ts';

const laws = publishedLaws();

describe('scheduleStripSpec', () => {
  const plan = planSize(laws, 300e9);
  const spec = scheduleStripSpec(plan);

  test('is drawn as in the gallery, wide and narrow', async () => {
    await expect(drawSpec(spec)).toMatchFileSnapshot('gallery/schedule-strip.svg');
    await expect(drawSpec(spec, () => true, 340)).toMatchFileSnapshot('gallery/schedule-strip-narrow.svg');
  });

  test('has a bar for every rule, a key for every schedule, fewest products first', () => {
    const bars = drawSpec(spec).match(/<rect/g) ?? [];
    expect(bars).toHaveLength(plan.rules?.length ?? 0);
    const counts = spec.keys.map(({ label }) => Number(/\((\d+)\)$/.exec(label)?.[1]));
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    const rules = plan.rules ?? [];
    expect(new Set(spec.keys.map(({ id }) => id))).toEqual(new Set(rules.map(({ schedule }) => schedule.name)));
    expect(spec.table.rows(() => true).map((row) => row.slice(0, 5))).toEqual(
      rules.map(({ role, layers, schedule, products }) => [role, ...layers, schedule.name, products]),
    );
  });

  test('a hidden schedule is not drawn', () => {
    const [first] = spec.keys;
    const own = (plan.rules ?? []).filter(({ schedule }) => schedule.name === first?.id);
    const bars = drawSpec(spec, (key) => key !== first?.id).match(/<rect/g) ?? [];
    expect(bars).toHaveLength((plan.rules?.length ?? 0) - own.length);
  });

  test('tells the parts of a mixture of experts apart', () => {
    const experts = scheduleStripSpec(planModel(laws, parseModelConfig(QWEN3_30B_A3B, 'config.json')));
    expect(experts.points.map(({ fy }) => fy)).toContain('mlp.up experts');
  });
});
