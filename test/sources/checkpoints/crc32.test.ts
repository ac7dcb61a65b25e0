import { expect, test } from 'vitest';
import { updateCrc32 } from '../../../src/sources/checkpoints/crc32.ts';

const text = new TextEncoder().encode('123456789');

test('the check value of the catalogue of CRCs', () => {
  expect(updateCrc32(0, text)).toBe(0xcbf43926);
});

test('is the same in parts', () => {
  expect(updateCrc32(updateCrc32(0, text.subarray(0, 4)), text.subarray(4))).toBe(0xcbf43926);
  expect(updateCrc32(0, new Uint8Array(0))).toBe(0);
});
