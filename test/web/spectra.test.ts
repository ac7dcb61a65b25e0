import { appendFileSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHROMIUM_HINT, hasChromium } from '../chromium.ts';
import { spectrumText, writeStudy } from '../server/smallStudy.ts';
import { findViolations, type OpenedPage, openPage } from './openPage.ts';

const folder = join(mkdtempSync(join(tmpdir(), 'muonscope-page-')), 'small');

describe.skipIf(!hasChromium)(`the view of spectra ${hasChromium ? '' : CHROMIUM_HINT}`, () => {
  let opened: OpenedPage;
  beforeAll(async () => {
    writeStudy(folder, { runs: 2, layers: 3, steps: 40 });
    opened = await openPage([folder]);
  });
  afterAll(() => opened.close());

  test('opens from its address, passes axe, and complains of nothing, light and dark, wide and narrow', async () => {
    for (const look of [{}, { dark: true }, { width: 380 }]) {
      const page = await opened.open('#/spectra?run=run-1&matrix=layers.1.mlp.up&step=200', look);
      await page.waitForSelector('.pair .chart svg');
      expect(await page.textContent('output')).toBe('200');
      expect(await findViolations(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
      await page.close();
    }
    expect(opened.complaints).toEqual([]);
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
    for (const [kind, start] of Object.entries(starts)) {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        chart.getByRole('button', { name: kind, exact: true }).click(),
      ]);
      expect(readFileSync(await download.path(), 'latin1').slice(0, start.length)).toBe(start);
    }
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
