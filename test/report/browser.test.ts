/** The page in a real browser: needs Debian's chromium, or any at the path below. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderReport } from '../../src/report/renderReport.ts';
import { CHROMIUM_HINT, hasChromium, launchChromium } from '../chromium.ts';
import { contrast } from './contrast.ts';
import { syntheticRandom } from './syntheticRandom.ts';
import { syntheticStudy } from './syntheticStudy.ts';

const REPORT = renderReport({ ...syntheticStudy(7), random: syntheticRandom() });

describe.skipIf(!hasChromium)(`the page in Chromium ${CHROMIUM_HINT}`, () => {
  let browser: Browser;
  const messages: string[] = [];
  const requests: string[] = [];

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  async function open(width: number, colorScheme: 'light' | 'dark'): Promise<Page> {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    page.on('console', (message) => messages.push(message.text()));
    page.on('pageerror', (error) => messages.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
    await page.setContent(REPORT.html);
    return page;
  }

  test.each([380, 768, 1280])(
    'at %d pixels nothing sticks out of the page and charts keep legible text',
    async (width) => {
      const page = await open(width, 'light');
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      const scale = await page.evaluate(() => document.querySelector('svg')!.getBoundingClientRect().width / 960);
      expect(scale * 11).toBeGreaterThan(9.5); // the smallest chart text is 10 to 11 px
      await page.close();
    },
  );

  test.each(['light', 'dark'] as const)('in %s mode all text on the page reaches a contrast of 4.5', async (mode) => {
    const page = await open(1280, mode);
    const { ground, inks } = await page.evaluate(textColours);
    expect(ground).toBe(mode === 'light' ? '#ffffff' : '#10151a');
    expect(inks.length).toBeGreaterThan(2);
    for (const ink of inks) expect(contrast(ink, ground), ink).toBeGreaterThanOrEqual(4.5);
    await page.close();
  });

  test('no text of a chart lies on another or outside its chart', async () => {
    const page = await open(1280, 'light');
    await page.evaluate(() => {
      for (const element of document.querySelectorAll('details')) element.open = true;
    });
    expect(await page.evaluate(textCollisions)).toEqual([]);
    await page.close();
  });

  test('on paper every detail is open, and a dark screen prints light', async () => {
    const page = await open(1280, 'dark');
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    const heights = await page.evaluate(() =>
      [...document.querySelectorAll('details > :not(summary)')].map(
        (element) => element.getBoundingClientRect().height,
      ),
    );
    expect(Math.min(...heights)).toBeGreaterThan(0);
    expect((await page.evaluate(textColours)).ground).toBe('#ffffff');
    await page.close();
  });

  test('every chart file is well-formed XML', async () => {
    const page = await open(1280, 'light');
    const failures = await page.evaluate(
      (charts) =>
        charts
          .filter(({ svg }) => new DOMParser().parseFromString(svg, 'image/svg+xml').querySelector('parsererror'))
          .map(({ name }) => name),
      [...REPORT.charts],
    );
    expect(failures).toEqual([]);
    await page.close();
  });

  test('nothing was printed to the console and nothing was requested', () => {
    expect(messages).toEqual([]);
    expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([]);
  });
});

/** Runs in the page: its background, and every colour that text has, as #rrggbb. */
function textColours(): { ground: string; inks: string[] } {
  const hex = (colour: string): string =>
    `#${(colour.match(/\d+/g) ?? [])
      .slice(0, 3)
      .map((channel) => Number(channel).toString(16).padStart(2, '0'))
      .join('')}`;
  const texts = [...document.querySelectorAll('h1, h2, h3, p, li, dt, dd, th, td, a, figcaption, summary, code')];
  const inks = texts.filter((element) => !element.closest('svg')).map((element) => getComputedStyle(element).color);
  const chartInks = [...document.querySelectorAll('svg text')].map((element) => getComputedStyle(element).fill);
  return {
    ground: hex(getComputedStyle(document.body).backgroundColor),
    inks: [...new Set([...inks, ...chartInks].map(hex))],
  };
}

/** Runs in the page: pairs of overlapping texts of a chart, and texts that leave it. */
function textCollisions(): string[] {
  const found: string[] = [];
  for (const chart of document.querySelectorAll('svg.muonscope-chart')) {
    const outer = chart.getBoundingClientRect();
    const boxes = [...chart.querySelectorAll('text')]
      .map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0);
    for (const [i, { text, box }] of boxes.entries()) {
      if (
        box.left < outer.left - 1 ||
        box.right > outer.right + 1 ||
        box.top < outer.top - 1 ||
        box.bottom > outer.bottom + 1
      )
        found.push(`"${text}" leaves its chart`);
      for (const other of boxes.slice(i + 1)) {
        const width = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
        const height = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
        if (width > 1 && height > 4) found.push(`"${text}" lies on "${other.text}"`);
      }
    }
  }
  return found;
}
