import { expect, test } from 'vitest';
import { createRandom } from '../../../src/base/random.ts';
import { mutate } from './mutations.ts';

const file = new TextEncoder().encode(`{"shape": [12, 34]}${'x'.repeat(2000)}`);

test('the same seed does the same damage, another one another', () => {
  const mutant = (seed: number) => mutate(file, createRandom(seed));
  expect(mutant(1)).toEqual(mutant(1));
  expect(mutant(1).damage).not.toBe(mutant(2).damage);
});

test('damage leaves the original alone, and finds nothing to do in an empty file', () => {
  const before = file.slice();
  const random = createRandom(3);
  for (let i = 0; i < 200; i++) mutate(file, random);
  expect(file).toEqual(before);
  for (let i = 0; i < 200; i++) expect(mutate(new Uint8Array(0), random).bytes.length).toBe(0);
});

test('every kind of damage happens, and most of it changes the file', () => {
  const random = createRandom(5);
  const mutants = Array.from({ length: 400 }, () => mutate(file, random));
  const kinds = new Set(mutants.flatMap(({ damage }) => damage.split(', ').map((one) => one.replace(/ at \d+$/, ''))));
  expect([...kinds].sort()).toEqual([
    'cut',
    'flipped bit',
    'large number',
    'lost block',
    'moved block',
    'other byte',
    'other digits',
    'repeated block',
  ]);
  expect(mutants.filter(({ bytes }) => Buffer.compare(bytes, file) !== 0).length).toBeGreaterThan(350);
});
