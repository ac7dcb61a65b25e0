/** Debian's Chromium for tests that need a browser. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PATH = '/usr/bin/chromium';
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Whether browser tests can run here. */
export const hasChromium: boolean = existsSync(PATH);
/** For the name of a suite that is skipped without it. */
export const CHROMIUM_HINT = '(install with: apt install chromium)';

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: PATH, args: FLAGS });
}
