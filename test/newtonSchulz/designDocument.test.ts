import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { bestPublished } from '../../src/newtonSchulz/bestPublished.ts';
import { scheduleOf } from '../../src/newtonSchulz/catalogue.ts';
import { flops } from '../../src/newtonSchulz/cost.ts';
import { designForSpectrum } from '../../src/newtonSchulz/designForSpectrum.ts';
import { type DesignObjective, designTarget } from '../../src/newtonSchulz/spectrumObjective.ts';
import { forecastSpectrum } from '../../src/planner/forecastSpectrum.ts';
import { publishedLaws } from '../../src/scaling/published/publishedLaws.ts';

const page = readFileSync(new URL('../../docs/design.md', import.meta.url), 'utf8');
const ROW =
  /^\| ([a-z.]+), ([\d.]+) \| (\d+) \| (floor|distance|descent) \| ([\d.e-]+) \| ([\d.e-]+) \(([^)]+)\) \|$/gm;
const rows = [...page.matchAll(ROW)].map(([, role, depth, count, objective, value, rival, name]) => ({
  role: role!,
  depth: Number(depth),
  count: Number(count),
  objective: objective as DesignObjective, // the pattern allows nothing else
  value: Number(value),
  rival: Number(rival),
  name: name!,
}));
const laws = publishedLaws();

/** Half a unit of the last of two or three digits shown, with room for another order of sums. */
const SHOWN = 0.01;

describe('the table of docs/design.md', () => {
  test('has its 21 rows', () => {
    expect(rows).toHaveLength(21);
  });

  test.each(rows)('$role at $depth, $count products, $objective: $value against $rival', (row) => {
    const { role, depth, count, objective } = row;
    const spectrum = forecastSpectrum(laws, { role, depth, params: 300e9 });
    const design = designForSpectrum(spectrum, count, { objective });
    const target = designTarget(spectrum, design.schedule, { objective, quantile: 0.5, precision: 'float32' });
    const rival = bestPublished(target, count)!;
    const off = (found: number, shown: number): number => Math.abs(found - shown) / Math.max(shown, 1e-4);
    expect(off(design.value, row.value)).toBeLessThan(SHOWN);
    expect(off(rival.value, row.rival)).toBeLessThan(SHOWN);
    expect(rival.schedule.name).toBe(row.name);
  });

  test('states the flops of the Gram iteration', () => {
    const [m, n] = [3, 5];
    const jordan = scheduleOf('jordan');
    const symmetric = { kernels: 'symmetric' } as const;
    expect(flops(jordan, m, n, symmetric)).toBe(5 * (3 * m * m * n + m ** 3));
    expect(flops(jordan, m, n, { method: 'gram' })).toBe(8 * m * m * n + 28 * m ** 3);
    expect(flops(jordan, m, n, { ...symmetric, method: 'gram' })).toBe(6 * m * m * n + 14 * m ** 3);
  });
});
