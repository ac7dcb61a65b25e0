import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FormatError } from '../../../src/base/errors.ts';
import type { ByteSource } from '../../../src/sources/bytes/byteSource.ts';
import { bytesInMemory } from '../../../src/sources/bytes/bytesInMemory.ts';
import { windowOf } from '../../../src/sources/bytes/byteWindow.ts';
import { openFile } from '../../../src/sources/bytes/localFile.ts';
import { openUrl } from '../../../src/sources/bytes/remoteFile.ts';
import { type RangeServer, serve } from './rangeServer.ts';

/** Longer than everything a remote file keeps. */
const contents = Uint8Array.from({ length: 6_000_001 }, (_, i) => (i * 7 + (i >> 8) * 13) & 255);
const folder = mkdtempSync(join(tmpdir(), 'muonscope-'));
let server: RangeServer;

beforeAll(async () => {
  writeFileSync(join(folder, 'file'), contents);
  server = await serve({ file: contents });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const padded = new Uint8Array(contents.length + 30);
padded.set(contents, 10);

const SOURCES: readonly [string, () => Promise<ByteSource>][] = [
  ['a local file', () => openFile(join(folder, 'file'))],
  ['a URL', () => openUrl(`${server.url}file`)],
  ['an array in memory', async () => bytesInMemory('array', contents)],
  ['a window', async () => windowOf(bytesInMemory('array', padded), 'window', 10, 10 + contents.length)],
];

describe.each(SOURCES)('%s', (_, open) => {
  test('knows its length and gives any range of its bytes', async () => {
    const source = await open();
    expect(source.byteLength).toBe(contents.length);
    const n = contents.length;
    const ranges = [
      [0, 0],
      [0, 1],
      [n - 1, n],
      [n, n],
      [131_071, 131_073],
      [100, 3_000_000],
      [5_000_000, 5_200_000],
      [0, n],
      [131_072, 262_144],
    ];
    for (const [start = 0, end = 0] of ranges) {
      const bytes = await source.slice(start, end);
      expect(bytes.length).toBe(end - start);
      expect(Buffer.compare(bytes, contents.subarray(start, end))).toBe(0);
    }
    await source.close();
  });

  test('gives memory that belongs to the caller', async () => {
    const source = await open();
    (await source.slice(0, 10)).fill(255);
    expect([...(await source.slice(0, 10))]).toEqual([...contents.subarray(0, 10)]);
    await source.close();
  });

  test('answers many slices at once', async () => {
    const source = await open();
    const starts = Array.from({ length: 60 }, (_, i) => (i * 997_331) % (contents.length - 1000));
    const parts = await Promise.all(starts.map((start) => source.slice(start, start + 1000)));
    expect(parts.every((part, i) => Buffer.compare(part, contents.subarray(starts[i]!, starts[i]! + 1000)) === 0)).toBe(
      true,
    );
    await source.close();
  });

  test.each([
    [-1, 4],
    [4, 3],
    [0, contents.length + 1],
    [0, 2 ** 60],
    [0.5, 2],
    [Number.NaN, 2],
  ])('refuses bytes %d to %d', async (start, end) => {
    const source = await open();
    const slice = source.slice(start, end);
    await expect(slice).rejects.toThrow(FormatError);
    await expect(slice).rejects.toThrow(`${source.name}: expected a range within 6000001 bytes, got bytes ${start} to`);
    await source.close();
  });

  test('closes twice without harm', async () => {
    const source = await open();
    await source.close();
    await source.close();
  });
});

test('a window refuses to leave its source', () => {
  expect(() => windowOf(bytesInMemory('array', contents), 'window', 5, contents.length + 1)).toThrow(FormatError);
});
