/** Runs the built command line as a user does: in a process of its own, in a folder of its own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { madeUpText } from '../madeUpText.ts';

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command a user runs; built by `npm run build`. */
export const BINARY: string = fileURLToPath(new URL('../../dist/cli.mjs', import.meta.url));
if (!existsSync(BINARY)) throw new Error(`${BINARY} is not there; run npm run build before these tests`);

/** Milliseconds after which a command has hung. */
const LIMIT = 25_000;

/** Runs `muonscope ARGUMENTS` to its end. */
export function muonscope(cwd: string, ...args: readonly string[]): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BINARY, ...args], {
    cwd,
    encoding: 'utf8',
    timeout: LIMIT,
  });
  return { exitCode: status, stdout, stderr };
}

/** Starts `muonscope ARGUMENTS` and leaves it running. */
export function startMuonscope(cwd: string, ...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [BINARY, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** A new folder with `text.txt`, 40 000 characters of made-up words; removed when the test is over. */
export function folderWithText(): string {
  const folder = mkdtempSync(join(tmpdir(), 'muonscope-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'text.txt'), madeUpText(40_000));
  return folder;
}

/** Arguments of a study of two tiny models that takes a second or two. */
export const TINY: readonly string[] = '--preset smoke --sizes 1x16,1x32 --steps 30 --every 3 --text text.txt'.split(
  ' ',
);
