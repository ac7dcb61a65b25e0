/**
 * The page: how plans follow their controls; and over a study of a million spectra the first view while the server reads,
 * the next matrix, scrubbing, and the server's answers once all is read. Writes 0.7 GB to the folder for temporary files and removes it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { serveStudies } from '../src/server/serve.ts';
import { launchChromium } from '../test/chromium.ts';
import { writeStudy } from '../test/server/smallStudy.ts';
import { measurePlanMoves } from './page/planMoves.ts';

const root = mkdtempSync(join(tmpdir(), 'muonscope-bench-'));
const folder = join(root, 'large');
const page = join(process.argv[2] ?? '', '..', 'dist', 'page');
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const tell = (text: string): void => void process.stdout.write(`${text}\n`);

try {
  await measurePlans();
  // 4 runs of 42 layers with 6 matrices each: 1,008 series, 993 steps of each: 1,000,944 records.
  writeStudy(folder, { runs: 4, layers: 42, steps: 993 });
  const browser = await launchChromium();
  const views: number[] = [];
  for (let round = 0; round < 3; round++) {
    const server = await serveStudies({ folders: [folder], host: '127.0.0.1', port: 0, page });
    const opened = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const begun = performance.now();
    await opened.goto(`${server.url}#/spectra`);
    await opened.waitForSelector('.pair .chart svg');
    views.push(performance.now() - begun);
    if (round === 2) await measureWhole(server.url, server.studies[0]!.id, begun, opened);
    await opened.close();
    await server.close();
  }
  tell(
    `first view, of spectra: ${median(views).toFixed(0)} ms (median of ${views.map((value) => value.toFixed(0)).join(', ')})`,
  );
  await browser.close();
} finally {
  rmSync(root, { recursive: true });
}

async function measurePlans(): Promise<void> {
  const small = join(root, 'small');
  writeStudy(small, { runs: 1, layers: 1, steps: 10 });
  const browser = await launchChromium();
  const server = await serveStudies({ folders: [small], host: '127.0.0.1', port: 0, page });
  for (const line of await measurePlanMoves(browser, server.url)) tell(line);
  await browser.close();
  await server.close();
}

async function measureWhole(url: string, study: string, begun: number, opened: Page): Promise<void> {
  for (const run of ['run-0', 'run-3'])
    for (;;) {
      const { reading } = await (await fetch(new URL(`/api/studies/${study}/runs/${run}/series`, url))).json();
      if (reading.size > 0 && reading.read === reading.size) break;
      await new Promise((resolve) => setTimeout(resolve, 700));
    }
  tell(
    `all read after ${(performance.now() - begun).toFixed(0)} ms, ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB resident`,
  );
  const at = `/api/studies/${study}/runs/run-0`;
  for (const path of [
    'series',
    'overview?quantile=0.5&columns=24',
    'history?series=5',
    'trajectories?series=5&quantiles=0.01,0.1,0.5,0.9,0.99&columns=400',
  ]) {
    const times: number[] = [];
    for (let i = 0; i < 5; i++) {
      const asked = performance.now();
      await (await fetch(new URL(`${at}/${path}`, url))).text();
      times.push(performance.now() - asked);
    }
    tell(`${path}: first ${times[0]?.toFixed(0)} ms, median ${median(times).toFixed(0)} ms`);
  }
  await opened.waitForTimeout(2000);
  const { next, frames } = await opened.evaluate(async () => {
    const settled = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
    const cells = [...document.querySelectorAll<HTMLButtonElement>('.cell')];
    const wanted = cells[77]!;
    const asked = performance.now();
    wanted.click();
    const name = wanted.title;
    while (!document.querySelector('.pair figcaption')?.textContent?.includes(` ${name} `)) await settled();
    const next = performance.now() - asked;
    const slider = document.querySelector<HTMLInputElement>('input[type=range]')!;
    const from = performance.now();
    const count = 120;
    for (let i = 0; i < count; i++) {
      slider.value = String(Math.round((i / count) * Number(slider.max)));
      slider.dispatchEvent(new Event('input', { bubbles: true }));
      await settled();
    }
    return { next, frames: (1000 * count) / (performance.now() - from) };
  });
  tell(`another matrix: ${next.toFixed(0)} ms; scrubbing: ${frames.toFixed(0)} frames a second`);
  await measureSwitches(opened);
}

/** From the click on a view's name to its first chart or note, each view opened before. */
async function measureSwitches(opened: Page): Promise<void> {
  const titles = ['Runs', 'Laws', 'Plan', 'NS lab', 'Random and dynamics', 'Spectra'];
  const switchTo = (title: string): Promise<number> =>
    opened.evaluate(async (wanted) => {
      const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
      const link = [...document.querySelectorAll('nav a')].find(({ textContent }) => textContent === wanted);
      const asked = performance.now();
      (link as HTMLAnchorElement).click();
      while (document.querySelector('h1')?.textContent !== wanted) await frame();
      while (!document.querySelector('main .chart svg, main .note, main .runs tbody td')) await frame();
      return performance.now() - asked;
    }, title);
  for (const title of titles) await switchTo(title);
  const times: string[] = [];
  for (const title of titles) {
    const rounds: number[] = [];
    for (let round = 0; round < 3; round++) {
      await switchTo(title === 'Runs' ? 'NS lab' : 'Runs');
      await opened.waitForTimeout(300);
      rounds.push(await switchTo(title));
    }
    times.push(`${title} ${median(rounds).toFixed(0)}`);
  }
  tell(`switching to a view, ms: ${times.join(', ')}`);
}
