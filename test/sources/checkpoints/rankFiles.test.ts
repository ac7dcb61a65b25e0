import { expect, test } from 'vitest';
import { FormatError } from '../../../src/base/errors.ts';
import type { FileTree } from '../../../src/sources/bytes/byteSource.ts';
import { rankFiles } from '../../../src/sources/checkpoints/rankFiles.ts';
import { treeInMemory } from '../bytes/treeInMemory.ts';

/** Files "0", "1", ... of one byte each, and how many are open: now, at most, and how often in all. */
function watchedTree(count: number): { tree: FileTree; open: { now: number; most: number; all: number } } {
  const open = { now: 0, most: 0, all: 0 };
  const inner = treeInMemory(
    Object.fromEntries(Array.from({ length: count }, (_, i) => [String(i), Uint8Array.of(i % 256)])),
  );
  const tree: FileTree = {
    ...inner,
    open: async (path) => {
      const source = await inner.open(path);
      if (source === null) return null;
      open.now++;
      open.all++;
      open.most = Math.max(open.most, open.now);
      const close = async (): Promise<void> => {
        open.now--;
      };
      return { ...source, close };
    },
  };
  return { tree, open };
}

test('files of 1,000 ranks are read one after the other with at most 65 open, and all are closed', async () => {
  const { tree, open } = watchedTree(1000);
  const files = rankFiles(tree);
  for (let i = 0; i < 1000; i++) {
    const source = await files.source(String(i));
    expect([source.byteLength, ...(await source.slice(0, 1))]).toEqual([1, i % 256]);
  }
  expect(open.most).toBeLessThanOrEqual(65);
  await files.close();
  expect(open.now).toBe(0);
});

test('a file in use is not closed under its reader, however many others are opened', async () => {
  const { tree, open } = watchedTree(500);
  const files = rankFiles(tree);
  const sources = await Promise.all(Array.from({ length: 500 }, (_, i) => files.source(String(i))));
  const bytes = await Promise.all(sources.map((source) => source.slice(0, 1)));
  expect(bytes.map(([byte]) => byte)).toEqual(Array.from({ length: 500 }, (_, i) => i % 256));
  await files.close();
  expect(open.now).toBe(0);
});

test('a file that is read again is still open, or opened again', async () => {
  const { tree, open } = watchedTree(100);
  const files = rankFiles(tree);
  const first = await files.source('0');
  await first.slice(0, 1);
  expect(open.all).toBe(1);
  for (let i = 1; i < 100; i++) await files.source(String(i));
  expect(await first.slice(0, 1)).toEqual(Uint8Array.of(0));
  expect(open.all).toBe(101);
});

test('a missing file is refused by name whenever it is asked for', async () => {
  const files = rankFiles(watchedTree(1).tree);
  for (let i = 0; i < 2; i++) await expect(files.source('7\u001b')).rejects.toThrow(FormatError);
  await expect(files.source('7\u001b')).rejects.toThrow('memory: expected the file 7\\u{1b}, got none of that name');
  await expect((await files.source('0')).slice(0, 2)).rejects.toThrow('expected a range within 1 bytes');
  await files.close();
});
