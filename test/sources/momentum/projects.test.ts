import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../../src/sources/checkpoints/openCheckpoint.ts';
import { groupCheckpoints } from '../../../src/sources/momentum/checkpointFiles.ts';
import { findMomentum } from '../../../src/sources/momentum/findMomentum.ts';
import type { FoundMomentum } from '../../../src/sources/momentum/momentumMatrix.ts';

/** One checkpoint of fixtures/layouts, with what its optimizer held. */
interface Case {
  readonly files: readonly string[];
  readonly model: string | null;
  readonly momentum: Readonly<Record<string, { readonly shape: readonly number[]; readonly sha256: string }>>;
  /** Parameters that Muon does not update; null where they are too many to list. */
  readonly adam: readonly string[] | null;
}

const root = fileURLToPath(new URL('../../../fixtures/layouts/', import.meta.url));

function casesOf(project: string): readonly Case[] {
  return JSON.parse(readFileSync(`${root}${project}/expected.json`, 'utf8'));
}

/** Opens the files of a case, finds their momentum, hands it on, and closes them. */
async function withMomentum(
  project: string,
  { files, model }: Case,
  use: (found: FoundMomentum) => Promise<void>,
): Promise<void> {
  const opened = await Promise.all(
    [...files, ...(model === null ? [] : [model])].map((file) => openCheckpoint(`${root}${project}/${file}`)),
  );
  try {
    await use(await findMomentum(opened.slice(0, files.length), { model: opened[files.length] }));
  } finally {
    await Promise.all(opened.map((checkpoint) => checkpoint.close()));
  }
}

async function hashesOf({ matrices }: FoundMomentum): Promise<Case['momentum']> {
  const entries = matrices.map(async ({ name, shape, read }) => {
    const { data } = await read();
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return [name, { shape, sha256: createHash('sha256').update(bytes).digest('hex') }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

const FACTS: Readonly<Record<string, Partial<FoundMomentum>>> = {
  kellerJordan: { layout: 'KellerJordan/Muon', convention: 'average', nsInput: 'nesterov' },
  moonlight: { layout: 'Moonlight', convention: 'sum', nsInput: 'nesterov' },
  dion: { layout: 'microsoft/dion', convention: 'sum' },
  nanochat: { layout: 'nanochat', convention: 'average', nsInput: 'nesterov' },
  optax: { layout: 'optax.contrib.muon', convention: 'average', nsInput: 'nesterov' },
};

test('there are facts about every project', () => {
  expect(readdirSync(root).sort()).toEqual(Object.keys(FACTS).sort());
});

describe.each(Object.keys(FACTS))('%s, as its own code writes it', (project) => {
  test.each(casesOf(project).map((one) => [one.files.join(', '), one] as const))('%s', async (_, one) => {
    await withMomentum(project, one, async (found) => {
      expect(found).toMatchObject({ ...FACTS[project], step: 3 });
      expect(await hashesOf(found)).toEqual(one.momentum);
      expect(found.matrices.every(({ layers }) => layers === (project === 'nanochat' ? 1 : 2))).toBe(true);
      const left = found.skipped.filter(({ cause }) => cause !== 'padding' && cause !== 'embedding');
      expect(left.every(({ cause }) => cause === 'moments' || cause === 'other optimizer')).toBe(true);
      if (one.adam !== null) expect(left).toHaveLength(one.adam.length);
    });
  });

  test('files of one step are grouped as they were written', () => {
    for (const { files, model } of casesOf(project)) {
      const isBeside =
        model !== null && model.split('/').slice(0, -1).join('/') === files[0]?.split('/').slice(0, -1).join('/');
      const paths = isBeside ? [model, ...[...files].reverse()] : files;
      expect(groupCheckpoints(paths)).toEqual([{ step: 3, paths: files, model: isBeside ? model : null }]);
    }
  });
});

test("names by order and shape are those of the optimizer's own parameters", async () => {
  for (const one of casesOf('nanochat'))
    await withMomentum('nanochat', one, async (found) => {
      expect(found.notes).toContain("7 names follow from order and shape of the model's weights");
      expect(found.skipped.filter(({ cause }) => cause === 'padding')).toHaveLength(3);
      expect(found).toMatchObject({ params: 10_216, nonEmbeddingParams: 6_376 }); // 3,840 of two embeddings and the head
    });
});
