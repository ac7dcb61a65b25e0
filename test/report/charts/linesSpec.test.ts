import { describe, expect, test } from 'vitest';
import { linesSpec } from '../../../src/report/charts/linesSpec.ts';

const figure = {
  name: 'f',
  title: 'F',
  description: 'what it shows',
  x: { label: 'rate', scale: 'log' },
  y: { label: 'loss', scale: 'linear' },
} as const;
const at = (x: number, y: number) => ({ x, y });

describe('lines as a chart', () => {
  test('leave out what a logarithmic axis cannot show, and are no chart without a point', () => {
    const series = [{ label: 'a', mark: 'line', points: [at(0, 1), at(1, 2), at(10, Number.NaN)] }] as const;
    expect(linesSpec({ ...figure, series })?.points.map(({ x, y }) => [x, y])).toEqual([[1, 2]]);
    expect(linesSpec({ ...figure, series: [{ label: 'a', mark: 'line', points: [at(-1, 1)] }] })).toBeNull();
  });

  test('share a key where they share a label, and name their panel', () => {
    const line = (label: string, panel: string) => ({ label, panel, mark: 'line' as const, points: [at(1, 2)] });
    const spec = linesSpec({ ...figure, series: [line('q', 'Muon'), line('q', 'Muon'), line('k', 'AdamW')] })!;
    expect(spec.keys.map(({ label }) => label)).toEqual(['q', 'k']);
    expect(spec.points.map(({ key, fx }) => [key, fx])).toEqual([
      ['q', 'Muon'],
      ['q', 'Muon'],
      ['k', 'AdamW'],
    ]);
    expect(spec.plot(600, () => true).fx).toMatchObject({ domain: ['Muon', 'AdamW'] });
  });

  test('say value and interval, and write both as a table', () => {
    const point = { x: 0.01, y: 2, low: 1.5, high: 2.5 };
    const spec = linesSpec({ ...figure, series: [{ label: 'a', mark: 'line', points: [point] }] })!;
    expect(spec.points[0]?.text).toEqual(['a', 'rate 0.01', 'loss 2 [1.5, 2.5]']);
    expect(spec.table.rows(() => true)).toEqual([['a', '', 0.01, 2, 1.5, 2.5]]);
  });

  test('draw fewer marks when a key is hidden', () => {
    const series = ['a', 'b'].map((label) => ({ label, mark: 'line' as const, points: [at(1, 2), at(2, 3)] }));
    const spec = linesSpec({ ...figure, series })!;
    const marks = (isShown: (key: string) => boolean): number => spec.plot(600, isShown).marks?.length ?? 0;
    expect(marks((key) => key === 'b')).toBeLessThan(marks(() => true));
  });

  test('are thinned along a logarithmic axis as it is drawn, so that no decade is lost', () => {
    const points = Array.from({ length: 700 }, (_, i) => at(10 ** (-5 + i / 140), i));
    const spec = linesSpec({ ...figure, series: [{ label: 'a', mark: 'line', points }] })!;
    const line = spec.plot(200, () => true).marks?.at(-1) as unknown as {
      readonly data: readonly { readonly x: number }[];
    };
    const drawn = line.data.map(({ x }) => x);
    for (let decade = -5; decade < 0; decade++)
      expect(drawn.filter((x) => x >= 10 ** decade && x < 10 ** (decade + 1)).length).toBeGreaterThan(15);
  });
});
