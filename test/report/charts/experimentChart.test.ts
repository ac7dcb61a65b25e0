import { describe, expect, test } from 'vitest';
import type { DynamicsFigure } from '../../../src/dynamics/experiment.ts';
import { standaloneSvg } from '../../../src/report/charts/chart.ts';
import { experimentChart } from '../../../src/report/charts/experimentChart.ts';

const FIGURE: DynamicsFigure = {
  name: 'experiment',
  title: 'Loss by rate',
  description: 'Two optimizers and what is expected of one.',
  x: { label: 'rate', scale: 'log' },
  y: { label: 'loss', scale: 'linear' },
  series: [
    {
      label: 'one',
      mark: 'line',
      points: [1e-3, 1e-2, 1e-1].map((x, i) => ({ x, y: 2 + i, low: 1.5 + i, high: 2.5 + i })),
    },
    { label: 'two', mark: 'dot', points: [{ x: 1e-2, y: 3 }] },
    {
      label: 'expected of one',
      mark: 'dash',
      colour: 0,
      points: [
        { x: 1e-3, y: 2 },
        { x: 1e-1, y: 2 },
      ],
    },
    ...[3, 4, 5, 6].map((y) => ({
      label: `line ${y}`,
      mark: 'line' as const,
      points: [
        { x: 1e-3, y },
        { x: 1e-1, y },
      ],
    })),
  ],
};

describe('the chart of an experiment', () => {
  test('is drawn as in the gallery: intervals, expectations in the colour of what they belong to, dots where inks repeat', async () => {
    const chart = experimentChart(FIGURE);
    await expect(chart === null ? '' : standaloneSvg(chart)).toMatchFileSnapshot('gallery/experiment.svg');
  });

  test('leaves out what a logarithmic axis cannot show, and is none where nothing is left', () => {
    const points = [
      { x: 0, y: 1 },
      { x: -1, y: 1 },
      { x: 1, y: Number.NaN },
    ];
    const empty = { ...FIGURE, series: [{ label: 'one', mark: 'line' as const, points }] };
    expect(experimentChart(empty)).toBeNull();
    const single = { ...FIGURE, series: [{ label: 'one', mark: 'dot' as const, points: [...points, { x: 1, y: 2 }] }] };
    expect(experimentChart(single)?.body).toContain('<circle');
  });

  test('keeps text from data out of the markup', () => {
    const hostile = '<script>alert(1)</script>';
    const chart = experimentChart({
      ...FIGURE,
      title: hostile,
      x: { label: hostile, scale: 'log' },
      series: FIGURE.series.map((one) => ({ ...one, label: hostile })),
    });
    expect(chart === null ? '' : standaloneSvg(chart)).not.toContain('<script>');
  });
});
