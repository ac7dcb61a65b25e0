/** `muonscope watch`, running beside a test. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { temporaryFolder } from '../store/exampleRecords.ts';
import { startMuonscope } from './muonscope.ts';

export const FLAGS: readonly string[] = ['--out', 'study', '--params', '10k', '--interval', '0.2'];

export interface Watching {
  readonly child: ChildProcess;
  readonly folder: string;
  readonly job: string;
  text(): { readonly stdout: string; readonly stderr: string };
  until(isThere: () => boolean): Promise<void>;
  closed(): Promise<number | null>;
}

/** `muonscope watch job`, started and at its first rest. */
export async function watching(): Promise<Watching> {
  const folder = temporaryFolder();
  const job = join(folder, 'job');
  mkdirSync(job);
  const child = startMuonscope(folder, 'watch', 'job', ...FLAGS);
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const close = once(child, 'close');
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (text) => {
    stdout += text;
  });
  child.stderr?.on('data', (text) => {
    stderr += text;
  });
  const until = async (isThere: () => boolean): Promise<void> => {
    for (let i = 0; i < 400 && !isThere(); i++) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(isThere(), stdout + stderr).toBe(true);
  };
  await until(() => stderr.includes('Waiting for news in job'));
  return { child, folder, job, text: () => ({ stdout, stderr }), until, closed: async () => (await close)[0] };
}
