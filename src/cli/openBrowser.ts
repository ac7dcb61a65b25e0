/** Opens an address in the reader's browser. */
import { spawn } from 'node:child_process';

/** The program that opens addresses, and what stands before the address. None is a shell. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};
const OTHERS: readonly [string, ...string[]] = ['xdg-open'];
/** Milliseconds after which an opener that still runs has found a browser. */
const PATIENCE = 5000;

/**
 * Hands an address to the browser, as an argument of a program, never through a shell.
 *
 * @param url of a page of ours @returns null, or a sentence where no browser was found
 */
export function openBrowser(url: string, platform: NodeJS.Platform = process.platform): Promise<string | null> {
  const [program, ...before] = OPENERS[platform] ?? OTHERS;
  const failure = (reason: string): string =>
    `--open: no browser was opened: ${reason}; open the address above yourself`;
  return new Promise((resolve) => {
    const child = spawn(program, [...before, url], { stdio: 'ignore', detached: true, windowsHide: true });
    const timer = setTimeout(() => resolve(null), PATIENCE);
    timer.unref();
    child.on('error', () => resolve(failure(`this machine has no ${program}`)));
    child.on('exit', (code) => resolve(code === 0 ? null : failure(`${program} found none`)));
    child.unref();
  });
}
