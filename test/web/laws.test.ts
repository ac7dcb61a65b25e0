import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatCount } from '../../src/base/numbers.ts';
import { sigmaText } from '../../src/report/wording.ts';
import { forecast } from '../../src/scaling/forecast.ts';
import { publishedLaws } from '../../src/scaling/published/publishedLaws.ts';
import { lawsOfRecords } from '../../src/workflows/studyLaws.ts';
import { CHROMIUM_HINT, hasChromium } from '../chromium.ts';
import { observedLadder } from '../workflows/observedLadder.ts';
import { expectSoundView, type OpenedPage, openPage } from './openPage.ts';

const STEPS = [10, 20, 30, 40, 50, 60, 70, 80];

describe.skipIf(!hasChromium)(`the view of laws ${hasChromium ? '' : CHROMIUM_HINT}`, () => {
  const base = mkdtempSync(join(tmpdir(), 'muonscope-laws-'));
  const [ladder, single] = [join(base, 'ladder'), join(base, 'single')];
  let opened: OpenedPage;
  let alone: OpenedPage;
  beforeAll(async () => {
    observedLadder(
      [32, 48, 64, 96, 128, 192].map((width) => [width, STEPS] as const),
      ladder,
    );
    observedLadder([[32, STEPS]], single);
    [opened, alone] = await Promise.all([openPage([ladder]), openPage([single])]);
  });
  afterAll(async () => {
    await opened.close();
    await alone.close();
  });

  test('opens from its address, passes axe, and complains of nothing, light and dark, wide and narrow', async () => {
    await expectSoundView(opened, '#/laws?q=0.5~0.9&to=1e12', async (page) => {
      await page.waitForSelector('.laws .chart >> nth=1');
      expect(await page.locator('.laws .chart').count()).toBe(2);
      expect(await page.textContent('output')).toBe('1T');
    });
  });

  test.each(['total', 'nonEmbedding'] as const)('reads off what the library forecasts: %s', async (size) => {
    const page = await opened.open(`#/laws?q=0.5&to=1e13&size=${size}`);
    await page.waitForSelector('#forecasts-own');
    const own = lawsOfRecords(ladder, { sizeConvention: size, window: 'fixed' });
    for (const [laws, at] of [
      [own, 0],
      [publishedLaws(size), 1],
    ] as const) {
      const wanted = laws.laws
        .filter(({ quantile }) => quantile === 0.5)
        .map((law) => `${law.role} ${Number(law.depth.toPrecision(3))} ${sigmaText(forecast(law, 1e13))}`);
      const rows = page.locator('.scroll > table').filter({ hasText: 'σ at q = 0.5' }).nth(at).locator('tbody tr');
      const read = await rows.evaluateAll((all) =>
        all.map((row) => [...row.children].map((cell) => cell.textContent?.trim()).join(' ')),
      );
      expect(read.sort()).toEqual(wanted.sort());
    }
    await page.close();
  });

  test('the slider is moved by keyboard, and the address reopens the same view', async () => {
    const page = await opened.open('#/laws?to=1e12');
    await page.waitForSelector('#forecasts-own');
    await page.locator('#to').press('End');
    await page.waitForFunction(() => document.querySelector('output')?.textContent === '10T');
    await page.waitForFunction(() => location.hash.includes('to=10000000000000'));
    expect(await page.locator('#to').getAttribute('aria-valuetext')).toBe(`${formatCount(1e13)} parameters`);
    await page.getByLabel('0.1', { exact: true }).uncheck();
    await page.getByLabel('Panels show').selectOption('residuals');
    await page.waitForFunction(() => location.hash.includes('show=residuals'));
    const again = await opened.open(new URL(page.url()).hash);
    await again.waitForSelector('#forecasts-own');
    expect(await again.locator('main').innerText()).toBe(await page.locator('main').innerText());
    expect(await again.getByRole('button', { name: 'q = 0.1', exact: true }).count()).toBe(0);
    await page.close();
    await again.close();
  });

  test('charts hide by the legend, are read by keyboard, and are taken as files', async () => {
    const page = await opened.open('#/laws?laws=published&q=0.5');
    const chart = page.locator('.laws .chart');
    await chart.locator('.plot').press('ArrowRight');
    expect(await chart.locator('.tip').textContent()).toContain('attn.q, depth 0.25');
    await chart.locator('.plot').press('End');
    expect(await chart.locator('.tip').textContent()).toContain('held out');
    const dots = await chart.locator('g[aria-label=dot]').count();
    await chart.getByRole('button', { name: 'held-out' }).click();
    expect(await chart.locator('g[aria-label=dot]').count()).toBeLessThan(dots);
    for (const key of ['ArrowRight', 'End']) await chart.locator('.plot').press(key);
    expect(await chart.locator('.tip').textContent()).toContain('forecast at');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      chart.getByRole('button', { name: 'CSV', exact: true }).click(),
    ]);
    const lines = readFileSync(await download.path(), 'utf8')
      .trim()
      .split('\r\n');
    expect(lines[0]).toBe('laws,role,depth,quantile,what,params,value,low,high');
    expect(lines.filter((line) => line.includes(',measured,'))).toHaveLength(24 * 7);
    const [svg] = await Promise.all([
      page.waitForEvent('download'),
      chart.getByRole('button', { name: 'SVG', exact: true }).click(),
    ]);
    expect(readFileSync(await svg.path(), 'utf8')).toMatch(/^<svg[^>]*>.*<title>Laws: published/s);
    await page.close();
  });

  test('laws fitted to records are fitted again when asked for', async () => {
    const page = await opened.open('#/laws');
    await page.waitForSelector('#forecasts-own');
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.url().includes('/laws?size=total')),
      page.getByRole('button', { name: 'Fit again' }).click(),
    ]);
    expect((await answer.json()).schema).toBe('muonscope.laws/1');
    expect(await page.locator('#forecasts-own').count()).toBe(1);
    await page.close();
  });

  test('a size that cannot be read is told in a sentence', async () => {
    const page = await opened.open('#/laws');
    for (const [text, told] of [
      ['many', 'Forecast at: expected a positive number such as 1.5e9, 300B or 1T, got "many"'],
      ['1e99', 'Forecast at: expected 1M to 10T, got 1e99'],
    ] as const) {
      await page.getByLabel('or type it').fill(text);
      await page.getByLabel('or type it').press('Tab');
      expect(await page.getByRole('alert').textContent()).toBe(told);
    }
    await page.close();
  });

  test('a study of one size shows the published laws and says why', async () => {
    const page = await alone.open('#/laws?laws=own');
    await page.waitForSelector('.laws .chart');
    expect(await page.locator('.laws .chart').count()).toBe(1);
    expect(await page.textContent('main')).toContain('runs of fewer than two sizes, so it has no laws of its own');
    expect(alone.complaints).toEqual([]);
    await page.close();
  });
});
