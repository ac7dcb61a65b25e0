import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { decodeArray, type EncodedArray, readGptFixture, readMuonFixture } from './referenceFixtures.ts';

const folder = fileURLToPath(new URL('../fixtures', import.meta.url));

/** Path -> SHA-256 as the table of fixtures/README.md states them. */
function statedHashes(): Map<string, string> {
  const rows = readFileSync(`${folder}/README.md`, 'utf8').matchAll(/^\| \[([^\]]+)\].*`([0-9a-f]{64})` \|$/gm);
  return new Map([...rows].map(([, path, hash]) => [path ?? '', hash ?? '']));
}

function actualHashes(): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => relative(folder, `${entry.parentPath}/${entry.name}`)).filter(isFixture);
  return new Map(paths.map((path) => [path, sha256(`${folder}/${path}`)]));
}

function isFixture(path: string): boolean {
  return path !== 'README.md';
}

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

function byPath(hashes: Map<string, string>): Record<string, string> {
  return Object.fromEntries([...hashes].sort(([a], [b]) => a.localeCompare(b)));
}

function length({ shape }: EncodedArray): number {
  return shape.reduce((product, size) => product * size, 1);
}

test('every fixture is in the table of fixtures/README.md with its SHA-256', () => {
  expect(byPath(statedHashes())).toEqual(byPath(actualHashes()));
});

test('the fixtures together stay below 1.5 MB, of which the checkpoints of seven frameworks are the larger part', () => {
  const sizes = [...actualHashes().keys()].map((path) => readFileSync(`${folder}/${path}`).length);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1.5e6);
});

test('every array of the GPT fixture holds as many finite values as its shape says', () => {
  const { weights, gradients, trainings } = readGptFixture();
  const final = Object.values(trainings).map((training) => training.finalWeights);
  for (const arrays of [weights, gradients, ...final]) {
    expect(Object.keys(arrays)).toEqual(Object.keys(weights));
    for (const array of Object.values(arrays)) {
      expect(decodeArray(array)).toHaveLength(length(array));
      expect(decodeArray(array).every(Number.isFinite)).toBe(true);
    }
  }
});

test('every tall, square and wide matrix of the Muon fixture is run in all eight conventions', () => {
  const { cases, shapes } = readMuonFixture();
  const seen = cases.map(({ shape, muon }) => `${shape} ${muon.convention} ${muon.nesterov} ${muon.updateScale}`);
  expect(Object.keys(shapes)).toEqual(['tall', 'square', 'wide']);
  expect(new Set(seen).size).toBe(3 * 8);
});

test('the first update of the Muon fixture has singular values near its scale', () => {
  const { cases, shapes } = readMuonFixture();
  for (const { after, shape, muon } of cases) {
    const [rows = 0, columns = 0] = shapes[shape]?.weight.shape ?? [];
    const scale =
      muon.updateScale === 'original'
        ? Math.sqrt(Math.max(1, rows / columns))
        : 0.2 * Math.sqrt(Math.max(rows, columns));
    const update = after['1']?.update;
    expect(update && meanSquareSingularValue(update) / scale ** 2).toBeGreaterThan(0.5);
    expect(update && meanSquareSingularValue(update) / scale ** 2).toBeLessThan(1.3);
  }
});

/** ||X||_F^2 / min(m, n) */
function meanSquareSingularValue(array: EncodedArray): number {
  return decodeArray(array).reduce((sum, x) => sum + x * x, 0) / Math.min(...array.shape);
}
