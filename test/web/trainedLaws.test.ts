/** The view of laws over a study that was trained: the laws it has saved, read off against its laws.json. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatCount, significant } from '../../src/base/numbers.ts';
import { intervalText, number, sigmaText } from '../../src/report/wording.ts';
import { forecast } from '../../src/scaling/forecast.ts';
import type { Law, LawsDocument } from '../../src/scaling/law.ts';
import { publishedLaws } from '../../src/scaling/published/publishedLaws.ts';
import { readLaws } from '../../src/store/studyFolder.ts';
import { lawsOfRecords } from '../../src/workflows/studyLaws.ts';
import { CHROMIUM_HINT, hasChromium } from '../chromium.ts';
import { muonscope } from '../cli/muonscope.ts';
import { madeUpText } from '../madeUpText.ts';
import { findViolations, type OpenedPage, openPage } from './openPage.ts';

const STUDY = 'study --preset smoke --sizes 1x16,1x32,2x32,2x48 --steps 40 --every 2 --text text.txt --out ladder';

describe.skipIf(!hasChromium)(`laws of a trained study ${hasChromium ? '' : CHROMIUM_HINT}`, () => {
  const base = mkdtempSync(join(tmpdir(), 'muonscope-laws-'));
  const folder = join(base, 'ladder');
  let opened: OpenedPage;
  let saved: LawsDocument;
  beforeAll(async () => {
    writeFileSync(join(base, 'text.txt'), madeUpText(40_000));
    expect(muonscope(base, ...STUDY.split(' ')).exitCode).toBe(0);
    const written = readLaws(folder);
    if (written === null) throw new Error('expected the study to write laws.json');
    saved = written;
    opened = await openPage([folder]);
  }, 60_000);
  afterAll(() => opened.close());

  async function openLaws(query: string): Promise<Page> {
    const page = await opened.open(`#/laws?${query}`);
    await page.waitForSelector('#forecasts-own');
    return page;
  }

  /** Cells of a table's rows, joined. */
  async function rowsOf(page: Page, region: string): Promise<string[]> {
    const rows = page.getByRole('region', { name: region }).locator('tbody tr');
    return rows.evaluateAll((all) =>
      all.map((row) => [...row.children].map((cell) => cell.textContent?.trim()).join(' ')),
    );
  }

  const at = (quantile: number): readonly Law[] => saved.laws.filter((law) => law.quantile === quantile);

  test('the saved laws are shown, not fitted anew, beside the published on the same axes', async () => {
    const asked: string[] = [];
    const page = await opened.open('#/runs');
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await page.getByRole('link', { name: 'Laws' }).click();
    await page.waitForSelector('#forecasts-own');
    expect(asked.filter((path) => path.endsWith('/documents/laws'))).toHaveLength(1);
    expect(asked.filter((path) => path.endsWith('/laws') && !path.includes('documents'))).toEqual([]);
    expect(await page.getByRole('button', { name: 'Fit again' }).count()).toBe(0);
    const charts = page.locator('.laws .chart');
    expect(await charts.count()).toBe(2);
    const ticks = (i: number) => charts.nth(i).locator('svg [aria-label="y-axis tick label"] text').allTextContents();
    expect(new Set(await ticks(0))).toEqual(new Set(await ticks(1)));
    expect(await findViolations(page)).toEqual([]);
    expect(opened.complaints).toEqual([]);
    await page.close();
  });

  test('forecast, exponent with its interval, R² and held-out size are those of laws.json', async () => {
    const page = await openLaws('q=0.5&to=1e12');
    const place = (law: Law): string => `${law.role} ${significant(law.depth)}`;
    const wanted = at(0.5).map((law) => `${place(law)} ${sigmaText(forecast(law, 1e12))}`);
    expect((await rowsOf(page, 'Forecast at 1T: ')).slice(0, wanted.length).sort()).toEqual(wanted.sort());
    await page.getByText('Exponents, fits and held-out sizes').first().click();
    const fits = at(0.5).map(({ heldOut, ...law }) => {
      if (heldOut === null) throw new Error('expected a held-out size in a ladder of four');
      const { exponent, low, high, r2, quantile } = law;
      const held = `${formatCount(heldOut.params)}: predicted ${number(heldOut.predicted)}, measured ${number(heldOut.actual)}`;
      return `${place({ ...law, heldOut })} ${quantile} ${intervalText({ value: exponent, low, high })} ${number(r2)} ${held}`;
    });
    expect((await rowsOf(page, 'Exponents of')).slice(0, fits.length).sort()).toEqual(fits.sort());
    await page.close();
  });

  test('every warning of the laws shown can be read, and names the laws it holds for', async () => {
    const page = await openLaws('q=0.5&laws=own');
    const details = page.locator('details').filter({ has: page.locator('.warnings') });
    await details.locator('summary').click();
    const read = await details.locator('li').allTextContents();
    expect(await details.locator('summary').textContent()).toBe(`${read.length} warnings`);
    for (const sentence of [...saved.warnings, ...at(0.5).flatMap(({ warnings }) => warnings)])
      expect(read.some((item) => item.startsWith(sentence))).toBe(true);
    expect(read.some((item) => item.includes('have not settled'))).toBe(true);
    await page.close();
  });

  test('panels hold every measured size, fit, band and held-out size; the legend hides each', async () => {
    const page = await openLaws('q=0.5&laws=own');
    const chart = page.locator('.laws .chart');
    const count = (mark: string) =>
      chart.locator(`svg g[aria-label="${mark}"] path, svg g[aria-label="${mark}"] circle`).count();
    const laws = at(0.5).length;
    const sizes = at(0.5).reduce((sum, { points }) => sum + points.length, 0);
    expect(laws).toBe(6);
    expect(sizes).toBe(24);
    expect(await count('dot')).toBe(sizes + laws);
    const [areas, lines] = [await count('area'), await count('line')];
    expect([areas, lines]).toEqual([laws, 3 * laws]); // fit, forecast and the slope of the norm alone
    await chart.getByRole('button', { name: 'held-out' }).click();
    await expect.poll(() => count('dot')).toBe(sizes);
    await chart.getByRole('button', { name: '95 % interval' }).click();
    await expect.poll(() => count('area')).toBe(0);
    await chart.getByRole('button', { name: 'slope of 1/√r alone' }).click();
    await expect.poll(() => count('line')).toBe(2 * laws);
    await chart.getByRole('button', { name: 'fit, dashed beyond the ladder' }).click();
    await expect.poll(() => count('line')).toBe(0);
    await page.waitForFunction(() => location.hash.includes('hide=held%7Einterval%7Ebaseline%7Efit'));
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      chart.getByRole('button', { name: 'CSV', exact: true }).click(),
    ]);
    const lines2 = readFileSync(await download.path(), 'utf8')
      .trim()
      .split('\r\n');
    expect(lines2).toHaveLength(1 + sizes);
    const values = lines2.slice(1).map((line) => line.split(',').slice(5, 7).map(Number));
    expect(values).toEqual(at(0.5).flatMap(({ points }) => points.map(({ params, value }) => [params, value])));
    await page.close();
  });

  test('residuals are measured over fit', async () => {
    const page = await openLaws('q=0.5&laws=own&show=residuals');
    const plot = page.locator('.laws .chart .plot');
    await plot.press('ArrowRight');
    const law = saved.laws.find(({ role, quantile }) => role === 'attn.q' && quantile === 0.5);
    const [first] = law?.points ?? [];
    if (law === undefined || first === undefined) throw new Error('expected a law of attn.q');
    const fit = forecast(law, first.params).value;
    expect(await page.locator('.tip').innerText()).toContain(`fit ${number(fit)}, ratio ${number(first.value / fit)}`);
    expect(await page.locator('.laws figcaption').textContent()).toContain('Residuals');
    await page.close();
  });

  test('the slider goes to 10T, where both forecasts are read off', async () => {
    const page = await openLaws('q=0.9');
    await page.locator('#to').press('End');
    await page.waitForFunction(() => document.querySelector('output')?.textContent === '10T');
    const rows = await rowsOf(page, 'Forecast at 10T');
    for (const { laws } of [saved, publishedLaws('total')])
      for (const law of laws.filter(({ quantile }) => quantile === 0.9))
        expect(rows).toContain(`${law.role} ${significant(law.depth)} ${sigmaText(forecast(law, 1e13))}`);
    await page.close();
  });

  test('sizes without embeddings fit the records anew, as the library does, and quantiles are chosen', async () => {
    const page = await openLaws('q=0.5');
    await page.getByLabel('Size counts').selectOption('nonEmbedding');
    await page.getByRole('button', { name: 'Fit again' }).waitFor();
    await page.getByLabel('0.25', { exact: true }).check();
    const own = lawsOfRecords(folder, { sizeConvention: 'nonEmbedding', window: 'fixed' });
    const cell = (role: string, quantile: number): string => {
      const law = own.laws.find((one) => one.role === role && one.depth === 1 && one.quantile === quantile);
      return law === undefined ? '–' : sigmaText(forecast(law, 300e9));
    };
    await expect
      .poll(() => rowsOf(page, 'Forecast at 300B: '))
      .toContain(`mlp.down 1 ${cell('mlp.down', 0.25)} ${cell('mlp.down', 0.5)}`);
    expect(await page.locator('.laws .axis.below').first().textContent()).toContain('embedding');
    await page.waitForFunction(() => location.hash.includes('q=0.25%7E0.5'));
    const hash = new URL(page.url()).hash;
    const again = await opened.open(hash);
    await again.waitForSelector('#forecasts-own');
    expect(await again.getByLabel('Size counts').inputValue()).toBe('nonEmbedding');
    expect(await again.getByLabel('0.25', { exact: true }).isChecked()).toBe(true);
    await page.close();
    await again.close();
  });
});
