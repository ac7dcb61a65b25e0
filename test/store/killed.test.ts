import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { expect, it } from 'vitest';
import { createRandom } from '../../src/base/random.ts';
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

it('a process killed with SIGKILL at random moments and started again ends with the files of an undisturbed one', async () => {
  const root = temporaryFolder();
  const program = await bundleWriter(root);
  const last = 100;
  trainTo(join(root, 'undisturbed'), last);
  const random = createRandom(1);
  let kills = 0;
  for (let exitCode: number | null = null; exitCode !== 0; ) {
    const child = spawn(process.execPath, [program, join(root, 'killed'), String(last)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), 20 + 130 * random.uniform()));
    [exitCode] = (await once(child, 'close')) as [number | null];
    expect(stderr).toBe('');
    if (exitCode === null) kills++;
  }
  expect(kills).toBeGreaterThan(1);
  for (const name of [
    'study.json',
    ...['run.json', 'metrics.jsonl', 'spectra.jsonl', 'checkpoint/state.safetensors'].map(
      (file) => `runs/${run.run}/${file}`,
    ),
  ])
    expect(readFileSync(join(root, 'killed', name)).equals(readFileSync(join(root, 'undisturbed', name)))).toBe(true);
});
