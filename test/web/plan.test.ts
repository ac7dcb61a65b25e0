import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportPlan } from '../../src/workflows/exportPlan.ts';
import { writePageFile } from '../../src/workflows/pageFile.ts';
import { planTarget } from '../../src/workflows/plan.ts';
import { EXPORT_FORMATS, type ExportFormat } from '../../src/workflows/planFile.ts';
import { CHROMIUM_HINT, hasChromium, launchChromium } from '../chromium.ts';
import { LLAMA_3_2_1B } from '../planner/configs.ts';
import { observedLadder } from '../workflows/observedLadder.ts';
import { expectSoundView, type OpenedPage, openPage } from './openPage.ts';

const STEPS = [10, 20, 30, 40, 50, 60, 70, 80];
const ASKED = { laws: 'published', quantile: 0.5, floor: 0.7, precision: 'float32' } as const;

describe.skipIf(!hasChromium)(`the view of plans ${hasChromium ? '' : CHROMIUM_HINT}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'muonscope-plan-'));
  const ladder = join(folder, 'ladder');
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  let opened: OpenedPage;
  beforeAll(async () => {
    observedLadder(
      [32, 48, 64, 96, 128, 192].map((width) => [width, STEPS] as const),
      ladder,
    );
    opened = await openPage([ladder]);
  });
  afterAll(() => opened.close());

  test('opens from its address, passes axe, and complains of nothing, light and dark, wide and narrow', async () => {
    await expectSoundView(opened, '#/plan?to=30000000000&precision=bf16', async (page) => {
      await explained(page);
    });
  });

  test('shows the plan of the library, and its reasons where asked', async () => {
    const page = await opened.open('#/plan?to=300000000000&floor=0.8&confidence=0.9');
    await explained(page);
    const plan = await planTarget({ ...ASKED, params: 300e9, floor: 0.8, confidence: 0.9 });
    const shown = await page.locator('.rules tbody tr').allInnerTexts();
    expect(shown).toHaveLength(plan.rules?.length ?? 0);
    for (const [i, { schedule, products }] of (plan.rules ?? []).entries())
      expect(shown[i]).toContain(`${schedule.name}\t${products}`);
    await page.getByRole('button', { name: 'why' }).first().click();
    const rule = plan.rules?.[0];
    const row = plan.layers.find(({ role, layer }) => role === rule?.role && layer === rule?.hardest.layer);
    expect(await page.locator('tr.why li').allTextContents()).toEqual([...(row?.reasons ?? [])]);
    await page.waitForFunction(() => location.hash.includes('why='));
    await page.close();
  });

  test('tells the rule of the bar under the pointer', async () => {
    const page = await opened.open('#/plan?to=300000000000');
    await explained(page);
    for (const [top, role] of [
      [25, 'attn.q'],
      [59, 'attn.k'],
      [195, 'mlp.down'],
    ] as const)
      for (const left of [130, 500, 1150]) {
        await page.locator('.plot').hover({ position: { x: left, y: top } });
        expect(await page.textContent('.tip')).toContain(`${role}, layers`);
      }
    await page.close();
  });

  test.each(EXPORT_FORMATS)(
    'downloads for %s what the command writes',
    async (format: ExportFormat) => {
      const page = await opened.open('#/plan?to=1000000000');
      await page.waitForSelector('.rules');
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page
          .getByRole('group', { name: 'Download the plan for' })
          .getByRole('button', { name: format, exact: true })
          .click(),
      ]);
      const { text, losses } = await exportPlan({ ...ASKED, params: 1e9 }, format);
      const written = readFileSync(await download.path(), 'utf8');
      if (format === 'json' || format === 'csv') expect(rounded(written)).toBe(rounded(text));
      else expect(written).toBe(text);
      expect(download.suggestedFilename()).toMatch(format === 'json' || format === 'csv' ? `plan.${format}` : /\.py$/);
      for (const loss of losses) expect(await page.locator('main').textContent()).toContain(loss);
      await page.close();
    },
    60_000,
  );

  test('plans for a config that is chosen or dropped, and holds it in the address', async () => {
    const path = file('config.json', JSON.stringify(LLAMA_3_2_1B, null, 2));
    const page = await opened.open('#/plan');
    await page.getByLabel('choose or drop its config.json').setInputFiles(path);
    const plan = await planTarget({ ...ASKED, config: path });
    await page.waitForSelector('text=Planned for config.json');
    await explained(page);
    expect(await page.locator('.rules tbody tr').count()).toBeLessThanOrEqual(plan.rules?.length ?? 0);
    expect(await page.textContent('main')).toContain(`width ${plan.target.width}, ${plan.target.layers} layers`);
    await page.waitForFunction(() => location.hash.includes('config='));
    const again = await opened.open(new URL(page.url()).hash);
    await explained(again);
    expect(await again.locator('main').innerText()).toBe(await page.locator('main').innerText());
    await again.getByRole('button', { name: 'Plan for a size instead' }).click();
    const contents = await again.evaluateHandle((text) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text], '<b>model</b>.json'));
      return transfer;
    }, JSON.stringify(LLAMA_3_2_1B));
    await again.dispatchEvent('.drop', 'drop', { dataTransfer: contents });
    await again.waitForSelector('.drop strong');
    expect(await again.textContent('.drop strong')).toBe('<b>model</b>.json');
    expect(await again.locator('.drop b').count()).toBe(0);
    await page.close();
    await again.close();
  });

  test.each([
    ['broken.json', '{', 'model config: expected JSON in broken.json'],
    ['mamba.json', '{"model_type":"mamba"}', 'model_type "mamba" is not known (mamba.json)'],
    ['list.json', '[]', 'list.json'],
    ['huge.json', JSON.stringify({ ...LLAMA_3_2_1B, notes: 'x'.repeat(20_000) }), 'longer than the 16000 characters'],
  ])('refuses %s in a sentence', async (name, text, told) => {
    const page = await opened.open('#/plan');
    await page.getByLabel('choose or drop its config.json').setInputFiles(file(name, text));
    await page.waitForSelector('[role=alert]');
    expect(await page.getByRole('alert').textContent()).toContain(told);
    expect(await page.locator('.rules').count()).toBe(1);
    await page.close();
  });

  test('plans with the laws of the study', async () => {
    const page = await opened.open('#/plan?laws=own&to=10000000');
    await explained(page);
    const plan = await planTarget({ ...ASKED, laws: ladder, params: 1e7 });
    expect(await page.locator('.rules tbody tr').count()).toBeLessThanOrEqual(plan.rules?.length ?? 0);
    expect(await page.textContent('h2 small')).toContain('laws: study');
    await page.close();
  });

  test('an address that says nothing sensible opens a plan nonetheless', async () => {
    const page = await opened.open('#/plan?to=-1&floor=x&q=7&precision=int4&confidence=2&tokens=-4&config=%7B');
    await page.waitForSelector('[role=alert]');
    expect(await page.getByRole('alert').textContent()).toContain('expected JSON in config.json');
    await page.getByRole('button', { name: 'Plan for a size instead' }).click();
    await explained(page);
    await page.close();
  });

  test.each([
    ['the default', '#/plan'],
    ['300B', '#/plan?to=300000000000'],
    ['5T to 9T in bf16', '#/plan?to=5000000000000&precision=bf16'],
  ])('every move of the floor and the target draws another plan: %s', async (_, hash) => {
    const page = await opened.open(hash);
    await explained(page);
    for (const [control, by] of [
      ['#floor', 0.01],
      ['#to', 0.02],
    ] as const)
      expect(new Set(await moves(page, control, by)).size).toBeGreaterThan(8);
    await page.close();
  });

  describe.each(['served', 'in one file'])('%s', (how) => {
    let browser: Browser;
    let address: string;
    beforeAll(async () => {
      browser = await launchChromium();
      address = how === 'served' ? opened.server.url : pathToFileURL(await writePageFile(ladder)).href;
    });
    afterAll(() => browser.close());

    test('a slider in motion shows ever newer plans, the newest in the end, and then its reasons', async () => {
      const page = await browser.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(String(error)));
      await page.goto(`${address}#/plan?to=1000000000000&precision=bf16`);
      await explained(page);
      const shown = await drag(page, 1e12, 1e13);
      expect(shown.length).toBeGreaterThan(2);
      expect(shown).toEqual([...shown].sort((a, b) => a - b));
      expect(shown.at(-1)).toBe(1e13);
      await explained(page);
      const plan = await planTarget({ ...ASKED, params: 1e13, precision: 'bf16' });
      for (const schedule of new Set(plan.rules?.map(({ schedule: { name } }) => name)))
        expect(await page.textContent('.rules')).toContain(schedule);
      const rule = plan.rules?.[0];
      const fewer = rule?.hardest.alternatives.fewer;
      expect(await page.locator('.rules tbody tr').first().innerText()).toContain(
        `${fewer?.name} ${fewer?.output.toFixed(2)}`,
      );
      await page.getByRole('button', { name: 'why' }).first().click();
      const row = plan.layers.find(({ role, layer }) => role === rule?.role && layer === rule?.hardest.layer);
      expect((await page.locator('tr.why ul').first().locator('li').allTextContents()).map(rounded)).toEqual(
        row?.reasons.map(rounded),
      );
      expect(complaints).toEqual([]);
      await page.close();
    }, 60_000);
  });
});

