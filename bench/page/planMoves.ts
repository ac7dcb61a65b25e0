/**
 * How fast the view of plans follows its controls: for every size and precision the time from a move to the drawn plan,
 * and the longest task of the main thread, reasons and alternatives included; by the clock and in processor time, which
 * does not count what other programs take.
 */
import type { Browser, CDPSession, Page } from 'playwright-core';
import { median } from '../../src/base/sums.ts';
import { mainThreadTasks } from './mainThreadTasks.ts';

/** The controls that are moved, by what they are called in the table. */
const CONTROLS = ['size', 'floor', 'quantile', 'confidence'] as const;
type Control = (typeof CONTROLS)[number];

const SIZES = { '1B': 1e9, '70B': 70e9, '300B': 300e9, '10T': 10e12 } as const;
const PRECISIONS = ['float32', 'bf16', 'fp16'] as const;
const MOVES = 15;
/** Moves that are traced for the longest task; tracing slows them. */
const TRACED = 5;
/** After every so many moves the control rests until reasons and alternatives are there. */
const RESTS = 5;

/** Milliseconds. */
interface Time {
  readonly clock: number;
  readonly processor: number;
}

/**
 * Lines of a table: a row a size and precision; medians of the moves of each control, and the longest task of all of them,
 * each "clock/processor".
 *
 * @param url of a served page
 */
export async function measurePlanMoves(browser: Browser, url: string): Promise<readonly string[]> {
  const title = ['size', 'precision', ...CONTROLS, 'longest task'].map((name) => name.padEnd(12)).join('');
  const lines = [`moves of the plan's controls, ms: until drawn by the clock/processor time`, title];
  for (const [size, params] of Object.entries(SIZES))
    for (const precision of PRECISIONS) {
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
      await page.goto(`${url}#/plan?to=${params}&precision=${precision}`);
      await page.waitForSelector('.rules tbody');
      await rest(page);
      const session = await page.context().newCDPSession(page);
      await session.send('Performance.enable', { timeDomain: 'threadTicks' });
      for (const control of CONTROLS) await move(page, session, control, 0); // what is compiled at the first move
      await rest(page);
      const medians: Time[] = [];
      for (const control of CONTROLS) medians.push(await movesOf(page, session, control, MOVES));
      const tasks = await mainThreadTasks(page, async () => {
        for (const control of CONTROLS) await movesOf(page, session, control, TRACED);
      });
      const longest = {
        clock: Math.max(...tasks.map(({ clock }) => clock)),
        processor: Math.max(...tasks.map(({ processor }) => processor)),
      };
      const cells = [...medians, longest].map((time) =>
        `${time.clock.toFixed(0)}/${time.processor.toFixed(0)}`.padEnd(12),
      );
      lines.push(`${size.padEnd(12)}${precision.padEnd(12)}${cells.join('')}`.trimEnd());
      await page.close();
    }
  return lines;
}

async function movesOf(page: Page, session: CDPSession, control: Control, count: number): Promise<Time> {
  const times: Time[] = [];
  for (let i = 1; i <= count; i++) {
    times.push(await move(page, session, control, i));
    if (i % RESTS === 0) await rest(page);
  }
  return { clock: median(times.map(({ clock }) => clock)), processor: median(times.map(({ processor }) => processor)) };
}

/** From the event until the page shows the plan of the moved control. */
async function move(page: Page, session: CDPSession, control: Control, i: number): Promise<Time> {
  const before = await processorTime(session);
  const clock = await page.evaluate(
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
      await new Promise((next) => setTimeout(next, 0)); // behind the microtask that draws
      const planned = document.querySelector('.planned');
      while (planned?.getAttribute('aria-busy') === 'true')
        await new Promise<void>((drawn) => {
          new MutationObserver((_, observer) => {
            observer.disconnect();
            drawn();
          }).observe(planned, { attributeFilter: ['aria-busy'] });
        });
      return performance.now() - start;
    },
    [control, i] as const,
  );
  const processor = (await processorTime(session)) - before;
  await page.waitForTimeout(30);
  return { clock, processor };
}

/** Milliseconds that the main thread of the page has run. */
async function processorTime(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN);
}

/** Until reasons and alternatives are there. */
async function rest(page: Page): Promise<void> {
  await page.waitForTimeout(200);
  await page.waitForFunction(() => {
    const cells = [...document.querySelectorAll('.rules tbody td')];
    return cells.length > 0 && cells.every(({ textContent }) => textContent !== '…');
  });
}
