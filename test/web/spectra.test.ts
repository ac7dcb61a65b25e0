import { appendFileSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHROMIUM_HINT, hasChromium } from '../chromium.ts';
import { spectrumText, writeStudy } from '../server/smallStudy.ts';
import { expectSoundView, type OpenedPage, openPage } from './openPage.ts';

const folder = join(mkdtempSync(join(tmpdir(), 'muonscope-page-')), 'small');

describe.skipIf(!hasChromium)(`the view of spectra ${hasChromium ? '' : CHROMIUM_HINT}`, () => {
  let opened: OpenedPage;
  beforeAll(async () => {
    writeStudy(folder, { runs: 2, layers: 3, steps: 40 });
    opened = await openPage([folder]);
  });
  afterAll(() => opened.close());

  test('opens from its address, passes axe, and complains of nothing, light and dark, wide and narrow', async () => {
    await expectSoundView(opened, '#/spectra?run=run-1&matrix=layers.1.mlp.up&step=200', async (page) => {
      await page.waitForSelector('.pair .chart svg');
      expect(await page.textContent('output')).toBe('200');
    });
  });

  test('says how far records are read where there is no verdict yet, and that one found before is provisional', async () => {
    const page = await opened.open('#/runs');
    await page.route('**/series', async (route) => {
      const answer = await (await route.fetch()).json();
      await route.fulfill({ json: { ...answer, reading: { read: 407, size: 1000 } } });
    });
    await page.route('**/overview?*', async (route) => {
      const rows: readonly object[] = await (await route.fetch()).json();
      await route.fulfill({ json: rows.map((row) => ({ ...row, verdict: null, plateau: null })) });
    });
    await page.getByRole('link', { name: 'Spectra' }).click();
    await page.waitForSelector('p.verdict');
    expect(await page.textContent('p.verdict')).toContain('Provisional, of the 40 % that are read: settled at σ = ');
    expect([...new Set(await page.locator('.cell small').allTextContents())]).toEqual(['◌ reading 40 %']);
    expect(await page.textContent('main')).toContain('verdicts follow when all records are read, 40 % are');
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.reload();
    await page.waitForSelector('p.verdict');
    expect(await page.textContent('p.verdict')).not.toContain('Provisional');
    expect(await page.locator('.cell small', { hasText: 'reading' }).count()).toBe(0);
    await page.close();
  });

  test('hides a line by its legend, reads values by keyboard, and downloads what it shows', async () => {
    const page = await opened.open('#/spectra');
    const chart = page.locator('.chart').first();
    await chart.locator('.plot').press('ArrowRight');
    expect(await chart.locator('.tip').textContent()).toContain('step 10');
    const lines = await chart.locator('g[aria-label=line] path').count();
    await chart.getByRole('button', { name: 'q = 0.99' }).click();
    expect(await chart.locator('g[aria-label=line] path').count()).toBe(lines - 1);
    const starts = { SVG: '<svg', PNG: '\x89PNG', CSV: 'quantile,step' };
    const files: string[] = [];
    for (const [kind, start] of Object.entries(starts)) {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        chart.getByRole('button', { name: kind, exact: true }).click(),
      ]);
      files.push(readFileSync(await download.path(), 'latin1'));
      expect(files.at(-1)?.slice(0, start.length)).toBe(start);
      expect(await chart.getByRole('status').textContent()).toBe(`${kind} downloaded. Hidden by the legend: q = 0.99`);
    }
    const [svg = '', , csv = ''] = files;
    expect(svg).toMatch(/<desc>[^<]*Hidden by the legend: q = 0\.99<\/desc>/);
    expect(svg).not.toContain('>q = 0.99<');
    const quantiles = new Set(
      csv
        .trim()
        .split('\r\n')
        .slice(1)
        .map((line) => Number(line.split(',')[0])),
    );
    expect([...quantiles]).toEqual([0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]);
    await page.waitForFunction(() => location.hash.includes('hide=q0.99'));
    const again = await opened.open(new URL(page.url()).hash);
    await again.waitForSelector('.pair .chart svg');
    expect(
      await again.locator('.chart').first().locator('.legend button[aria-pressed=false]').allTextContents(),
    ).toEqual([expect.stringContaining('q = 0.99')]);
    await again.close();
    await page.close();
  });

  test('keeps hidden lines in the address, walks from line to line by keyboard, and marks the step in the SVG', async () => {
    const page = await opened.open('#/spectra?hide=q0.99~q0.95&step=200');
    const chart = page.locator('.chart').first();
    await chart.locator('svg g[aria-label=line]').first().waitFor();
    const toggles = chart.locator('.legend button');
    expect(await toggles.evaluateAll((all) => all.map((one) => one.getAttribute('aria-pressed')))).toEqual([
      ...Array(7).fill('true'),
      ...Array(2).fill('false'),
    ]);
    await toggles.first().click();
    await page.waitForFunction(() => location.hash.includes('q0.01'));
    await chart.locator('.plot').press('ArrowRight');
    expect(await chart.locator('.tip').textContent()).toContain('q = 0.05');
    await chart.locator('.plot').press('ArrowUp');
    expect(await chart.locator('.tip').textContent()).toContain('q = 0.1');
    const [download] = await Promise.all([page.waitForEvent('download'), chart.getByText('SVG').click()]);
    const svg = readFileSync(await download.path(), 'utf8');
    const labels = [...svg.matchAll(/<text x="28" dy="0.35em">q = ([\d.]+)/g)];
    expect(labels.map(([, quantile]) => quantile)).toEqual(['0.05', '0.1', '0.25', '0.5', '0.75', '0.9']);
    expect(svg.match(/stroke-dasharray="4,3"/g)).toHaveLength(1);
    await page.close();
  });

  test('judges every matrix in the grid and offers every schedule of the catalogue', async () => {
    const page = await opened.open('#/spectra?run=run-1&q=0.9');
    await page.waitForFunction(() => document.querySelector('.cell small')?.textContent !== '…');
    const cells = page.locator('.cell');
    expect(await cells.count()).toBe(18);
    expect(await cells.first().locator('path').getAttribute('d')).toMatch(/^M0\.0 .*L60\.0 /);
    expect(await page.locator('.note').first().textContent()).toContain('q = 0.9: 18 ');
    const response = page.getByRole('combobox', { name: 'Response' });
    for (const choice of ['polar-express x5', 'cans x5', 'aol x4']) {
      await response.selectOption(choice);
      await page.locator('.pair .legend').getByText(choice).first().waitFor();
    }
    await page.close();
  });

  test('says so where the browser refuses a picture or the clipboard', async () => {
    const page = await opened.open('#/spectra');
    const chart = page.locator('.chart').first();
    await page.evaluate(() => {
      HTMLCanvasElement.prototype.toBlob = (take) => take(null);
      navigator.clipboard.writeText = () => Promise.reject(new Error('refused'));
    });
    await chart.getByText('PNG').click();
    await chart.getByText('download the SVG instead').waitFor();
    await chart.getByText('Copy link').click();
    await chart.getByText('the address bar holds the link').waitFor();
    await page.close();
  });

  test('shows a new step within a second', async () => {
    const page = await opened.open('#/spectra');
    await page.waitForSelector('.pair .chart svg');
    const roles = ['attn.q', 'attn.k', 'attn.v', 'attn.o', 'mlp.up', 'mlp.down'];
    const lines = roles.map((role) => spectrumText('run-0', 1e6, 0, 3, role, 410));
    appendFileSync(join(folder, 'runs', 'run-0', 'spectra.jsonl'), lines.join(''));
    await page.waitForFunction(() => document.querySelector('output')?.textContent === '410', null, { timeout: 1000 });
    await page.close();
  });
});
