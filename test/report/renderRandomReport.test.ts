import { describe, expect, test } from 'vitest';
import { renderRandomReport } from '../../src/report/renderRandomReport.ts';
import { renderReport } from '../../src/report/renderReport.ts';
import { syntheticRandom } from './syntheticRandom.ts';
import { syntheticStudy } from './syntheticStudy.ts';

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
      'to the power −0.500 between 100 and 400 at exactly q = 0.1 to 0.9; Marchenko-Pastur says −0.5.',
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

  test('sets exponents of the records beside those at exactly q, and says why they differ', () => {
    expect(REPORT.html).toMatch(
      /<th scope="row">0\.9<\/th><td class="number">−0\.5000<\/td><td class="number">−0\.4900<\/td><td class="number">−0\.5000 ± 0\.0010<\/td>/,
    );
    expect(REPORT.html).toContain('Read at exactly q, at position q r + ½ + surplus, both are gone');
  });

  test('without theory of exact levels shows those of the records', () => {
    const exponents = DATA.spectra.exponents.map((fit) => ({ ...fit, exponent: -0.47, exact: null }));
    const { html, charts } = renderRandomReport({ ...DATA, spectra: { ...DATA.spectra, exponents } });
    expect(html).toContain('to the power −0.470 between 100 and 400 at q = 0.1 to 0.9; Marchenko-Pastur says −0.5.');
    expect(charts.find(({ name }) => name === 'random-scaling')!.svg).toContain('q = 0.9: −0.470');
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

describe("a study's report", () => {
  const STUDY = syntheticStudy(7);
  const WITH = renderReport({ ...STUDY, random: DATA });

  test('has one section on random matrices with all figures and tables of their page, before the last', () => {
    const section = /<section id="random"[\s\S]*?<\/section>/.exec(WITH.html)![0];
    const parts = (html: string, part: RegExp): string[] => [...html.matchAll(part)].map(([text]) => text);
    for (const part of [/<figure>[\s\S]*?<\/figure>/g, /<div class="table">[\s\S]*?<\/table>/g])
      expect(parts(section, part)).toEqual(parts(REPORT.html, part));
    expect(section).toContain('After jordan x5, 1.3 % of the directions stay below 0.6 at 100');
    expect(section).toContain('time ran out after 3 of 8 matrices of 400 x 400');
    const ids = parts(WITH.html, /<section id="[a-z-]+"/g);
    expect(ids.slice(-3)).toEqual(['<section id="plan"', '<section id="random"', '<section id="method"']);
    expect(WITH.charts.map(({ name }) => name)).toEqual(expect.arrayContaining(REPORT.charts.map(({ name }) => name)));
  });

  test('has neither section nor link where none were recorded', () => {
    expect(renderReport(STUDY).html).not.toContain('#random');
  });
});
