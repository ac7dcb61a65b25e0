import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { FILE_READERS, FOLDER_READERS } from '../../../src/sources/checkpoints/openCheckpoint.ts';

const page = readFileSync(fileURLToPath(new URL('../../../docs/checkpoint-formats.md', import.meta.url)), 'utf8');

test('every format that the page of formats tells is read', () => {
  const told = [...page.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, format]) => format);
  const read = new Set([...FILE_READERS, ...FOLDER_READERS].map(({ format }) => format));
  expect(told.length).toBeGreaterThanOrEqual(5);
  expect(told.filter((format) => ![...read].some((one) => one === format))).toEqual([]);
});
