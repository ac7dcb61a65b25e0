import { describe, expect, it } from 'vitest';
import { lawLegend, lawTable, quantileLegend, quantileTable } from '../../src/cli/tables/lawTable.ts';
import { formatLegend } from '../../src/cli/tables/legend.ts';
import { planTable } from '../../src/cli/tables/planTable.ts';
import { planFromLaws } from '../../src/planner/planFromLaws.ts';
import { forecast } from '../../src/scaling/forecast.ts';
import { publishedLaws } from '../../src/scaling/published/publishedLaws.ts';

const laws = publishedLaws();
const forecasts = {
  ...laws,
  laws: laws.laws.map((law) => ({ ...law, forecast: { params: 3e11, ...forecast(law, 3e11) } })),
};
const widest = (table: string): number => Math.max(...table.split('\n').map((line) => line.length));

describe('on a terminal of 80 columns', () => {
  it('the table of laws has room', () => {
    expect(widest(lawTable(laws, { width: 80 }))).toBeLessThanOrEqual(80);
    expect(widest(quantileTable(laws, 80))).toBeLessThanOrEqual(80);
  });

  it('the tables of forecasts have room without their intervals, which wider ones show', () => {
    for (const table of [lawTable(forecasts, { width: 80 }), quantileTable(forecasts, 80)]) {
      expect(widest(table)).toBeLessThanOrEqual(80);
      expect(table).not.toContain('95 % interval');
    }
    expect(lawTable(forecasts, { width: 100 })).toContain('95 % interval');
  });

  it('legends have room', () => {
    for (const legend of [lawLegend(0.5), lawLegend(0.25, 1e12), quantileLegend(1e12)])
      expect(widest(formatLegend(legend).join('\n'))).toBeLessThanOrEqual(80);
  });

  it('the table of a plan has room without its intervals, which wider ones show', () => {
    const plan = planFromLaws(laws, { params: 300e9 });
    expect(widest(planTable(plan, 80))).toBeLessThanOrEqual(80);
    expect(planTable(plan, 80)).not.toContain('95 % interval');
    expect(widest(planTable(plan, 120))).toBeLessThanOrEqual(120);
    expect(planTable(plan, 120)).toContain('95 % interval');
  });
});

it('the table of laws shows exponents with the sign that sentences and JSON give them', () => {
  const { role, exponent, high } = laws.pooled[0]!;
  const row = lawTable({ ...laws, pooled: laws.pooled.slice(0, 1) }).split('\n')[1] ?? '';
  expect(row).toContain(role);
  expect(row.split(/ {2,}/)[2]).toBe(`${exponent.toFixed(2)} ± ${(high - exponent).toFixed(2)}`);
  expect(exponent).toBeGreaterThan(0);
});
