/** Studies that begin and vanish, and servers that come and go, while the page is looked at. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type RunningServer, serveStudies } from '../../src/server/serve.ts';
import { CHROMIUM_HINT, hasChromium } from '../chromium.ts';
import { startMuonscope, TINY } from '../cli/muonscope.ts';
import { madeUpText } from '../madeUpText.ts';
import { writeStudy } from '../server/smallStudy.ts';
import { expectSoundView, type OpenedPage, openPage } from './openPage.ts';

describe.skipIf(!hasChromium)(`the page while studies come and go ${hasChromium ? '' : CHROMIUM_HINT}`, () => {
  let base: string;
  let opened: OpenedPage;
  beforeEach(async () => {
    base = mkdtempSync(join(tmpdir(), 'muonscope-live-'));
    opened = await openPage([base]);
  });
  afterEach(() => opened.close());

  const studies = (page: Page) => page.locator('header label').first().locator('option').allTextContents();

  test('an empty folder says what to run, passes axe, and complains of nothing, light and dark, wide and narrow', async () => {
    await expectSoundView(opened, '', async (page) => {
      await page.getByText('There is no study in').waitFor();
      expect(await page.locator('.start code').first().textContent()).toBe(
        `muonscope study --preset smoke --out ${join(base, 'smoke')}`,
      );
    });
  });

  test('a study that is trained after the page was opened appears and goes on, without a reload', async () => {
    const page = await opened.open('#/runs');
    await page.getByText('There is no study in').waitFor();
    await page.evaluate(() => Reflect.set(globalThis, 'untouched', true));
    writeFileSync(join(base, 'text.txt'), madeUpText(40_000));
    const child = startMuonscope(base, 'study', ...TINY, '--out', 'begun');
    const ended = new Promise((resolve) => child.on('exit', resolve));
    await page.waitForSelector('.runs tbody tr', { timeout: 20_000 });
    expect(await ended).toBe(0);
    await page.waitForFunction(
      () => document.querySelector('.runs tbody:last-of-type')?.textContent?.match(/30 of 30/g)?.length === 2,
    );
    expect(await studies(page)).toEqual([join(base, 'begun')]);
    expect(await page.evaluate(() => Reflect.get(globalThis, 'untouched'))).toBe(true);
    expect(opened.complaints).toEqual([]);
    await page.close();
  }, 60_000);

  test('a second study joins the list within a second; the one looked at stays', async () => {
    writeStudy(join(base, 'first'), { runs: 1, layers: 1, steps: 12 });
    const page = await opened.open('#/spectra');
    await page.waitForSelector('.pair .chart svg');
    writeStudy(join(base, 'another'), { runs: 1, layers: 1, steps: 12 });
    await expect.poll(() => studies(page), { timeout: 1500 }).toEqual([join(base, 'first'), join(base, 'another')]);
    expect(await page.locator('header select').first().inputValue()).toBe('first');
    expect(opened.complaints).toEqual([]);
    await page.close();
  });

  test('a study that is removed is said to be gone, shown no more, asked for no more; made anew it is back', async () => {
    const size = { runs: 1, layers: 1, steps: 12 };
    writeStudy(join(base, 'first'), size);
    writeStudy(join(base, 'second'), size);
    const page = await opened.open('#/spectra');
    await page.waitForSelector('.pair .chart svg');
    rmSync(join(base, 'first'), { recursive: true });
    await page.getByText('There is no study first here: it was removed, moved or has not begun.').waitFor();
    expect(await page.locator('.chart').count()).toBe(0);
    expect(await studies(page)).toEqual(['choose one', join(base, 'second')]);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.waitForTimeout(1500);
    expect(asked).toEqual([]);
    writeStudy(join(base, 'first'), { ...size, steps: 5 });
    await page.waitForSelector('.pair .chart svg');
    expect(await page.textContent('output')).toBe('50');
    rmSync(join(base, 'first'), { recursive: true });
    rmSync(join(base, 'second'), { recursive: true });
    await page.getByText('There is no study in').waitFor();
    expect(opened.complaints).toEqual([]);
    await page.close();
  });

  test('an address of a study that is not there shows no other in its place', async () => {
    writeStudy(join(base, 'first'), { runs: 1, layers: 1, steps: 12 });
    const page = await opened.open('#/spectra?study=absent');
    await page.getByText('There is no study absent here').waitFor();
    await page.locator('header select').first().selectOption('first');
    await page.waitForSelector('.pair .chart svg');
    await page.close();
  });

  test('a page hears what happened while it lay in the background, where it holds no line', async () => {
    writeStudy(join(base, 'first'), { runs: 1, layers: 1, steps: 12 });
    const page = await opened.open('#/spectra');
    await page.waitForSelector('.pair .chart svg');
    const hide = (isHidden: boolean) =>
      page.evaluate((is) => {
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => is });
        document.dispatchEvent(new Event('visibilitychange'));
      }, isHidden);
    await hide(true);
    rmSync(join(base, 'first'), { recursive: true });
    writeStudy(join(base, 'later'), { runs: 1, layers: 1, steps: 12 });
    await page.waitForTimeout(1200);
    expect(await studies(page)).toEqual([join(base, 'first')]);
    await hide(false);
    await page.getByText('There is no study first here').waitFor();
    expect(await studies(page)).toEqual(['choose one', join(base, 'later')]);
    await page.close();
  });

  test('a page says that its server is gone, and goes on with the next at its address', async () => {
    mkdirSync(join(base, 'other'));
    const port = Number(new URL(opened.server.url).port);
    const page = await opened.open('#/runs');
    await page.getByText('There is no study in').waitFor();
    await opened.server.close();
    await page.getByText('is muonscope serve still running?').waitFor();
    await page.getByText('Not live').waitFor();
    writeStudy(join(base, 'meanwhile'), { runs: 1, layers: 1, steps: 3 });
    const next: RunningServer = await serveStudies({ folders: [base], host: '127.0.0.1', port });
    await page.waitForSelector('.runs tbody tr', { timeout: 15_000 });
    expect(await page.getByText('Not live').count()).toBe(0);
    expect(await page.getByText('is muonscope serve still running?').count()).toBe(0);
    await page.close();
    await next.close();
  }, 30_000);
});
