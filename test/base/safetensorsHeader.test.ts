import { expect, test } from 'vitest';
import { FormatError } from '../../src/base/errors.ts';
import { parseSafetensorsHeader, safetensorsDataBegin } from '../../src/base/safetensorsHeader.ts';

function lengthOf(header: number): Uint8Array {
  const first = new Uint8Array(8);
  new DataView(first.buffer).setBigUint64(0, BigInt(header), true);
  return first;
}

test('the data begins behind the length and the header', () => {
  expect(safetensorsDataBegin(lengthOf(1000), 5000, 'f')).toBe(1008);
  expect(safetensorsDataBegin(lengthOf(2 ** 25), 2 ** 26, 'f')).toBe(2 ** 25 + 8);
});

test('a header that would take more memory than a scan has is refused, and is not called damaged', () => {
  const refusal = () => safetensorsDataBegin(lengthOf(2 ** 25 + 1), 2 ** 30, 'f.safetensors');
  expect(refusal).toThrow(FormatError);
  expect(refusal).toThrow(
    'safetensors: expected a header of at most 33554432 bytes, got 33554433 (f.safetensors); save in several files with an index',
  );
});

test.each([['[-0,3]'], ['[-1,3]'], ['[0.5,0]'], ['["0"]'], ['0']])('a shape of %s is refused', (shape) => {
  const header = new TextEncoder().encode(`{"a":{"dtype":"F32","shape":${shape},"data_offsets":[0,0]}}`);
  expect(() => parseSafetensorsHeader(header, 0, 'f.safetensors')).toThrow('has no shape, expected a list of sizes');
});
