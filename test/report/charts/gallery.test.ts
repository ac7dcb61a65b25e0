/** The gallery of SVG files beside this test is the test of the charts: look at them when they change. */
import { describe, expect, test } from 'vitest';
import { chartName } from '../../../src/report/charts/chart.ts';
import { spreadApart } from '../../../src/report/charts/lossChart.ts';
import { renderReport } from '../../../src/report/renderReport.ts';
import { syntheticStudy } from '../syntheticStudy.ts';

const STUDY = syntheticStudy(3, { rungs: 3, roles: ['attn.q', 'attn.k', 'mlp.down'], depths: [0.5, 1] });

describe('charts', () => {
  const { charts } = renderReport(STUDY);

  test.each(charts.map((chart) => [chart.name, chart.svg]))('%s is drawn as in the gallery', async (name, svg) => {
    await expect(svg).toMatchFileSnapshot(`gallery/${name}.svg`);
  });

  test('there is one of each kind, and trajectories of every run', () => {
    expect(charts.map((chart) => chart.name)).toEqual([
      'loss',
      'trajectories-4x32',
      'trajectories-4x48',
      'trajectories-4x64',
      'laws',
      'exponents',
      'newton-schulz',
      'plan',
    ]);
  });

  test('the same data gives the same bytes', () => {
    expect(renderReport(STUDY)).toEqual(renderReport(structuredClone(STUDY)));
  });
});

describe('chartName', () => {
  test('is safe as a file name whatever the text', () => {
    expect(chartName('GPT 4×32')).toBe('gpt-4-32');
    expect(chartName('../../etc/passwd')).toBe('etc-passwd');
    expect(chartName('<>')).toBe('unnamed');
    expect(chartName('a'.repeat(500)).length).toBe(60);
  });
});

describe('spreadApart', () => {
  test('keeps distant labels, moves close ones apart, and stays inside', () => {
    expect(spreadApart([0, 50, 100], 10, 100)).toEqual([0, 50, 100]);
    expect(spreadApart([20, 22, 24], 10, 100)).toEqual([20, 30, 40]);
    expect(spreadApart([95, 98, 100], 10, 100)).toEqual([80, 90, 100]);
  });
});
