import { describe, expect, test } from 'vitest';
import { type LawPanels, lawDomains, lawPanelsSpec } from '../../../src/report/charts/lawPanelsSpec.ts';
import { forecast, lawCurve } from '../../../src/scaling/forecast.ts';
import { publishedLaws } from '../../../src/scaling/published/publishedLaws.ts';
import { drawSpec } from './drawSpec.ts';

const published = publishedLaws();
const ROLES = ['attn.q', 'mlp.up'];
const DOCUMENT = { ...published, laws: published.laws.filter(({ role }) => ROLES.includes(role)) };

function panels(changed: Partial<LawPanels> = {}): LawPanels {
  const curves = DOCUMENT.laws.map((law) => lawCurve(law, 1e12));
  const asked = {
    ...{ label: 'published', document: DOCUMENT, curves, quantiles: [0.5, 0.9], target: 1e12 },
    ...{ shows: 'values' as const, ...changed },
  };
  return { ...asked, domains: lawDomains([asked])! };
}

describe('lawPanelsSpec', () => {
  test.each(['values', 'residuals'] as const)('%s are drawn as in the gallery', async (shows) => {
    await expect(drawSpec(lawPanelsSpec(panels({ shows })))).toMatchFileSnapshot(`gallery/law-panels-${shows}.svg`);
  });

  test('has every measured point, the held-out prediction and the forecast to read off', () => {
    const { points } = lawPanelsSpec(panels());
    expect(points).toHaveLength(2 * 4 * 2 * (7 + 1 + 1));
    const law = DOCUMENT.laws.find(
      ({ role, depth, quantile }) => role === 'mlp.up' && depth === 1 && quantile === 0.9,
    )!;
    const own = points.filter(({ fx, fy, key }) => fx === 1 && fy === 'mlp.up' && key === 'q0.9');
    expect(own.map(({ x, y }) => [x, y])).toEqual([
      ...law.points.map(({ params, value }) => [params, value]),
      [1e12, forecast(law, 1e12).value],
      [2.8e9, law.heldOut?.predicted],
    ]);
    expect(own.at(-1)?.text[2]).toContain('2.8B held out');
  });

  test('residuals are values over the fit, about 1', () => {
    const { points } = lawPanelsSpec(panels({ shows: 'residuals' }));
    const law = DOCUMENT.laws.find(
      ({ role, depth, quantile }) => role === 'attn.q' && depth === 0.25 && quantile === 0.5,
    )!;
    const first = law.points[0]!;
    expect(points[0]?.y).toBe(first.value / forecast(law, first.params).value);
    for (const depth of ['0.25', '0.5', '0.75', '1']) {
      const logs = points
        .filter(
          ({ fx, fy, key, text }) => fx === depth && fy === 'attn.q' && key === 'q0.5' && !text[2]?.includes('held'),
        )
        .slice(0, 7)
        .map(({ y }) => Math.log(y));
      expect(Math.abs(logs.reduce((a, b) => a + b, 0))).toBeLessThan(7 * 0.02); // least squares leave no mean
    }
  });

  test('a hidden quantile, band, fit or held-out size is neither drawn nor in the table', () => {
    const spec = lawPanelsSpec(panels());
    const count = (hidden: string, mark: string): number =>
      drawSpec(spec, (key) => key !== hidden).split(`aria-label="${mark}"`).length - 1;
    expect(count('', 'area')).toBe(16 * 1);
    expect(count('q0.5', 'area')).toBe(8);
    expect(count('interval', 'area')).toBe(0);
    expect(count('', 'line') - count('fit', 'line')).toBe(2 * 16);
    expect(count('', 'line') - count('baseline', 'line')).toBe(8);
    expect(count('held', 'dot')).toBe(count('', 'dot') / 2);
    const rows = (hidden: string) => spec.table.rows((key) => key !== hidden);
    const of = (hidden: string, what: string) => rows(hidden).filter((row) => row[4] === what);
    expect(of('', 'measured')).toHaveLength(2 * 4 * 2 * 7);
    expect(of('q0.5', 'measured')).toHaveLength(2 * 4 * 7);
    expect(rows('q0.5').every((row) => row[3] === 0.9)).toBe(true);
    expect(of('held', 'held-out prediction')).toEqual([]);
    expect(of('', 'law').every((row) => row.slice(6).every((value) => typeof value === 'number'))).toBe(true);
    expect(of('interval', 'law').every((row) => typeof row[6] === 'number' && row[7] === '' && row[8] === '')).toBe(
      true,
    );
    expect(of('fit', 'law').every((row) => row[6] === '' && typeof row[7] === 'number')).toBe(true);
    expect(spec.table.rows((key) => !['fit', 'interval'].includes(key)).some((row) => row[4] === 'law')).toBe(false);
  });

  test('nothing to draw has no domains', () => {
    expect(lawDomains([{ ...panels(), target: Number.NaN, document: { ...DOCUMENT, laws: [] } }])).toBeNull();
  });

  test('names of studies do not leave the text or the file name', () => {
    const spec = lawPanelsSpec(panels({ label: '<img src=x>/../study' }));
    expect(spec.name).toBe('laws-img-src-x-study');
    expect(drawSpec(spec)).not.toContain('<img');
  });
});
