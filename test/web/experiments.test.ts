/** Runs, NS lab, random matrices and dynamics on a real small study. */
import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scheduleOf } from '../../src/newtonSchulz/catalogue.ts';
import { designComposition } from '../../src/newtonSchulz/design.ts';
import { thresholds } from '../../src/newtonSchulz/response.ts';
import { CHROMIUM_HINT, hasChromium } from '../chromium.ts';
import { muonscope, TINY } from '../cli/muonscope.ts';
import { expectSoundView, type OpenedPage, openPage } from './openPage.ts';

const folder = mkdtempSync(join(tmpdir(), 'muonscope-page-'));
writeFileSync(join(folder, 'text.txt'), 'It was the best of times, it was the worst of times. '.repeat(400));
const study = join(folder, 'out');

describe.skipIf(!hasChromium)(`the page over a study ${hasChromium ? '' : CHROMIUM_HINT}`, () => {
  let opened: OpenedPage;
  beforeAll(async () => {
    for (const command of [
      ['study', ...TINY, '--out', 'out'],
      ['random', '--sizes', '16,32', '--matrices', '8', '--out', 'out'],
      ['dynamics', 'entropy', '--preset', 'smoke', '--out', 'out'],
    ])
      expect(muonscope(folder, ...command).exitCode).toBe(0);
    opened = await openPage([study]);
  }, 120_000);
  afterAll(() => opened.close());

  const looksRight = (hash: string, selector: string): Promise<void> =>
    expectSoundView(opened, hash, (page) => page.waitForSelector(selector));

  describe('runs', () => {
    test('pass axe, light and dark, wide and narrow', () => looksRight('#/runs', '.chart svg'), 60_000);

    test('are sorted, filtered, pinned and left out of the charts, all in the address', async () => {
      const page = await opened.open('#/runs');
      await page.waitForSelector('.runs tbody tr');
      const names = async (): Promise<string[]> => page.locator('.runs tbody th[scope=row]').allTextContents();
      await expect.poll(names).toEqual(['1x16', '1x32']);
      await page.getByRole('button', { name: 'parameters' }).click();
      await expect.poll(names).toEqual(['1x32', '1x16']);
      await page.getByLabel('pin 1x16').check();
      await expect.poll(names).toEqual(['1x16', '1x32']);
      await page.getByLabel('draw 1x16').uncheck();
      await expect
        .poll(() => page.locator('.chart').first().locator('.legend button').allTextContents())
        .toEqual([expect.stringContaining('1x32'), expect.stringContaining('1x32, validation')]);
      await page.getByLabel('Filter').fill('x32');
      await expect.poll(names).toEqual(['1x32']);
      await page.getByLabel('Filter').fill('nothing');
      await expect.poll(() => page.textContent('main')).toContain('No run is called like that.');
      await expect.poll(() => page.url()).toMatch(/filter=nothing.*order=down.*pin=.*without=/);
      await page.close();
    });

    test('show a step as it is done, within a second', async () => {
      const page = await opened.open('#/runs');
      await page.waitForFunction(() => document.querySelector('.runs tbody')?.textContent?.includes('30 of 30'));
      const path = join(study, 'runs', '1x16', 'metrics.jsonl');
      const last = JSON.parse(readFileSync(path, 'utf8').trim().split('\n').at(-1) ?? '');
      appendFileSync(path, `${JSON.stringify({ ...last, step: 31, tokens: last.tokens + last.tokens / 30 })}\n`);
      await page.waitForFunction(() => document.querySelector('.runs tbody')?.textContent?.includes('31 of 30'), null, {
        timeout: 1000,
      });
      await page.close();
    });
  });

  describe('the lab', () => {
    test(
      'passes axe, light and dark, wide and narrow',
      () => looksRight('#/lab?emulate=yes&edit=3,-3,1', '.chart >> nth=1'),
      60_000,
    );

    const cells = async (page: Page, name: string): Promise<string[]> =>
      page.locator('table.numbers tbody tr').filter({ hasText: name }).first().locator('td').allTextContents();

    test('reads thresholds as the library does, for any number of steps', async () => {
      const page = await opened.open('#/lab?show=jordan:7');
      await page.waitForSelector('table.numbers');
      const [products, , , , sigma] = await cells(page, 'jordan x7');
      expect(products).toBe('21');
      expect(Number(sigma)).toBeCloseTo(thresholds(scheduleOf('jordan', 7))['0.7'] ?? 0, 6);
      await page.getByLabel('steps of jordan').fill('3');
      await page.getByLabel('steps of jordan').press('Enter');
      await page.waitForFunction(() => document.querySelector('table.numbers')?.textContent?.includes('jordan x3'));
      await page.close();
    });

    test('edits coefficients by hand, refuses what is no number, and designs for an interval and a row', async () => {
      const page = await opened.open('#/lab?edit=3,-3,1');
      const field = page.locator('ol.steps input').first();
      await field.fill('2.5');
      await field.press('Enter');
      await expect.poll(() => page.url()).toContain('edit=2.5');
      await field.fill('much');
      await field.press('Enter');
      expect(await page.textContent('[role=alert]')).toBe('expected a number, got "much"');
      await page.getByRole('button', { name: 'design' }).click();
      const first = designComposition(1e-3, Array(5).fill('quintic')).coefficients[0];
      await expect.poll(() => page.locator('ol.steps input').first().inputValue()).toBe(String(first?.[0]));
      await page.getByLabel('For').selectOption('row');
      await page.getByRole('button', { name: 'design' }).click();
      await expect.poll(() => page.locator('ol.steps input').first().inputValue()).not.toBe(String(first?.[0]));
      await page.close();
    });
  });

  describe('experiments', () => {
    test('pass axe, light and dark, wide and narrow', () => looksRight('#/experiments', '.chart svg'), 60_000);

    test('are random matrices and what was run of dynamics, with claims, figures and tables', async () => {
      const page = await opened.open('#/experiments?part=entropy');
      await page.waitForSelector('.chart svg');
      expect(await page.textContent('main')).toContain('Holds.');
      expect(await page.getByLabel('Experiment').locator('option').allTextContents()).toEqual([
        'Random matrices',
        'Entropy',
      ]);
      await page.getByLabel('Experiment').selectOption('random');
      await page.waitForSelector('text=Widths from which');
      await expect.poll(() => page.url()).toContain('part=random');
      await page.close();
    });
  });
});
