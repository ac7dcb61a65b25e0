/** A served study in Debian's Chromium, for the tests of every view. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import { type RunningServer, serveStudies } from '../../src/server/serve.ts';
import { launchChromium } from '../chromium.ts';

/** A browser, a server over some studies, and what the browser complained about. */
export interface OpenedPage {
  readonly server: RunningServer;
  readonly complaints: readonly string[];
  /** @param hash e.g. "#/spectra?study=small" */
  open(hash: string, look?: { readonly width?: number; readonly dark?: boolean }): Promise<Page>;
  close(): Promise<void>;
}

/** Serves the folders on a free port. Close it when done. */
export async function openPage(folders: readonly string[]): Promise<OpenedPage> {
  const server = await serveStudies({ folders, host: '127.0.0.1', port: 0 });
  const browser: Browser = await launchChromium();
  const complaints: string[] = [];
  return {
    server,
    complaints,
    open: async (hash, { width = 1280, dark = false } = {}) => {
      const page = await browser.newPage({
        viewport: { width, height: 900 },
        colorScheme: dark ? 'dark' : 'light',
      });
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(String(error)));
      await page.goto(server.url + hash);
      await page.waitForSelector('main h1');
      return page;
    },
    close: async () => {
      await browser.close();
      await server.close();
    },
  };
}

/** What axe-core finds, in words. */
export async function findViolations(page: Page): Promise<readonly string[]> {
  const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await page.evaluate(source);
  return page.evaluate(async () => {
    const axe = Reflect.get(globalThis, 'axe') as typeof import('axe-core');
    const { violations } = await axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
  });
}

/**
 * Opens a view light and dark, wide and narrow: each time it is `ready`, passes axe and does not scroll sideways, and the
 * browser complains of nothing.
 */
export async function expectSoundView(
  opened: OpenedPage,
  hash: string,
  ready: (page: Page) => Promise<unknown>,
): Promise<void> {
  for (const look of [{}, { dark: true }, { width: 380 }]) {
    const page = await opened.open(hash, look);
    await ready(page);
    expect(await findViolations(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    await page.close();
  }
  expect(opened.complaints).toEqual([]);
}
