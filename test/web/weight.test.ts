import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { builtFolder } from '../../src/workflows/builtFolder.ts';

/** Bytes that a reader of every view loads, as gzip sends them. */
const MOST = 400_000;

function weight(name: string): number {
  const folder = builtFolder(name);
  if (folder === null) throw new Error('the page is not built; run npm run build before these tests');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => join(folder, file))
    .filter((path) => statSync(path).isFile());
  expect(files.length).toBeGreaterThan(1);
  return files.reduce((sum, path) => sum + gzipSync(readFileSync(path)).length, 0);
}

test.each([
  ['served', 'page'],
  ['in one file', 'page-file'],
])('all of the page weighs less than 400 kB gzipped without data: %s', (_, name) => {
  const bytes = weight(name);
  expect(bytes).toBeGreaterThan(50_000);
  expect(bytes).toBeLessThan(MOST);
});
