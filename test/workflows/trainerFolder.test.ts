import { createHash } from 'node:crypto';
import { cpSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { FoundMomentum } from '../../src/sources/momentum/momentumMatrix.ts';
import { checkpointsAt } from '../../src/workflows/openMomentum.ts';
import { candidatesIn } from '../../src/workflows/watchedFolder.ts';
import { temporaryFolder } from '../store/exampleRecords.ts';

const TRAINER = fileURLToPath(new URL('../../fixtures/trainer', import.meta.url));
const FOLDER = join(TRAINER, 'checkpoint-3');
const EXPECTED: Record<string, { shape: number[]; sha256: string }> = JSON.parse(
  readFileSync(join(TRAINER, 'expected.json'), 'utf8'),
);

async function momentumAt<T>(path: string, use: (found: FoundMomentum, name: string) => T | Promise<T>): Promise<T> {
  const [open] = checkpointsAt([path], {});
  const { found, name, close } = await open!();
  try {
    return await use(found, name);
  } finally {
    await close();
  }
}

function copied(): string {
  const folder = join(temporaryFolder(), 'gpt', 'checkpoint-3');
  cpSync(FOLDER, folder, { recursive: true });
  return folder;
}

async function hashes({ matrices }: FoundMomentum): Promise<Record<string, { shape: number[]; sha256: string }>> {
  const entries: [string, { shape: number[]; sha256: string }][] = [];
  for (const { name, shape, read } of matrices) {
    const bytes = new Uint8Array(Float32Array.from((await read()).data as ArrayLike<number>).buffer);
    entries.push([name, { shape: [...shape], sha256: createHash('sha256').update(bytes).digest('hex') }]);
  }
  return Object.fromEntries(entries);
}

describe('the folder of a Trainer', () => {
  it('gives the momentum of optimizer.pt the names of weights in shards that are sorted by name', async () => {
    await momentumAt(FOLDER, async (found, name) => {
      expect(name).toBe(join(FOLDER, 'optimizer.pt'));
      expect(await hashes(found)).toEqual(EXPECTED);
      expect(found).toMatchObject({ layout: 'torch.optim.Muon', step: 3, params: 1600 });
      expect(found.notes).toContainEqual(expect.stringContaining('77 of them by the usual order within a layer'));
    });
  });

  it('is found by watch as one checkpoint, whether it is in the watched folder or is it', async () => {
    for (const watched of [TRAINER, FOLDER])
      expect(await candidatesIn(watched, '')).toMatchObject([{ kind: 'checkpoint', path: FOLDER }]);
  });

  it('with several optimizers gives the one that has momentum', async () => {
    const folder = copied();
    renameSync(join(folder, 'optimizer.pt'), join(folder, 'optimizer_1.bin'));
    cpSync(join(folder, 'scheduler.pt'), join(folder, 'optimizer.bin'));
    await momentumAt(folder, (found, name) => {
      expect(name).toBe(join(folder, 'optimizer_1.bin'));
      expect(found.matrices).toHaveLength(77);
    });
    rmSync(join(folder, 'optimizer_1.bin'));
    await expect(momentumAt(folder, () => {})).rejects.toThrow('expected the state of an optimizer, got no tensor');
  });
});
