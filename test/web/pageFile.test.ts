import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pageFile, snapshotOf, writePageFile } from '../../src/workflows/pageFile.ts';
import { CHROMIUM_HINT, hasChromium, launchChromium } from '../chromium.ts';
import { writeStudy } from '../server/smallStudy.ts';
import { findViolations } from './openPage.ts';

const folder = join(mkdtempSync(join(tmpdir(), 'muonscope-page-')), 'small');
writeStudy(folder, { runs: 2, layers: 2, steps: 40 });

describe('the page in one file', () => {
  test('holds every record of a small study, and names the folder without its path', async () => {
    const { study, runs } = await snapshotOf(folder);
    expect(study.name).toBe('small');
    expect(runs.map(({ run }) => run)).toEqual(['run-0', 'run-1']);
    for (const { list, histories, trajectories } of runs) {
      expect(list.series).toHaveLength(12);
      expect(histories.map(({ index, steps }) => [index, steps.length])).toEqual(
        Array.from({ length: 12 }, (_, index) => [index, 40]),
      );
      expect(trajectories).toHaveLength(12 * 9);
    }
  });

  test('runs nothing that stands in names', async () => {
    const snapshot = await snapshotOf(folder);
    const hostile = '</script><script>globalThis.taken = true</script>';
    const html = pageFile(
      { ...snapshot, study: { ...snapshot.study, name: hostile } },
      { script: 'let x = 1;', style: 'p { color: red }' },
    );
    expect(html).not.toContain(hostile);
    expect(html.match(/<script/g)).toHaveLength(2);
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
  });

  test('is that of the study in the folder itself, none under it', async () => {
    await expect(snapshotOf(join(folder, '..'))).rejects.toThrow('there is no study in');
    await expect(snapshotOf(join(folder, 'absent'))).rejects.toThrow('expected a folder, got nothing');
  });

  test('is thinned where a study is large, never below twelve steps', async () => {
    const { runs } = await snapshotOf(folder, 1000);
    expect(runs[0]?.histories[0]?.steps.length).toBe(12);
  });
});

describe.skipIf(!hasChromium)(`in Chromium ${CHROMIUM_HINT}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  test('it opens from the disk, asks for nothing, shows the spectra and complains of nothing', async () => {
    const path = await writePageFile(folder);
    expect(readFileSync(path).length).toBeLessThan(2e6);
    const page = await browser.newPage();
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(`${pathToFileURL(path).href}#/spectra?run=run-1`);
    await page.waitForSelector('.pair .chart svg');
    expect(await page.locator('h2', { hasText: 'layers.0.attn.q' }).count()).toBe(1);
    expect(await findViolations(page)).toEqual([]);
    expect(complaints).toEqual([]);
    expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([`${pathToFileURL(path).href}`]);
  });
});
