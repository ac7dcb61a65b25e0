import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { expect, it } from 'vitest';
import { createRandom, type Random } from '../../src/base/random.ts';
import { run, temporaryFolder } from './exampleRecords.ts';
import { trainTo } from './exampleTraining.ts';

/** Bundles the writer so that plain Node runs it. */
async function bundleWriter(outDir: string): Promise<string> {
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true, target: 'node', external: ['vitest'] },
    build: { ssr: fileURLToPath(new URL('killedWriter.ts', import.meta.url)), outDir, emptyOutDir: false },
  });
  return join(outDir, 'killedWriter.js');
}

/** Starts the writer again and again until it is done, killing it soon after its first step. @returns kills */
async function trainUnderFire(program: string, folder: string, lastStep: number, random: Random): Promise<number> {
  for (let kills = 0; ; kills++) {
    const child = spawn(process.execPath, [program, folder, String(lastStep)], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), 20 + 130 * random.uniform()));
    const [exitCode] = await once(child, 'close');
    expect(stderr).toBe('');
    if (exitCode === 0) return kills;
  }
}

const RECORDS = ['run.json', 'metrics.jsonl', 'spectra.jsonl', 'checkpoint/state.safetensors'];

it('a process killed with SIGKILL at random moments and started again ends with the files of an undisturbed one', async () => {
  const root = temporaryFolder();
  const program = await bundleWriter(root);
  const lastStep = 100;
  const undisturbed = join(root, 'undisturbed');
  trainTo(undisturbed, lastStep);
  const random = createRandom(1);
  let kills = 0;
  for (let round = 0; kills < 3 && round < 20; round++) {
    const folder = join(root, `killed-${round}`);
    kills += await trainUnderFire(program, folder, lastStep, random);
    for (const name of ['study.json', ...RECORDS.map((file) => `runs/${run.run}/${file}`)])
      expect(readFileSync(join(folder, name)).equals(readFileSync(join(undisturbed, name))), name).toBe(true);
  }
  expect(kills).toBeGreaterThanOrEqual(3);
});