/** What the page shows of the plan after each of 12 moves of a slider. @throws if one changes nothing */
function moves(page: Page, slider: string, step: number): Promise<string[]> {
  return page.evaluate(
    async ([selector, by]) => {
      const input = document.querySelector<HTMLInputElement>(selector);
      if (input === null) return [];
      const from = Number(input.value);
      const shown: string[] = [];
      for (let i = 0; i < 12; i++) {
        const before = document.querySelector('.planned')?.textContent;
        input.value = String(from + by * (i + 1));
        input.dispatchEvent(new Event('input', { bubbles: true }));
        do
          await new Promise((next) => setTimeout(next, 0)); // behind the microtask that draws
        while (document.querySelector('.planned[aria-busy=true]') !== null);
        const after = document.querySelector('.planned')?.textContent ?? '';
        if (after === before) throw new Error(`the move to ${input.value} changed nothing`);
        shown.push(after);
      }
      return shown;
    },
    [slider, step] as const,
  );
}

/** Moves the slider of the target in 40 steps, one a frame, and waits for the last plan. @returns the sizes shown meanwhile */
function drag(page: Page, from: number, to: number): Promise<number[]> {
  return page.evaluate(
    async ([first, last]) => {
      const shown: number[] = [];
      const look = (): void => {
        const [, size = '', unit = ''] =
          /^For ([\d.]+)([BT]) parameters/.exec(document.querySelector('.planned .verdict')?.textContent ?? '') ?? [];
        const params = Number(size) * (unit === 'T' ? 1e12 : 1e9);
        if (params !== shown.at(-1)) shown.push(params);
      };
      const observer = new MutationObserver(look);
      observer.observe(document.querySelector('.planned')!, { subtree: true, childList: true, characterData: true });
      const input = document.querySelector<HTMLInputElement>('#to')!;
      for (let i = 1; i <= 40; i++) {
        input.value = String(Math.log10(first) + (i / 40) * Math.log10(last / first));
        input.dispatchEvent(new Event('input', { bubbles: true }));
        await new Promise((next) => setTimeout(next, 16));
      }
      while (document.querySelector('.planned[aria-busy=true]') !== null)
        await new Promise((next) => setTimeout(next, 10));
      look();
      observer.disconnect();
      return shown;
    },
    [from, to] as const,
  );
}

/** Numbers to nine digits: exp and log of the browser and of Node may differ in the last bit. */
function rounded(text: string): string {
  return text.replace(/\d+\.\d+(e[+-]?\d+)?/g, (digits) => Number(digits).toPrecision(9));
}

/** Waits for reasons and alternatives. */
async function explained(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const cells = [...document.querySelectorAll('.rules tbody td')];
    return cells.length > 0 && cells.every(({ textContent }) => textContent !== '…');
  });
}
