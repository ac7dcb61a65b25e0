import { describe, expect, test } from 'vitest';
import { renderRandomReport } from '../../src/report/renderRandomReport.ts';
import { syntheticRandom } from './syntheticRandom.ts';

const DATA = syntheticRandom();
const REPORT = renderRandomReport(DATA);

describe('the page about random matrices', () => {
  test.each(REPORT.charts.map(({ name, svg }) => [name, svg]))('draws %s as in the gallery', async (name, svg) => {
    await expect(svg).toMatchFileSnapshot(`charts/gallery/${name}.svg`);
  });

  test('has its four charts, its four sections, and contents that lead to them', () => {
    expect(REPORT.charts.map(({ name }) => name)).toEqual([
      'random-spectrum',
      'random-scaling',
      'random-outputs',
      'random-loss',
    ]);
    const ids = [...REPORT.html.matchAll(/<section id="([a-z-]+)"/g)].map((match) => match[1]);
    expect(ids).toEqual(['answer', 'before', 'after', 'method']);
    expect([...REPORT.html.matchAll(/<li><a href="#([a-z-]+)"/g)].map((match) => match[1])).toEqual(ids);
  });

  test('opens with exponent, tail and width in words, and shows warnings', () => {
    for (const text of [
      'to the power −0.500 between 100 and 400; Marchenko-Pastur says −0.5.',
      'After jordan x5, 1.3 % of the directions stay below 0.6 at 100 and 2.6 % at 400.',
      'jordan x5 leaves more than 1 % behind from width 59 on.',
      'time ran out after 3 of 8 matrices of 400 x 400',
    ])
      expect(REPORT.html).toContain(text);
  });

  test('says in the table when no width and when every width loses too much', () => {
    expect(REPORT.html).toMatch(/jordan x7<\/th><td class="number">1\.1e−4<\/td><td class="number">none</);
    expect(REPORT.html).toMatch(/textbook x5<\/th><td class="number">0\.021<\/td><td class="number">every</);
  });

  test('of one size leaves out what needs two', () => {
    const spectra = { ...DATA.spectra, exponent: null, r2: null, exponents: [], smallestExponent: null };
    const { charts } = renderRandomReport({ ...DATA, spectra: { ...spectra, sizes: spectra.sizes.slice(0, 1) } });
    expect(charts.map(({ name }) => name)).not.toContain('random-scaling');
  });

  test('the same data gives the same bytes', () => {
    expect(renderRandomReport(structuredClone(DATA))).toEqual(REPORT);
  });
});
