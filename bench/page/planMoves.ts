/**
 * How fast the view of plans follows its controls: for every size and precision the time from a move to the drawn plan,
 * the processor time it takes, and the longest task of the main thread, reasons and alternatives included.
 */
import type { Browser, CDPSession, Page } from 'playwright-core';
import { median } from '../../src/base/sums.ts';

/** The controls that are moved, by what they are called in the table. */
const CONTROLS = ['size', 'floor', 'quantile', 'confidence'] as const;
type Control = (typeof CONTROLS)[number];

const SIZES = { '1B': 1e9, '70B': 70e9, '300B': 300e9, '10T': 10e12 } as const;
const PRECISIONS = ['float32', 'bf16', 'fp16'] as const;
const MOVES = 15;
/** After every so many moves the control rests until reasons and alternatives are there. */
const RESTS = 3;

/** Of the moves of one control. */
interface Measured {
  /** Milliseconds until drawn, median. */
  readonly update: number;
  /** Milliseconds of processor time of the page's thread a move, with its share of the explanations. */
  readonly processor: number;
  /** Milliseconds of the longest task, by the clock. */
  readonly longest: number;
}

/**
 * Lines of a table: a row a size and precision, for each control "update/longest/processor".
 *
 * @param url of a served page
 */
export async function measurePlanMoves(browser: Browser, url: string): Promise<readonly string[]> {
  const lines = [['size', 'precision', ...CONTROLS].map((title) => title.padEnd(title.length > 8 ? 9 : 17)).join('')];
  for (const [size, params] of Object.entries(SIZES))
    for (const precision of PRECISIONS) {
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
      await page.goto(`${url}#/plan?to=${params}&precision=${precision}`);
      await page.waitForSelector('.rules tbody');
      await rest(page);
      const cells: string[] = [];
      for (const control of CONTROLS) {
        const { update, longest, processor } = await measure(page, control);
        cells.push(`${update.toFixed(0)}/${longest.toFixed(0)}/${processor.toFixed(0)}`.padEnd(17));
      }
      lines.push(`${size.padEnd(17)}${precision.padEnd(9)}${cells.join('')}`);
      await page.close();
    }
  return lines;
}

async function measure(page: Page, control: Control): Promise<Measured> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  await move(page, control, 0); // what is compiled and loaded at the first move
  await rest(page);
  await page.evaluate(watchTasks);
  const before = await processorTime(session);
  const updates: number[] = [];
  for (let i = 1; i <= MOVES; i++) {
    updates.push(await move(page, control, i));
    if (i % RESTS === 0) await rest(page);
  }
  const processor = ((await processorTime(session)) - before) / MOVES;
  const longest = await page.evaluate(() => Reflect.get(globalThis, 'longestTask') as number);
  await session.detach();
  return { update: median(updates), processor, longest };
}

/** Milliseconds that the main thread of the page has run. */
async function processorTime(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN);
}

/** Long tasks, of 50 ms or more, are what the browser tells of; shorter ones count as 0. */
function watchTasks(): void {
  Reflect.set(globalThis, 'longestTask', 0);
  new PerformanceObserver((list) => {
    const longest = Math.max(...list.getEntries().map(({ duration }) => duration));
    Reflect.set(globalThis, 'longestTask', Math.max(longest, Reflect.get(globalThis, 'longestTask') as number));
  }).observe({ type: 'longtask' });
}

/** Milliseconds from the event until the page shows the plan of the moved control. */
function move(page: Page, control: Control, i: number): Promise<number> {
  return page.evaluate(
    async ([name, count]) => {
      const label = (text: string) =>
        [...document.querySelectorAll('label')].find(({ textContent }) => textContent.trim().startsWith(text));
      const select = label(name === 'quantile' ? 'Quantile' : 'Confidence')?.querySelector('select');
      const slider = document.querySelector<HTMLInputElement>(name === 'size' ? '#to' : '#floor');
      const input = name === 'size' || name === 'floor' ? slider : select;
      if (!input) throw new Error(`there is no control of the ${name}`);
      if (input instanceof HTMLSelectElement) input.selectedIndex = (input.selectedIndex + 1) % input.options.length;
      else input.value = String(Number(input.value) + Number(input.step) * (count % 2 === 0 ? -2 : 1));
      const start = performance.now();
      input.dispatchEvent(new Event(input instanceof HTMLSelectElement ? 'change' : 'input', { bubbles: true }));
      do await new Promise((next) => setTimeout(next, 0));
      while (document.querySelector('.planned[aria-busy=true]') !== null);
      const taken = performance.now() - start;
      await new Promise((next) => setTimeout(next, 30));
      return taken;
    },
    [control, i] as const,
  );
}

/** Until reasons and alternatives are there. */
async function rest(page: Page): Promise<void> {
  await page.waitForTimeout(200);
  await page.waitForFunction(() => {
    const cells = [...document.querySelectorAll('.rules tbody td')];
    return cells.length > 0 && cells.every(({ textContent }) => textContent !== '…');
  });
}
