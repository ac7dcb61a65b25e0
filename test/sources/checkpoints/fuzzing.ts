/**
 * Fuzzing of a reader: it opens damaged real files and reads every tensor it finds in them. Whatever the damage, the
 * answer is tensors or one of our own errors, soon, in little memory.
 *
 * In `npm test` a fixed number of rounds; `npm run fuzz` sets MUONSCOPE_FUZZ_SECONDS and MUONSCOPE_FUZZ_SEED.
 */
import { expect, test } from 'vitest';
import { MuonscopeError } from '../../../src/base/errors.ts';
import { createLabelledRandom } from '../../../src/base/random.ts';
import type { FileTree } from '../../../src/sources/bytes/byteSource.ts';
import type { Checkpoint } from '../../../src/sources/checkpoints/checkpoint.ts';
import type { FileReader, FolderReader } from '../../../src/sources/checkpoints/reader.ts';
import { treeInMemory } from '../bytes/treeInMemory.ts';
import { mutate } from './mutations.ts';

/** Files that belong together, one of which is damaged in each round. */
export interface FuzzSeed {
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** The one a file reader is given. */
  readonly main: string;
}

export const FUZZ_ROUNDS = 300;
/** One round, on a machine that does much else. */
const MAX_ROUND_SECONDS = 5;
/** Fixtures are small; what a round leaves behind is garbage of a few of them. */
const MAX_BYTES = 300_000_000;

/** Declares the fuzz test of a reader of single files. */
export function fuzzFileReader(
  reader: FileReader,
  seeds: () => readonly FuzzSeed[],
  rounds: number = FUZZ_ROUNDS,
): void {
  fuzz(reader.format, seeds, rounds, async (tree, main) => {
    const source = await tree.open(main);
    if (source === null) throw new Error(`the seed has no ${main}`);
    await reader.recognises(source);
    return async () => await reader.open(source, tree);
  });
}

/** Declares the fuzz test of a reader of folders. */
export function fuzzFolderReader(
  reader: FolderReader,
  seeds: () => readonly FuzzSeed[],
  rounds: number = FUZZ_ROUNDS,
): void {
  fuzz(reader.format, seeds, rounds, async (tree) => {
    await reader.recognises(tree, (await tree.list()) ?? []);
    return async () => await reader.open(tree);
  });
}

/** @param recognise never throws; returns what opens */
function fuzz(
  name: string,
  seeds: () => readonly FuzzSeed[],
  rounds: number,
  recognise: (tree: FileTree, main: string) => Promise<() => Promise<Checkpoint>>,
): void {
  const seconds = Number(process.env.MUONSCOPE_FUZZ_SECONDS ?? 0);
  const seed = Number(process.env.MUONSCOPE_FUZZ_SEED ?? 1);
  test(
    `${name}: a damaged file gives tensors or an error of our own, soon, in little memory`,
    async () => {
      const known = seeds();
      const end = performance.now() + seconds * 1000;
      let opened = 0;
      for (let round = 0; seconds > 0 ? performance.now() < end : round < rounds; round++) {
        const random = createLabelledRandom(seed, `${name} ${round}`);
        const { files, main } = known[random.integer(known.length)]!; // within the list
        const paths = Object.keys(files);
        const path = paths[random.integer(paths.length)]!; // within the list
        const { bytes, damage } = mutate(files[path]!, random);
        const where = `seed ${seed}, round ${round}: ${path} with ${damage}`;
        const begin = performance.now();
        const open = await recognise(treeInMemory({ ...files, [path]: bytes }), main);
        if (await readsOrRefuses(open, where)) opened++;
        expect((performance.now() - begin) / 1000, where).toBeLessThan(MAX_ROUND_SECONDS);
        const { heapUsed, arrayBuffers } = process.memoryUsage();
        expect(heapUsed + arrayBuffers, where).toBeLessThan(MAX_BYTES);
      }
      expect(opened, 'damage of tensors alone goes unnoticed, so some files must open').toBeGreaterThan(0);
    },
    60_000 + seconds * 1000,
  );
}

/** Whether the file opened. */
async function readsOrRefuses(open: () => Promise<Checkpoint>, where: string): Promise<boolean> {
  const checkpoint = await orRefusal(open, where);
  if (checkpoint === null) return false;
  for (const tensor of checkpoint.tensors) {
    const values = await orRefusal(() => tensor.read(), where);
    if (values !== null)
      expect(values.length, where).toBe(tensor.shape.reduce((product, dimension) => product * dimension, 1));
  }
  await checkpoint.close();
  return true;
}

/** null if it is refused as it should be: by a class of our own, in one line without anything a terminal obeys. */
async function orRefusal<T>(operation: () => Promise<T>, where: string): Promise<T | null> {
  try {
    return await operation();
  } catch (error) {
    if (!(error instanceof MuonscopeError)) throw new Error(where, { cause: error });
    expect(error.message, where).not.toMatch(/\p{Cc}/u);
    expect(error.message.length, where).toBeLessThan(2000);
    return null;
  }
}
