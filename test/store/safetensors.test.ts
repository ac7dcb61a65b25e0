import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { FormatError } from '../../src/base/errors.ts';
import { readSafetensors, type Tensor, writeSafetensors } from '../../src/store/safetensors.ts';
import { temporaryFolder } from './exampleRecords.ts';

const tensors = new Map<string, Tensor>([
  ['small', { dtype: 'U8', shape: [3], data: new Uint8Array([1, 2, 255]) }],
  ['half', { dtype: 'BF16', shape: [1, 2], data: new Uint16Array([0x3f80, 0xbf80]) }],
  ['f16', { dtype: 'F16', shape: [1], data: new Uint16Array([0x3c00]) }],
  ['single', { dtype: 'F32', shape: [2, 2], data: new Float32Array([1, -0, 3.5, Number.NaN]) }],
  ['words', { dtype: 'I32', shape: [2], data: new Int32Array([-1, 7]) }],
  ['double', { dtype: 'F64', shape: [2], data: new Float64Array([Math.PI, Number.MIN_VALUE]) }],
  ['long', { dtype: 'I64', shape: [1], data: new BigInt64Array([-(2n ** 62n)]) }],
  ['scalar', { dtype: 'F32', shape: [], data: new Float32Array([42]) }],
  ['empty', { dtype: 'F32', shape: [0, 5], data: new Float32Array(0) }],
  ['__proto__', { dtype: 'U8', shape: [1], data: new Uint8Array([9]) }],
]);

/** A file with this header and so many bytes of data. */
function fileOf(header: unknown, dataBytes: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

describe('safetensors', () => {
  it('gives back what was written, of every dtype and shape', () => {
    const read = readSafetensors(writeSafetensors({ tensors, metadata: { note: 'grüße' } }), 'a');
    expect(read.metadata).toEqual({ note: 'grüße' });
    expect(new Map([...read.tensors].sort())).toEqual(new Map([...tensors].sort()));
  });

  it('writes the same bytes whatever the order of the tensors', () => {
    const reversed = new Map([...tensors].reverse());
    expect(writeSafetensors({ tensors: reversed, metadata: {} })).toEqual(writeSafetensors({ tensors, metadata: {} }));
  });

  it('aligns every tensor to its element size in the file', () => {
    const bytes = writeSafetensors({ tensors, metadata: {} });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    for (const [name, { data }] of tensors) {
      const entry = Object.entries(header).find(([key]) => key === name)?.[1] as { data_offsets: [number, number] };
      expect((8 + length + entry.data_offsets[0]) % data.BYTES_PER_ELEMENT).toBe(0);
    }
  });

  it('reads unaligned tensors of other writers', () => {
    const bytes = fileOf(
      { a: { dtype: 'U8', shape: [1], data_offsets: [0, 1] }, b: { dtype: 'F32', shape: [1], data_offsets: [1, 5] } },
      5,
    );
    new DataView(bytes.buffer).setFloat32(bytes.length - 4, 2.5, true);
    expect(readSafetensors(bytes, 'a').tensors.get('b')?.data).toEqual(new Float32Array([2.5]));
  });

  it('is read by a reader written from the format description alone', () => {
    const path = join(temporaryFolder(), 'a.safetensors');
    writeFileSync(
      path,
      writeSafetensors({
        tensors: new Map([['x', { dtype: 'F32', shape: [2], data: new Float32Array([1.5, -2]) }]]),
        metadata: {},
      }),
    );
    const bytes = execFileSync(process.execPath, ['-e', INDEPENDENT_READER, path], { encoding: 'utf8' });
    expect(JSON.parse(bytes)).toEqual([1.5, -2]);
  });

  it('refuses to write data that is not as long as its shape', () => {
    const wrong = new Map<string, Tensor>([['w', { dtype: 'F32', shape: [2, 2], data: new Float32Array(3) }]]);
    expect(() => writeSafetensors({ tensors: wrong, metadata: {} })).toThrow(
      'safetensors: tensor w of shape [2,2] cannot be written with 3 values',
    );
  });
});

const INDEPENDENT_READER = `
const b = require('fs').readFileSync(process.argv[1]);
const n = Number(b.readBigUInt64LE(0));
const [from, to] = JSON.parse(b.toString('utf8', 8, 8 + n)).x.data_offsets;
const out = [];
for (let i = from; i < to; i += 4) out.push(b.readFloatLE(8 + n + i));
console.log(JSON.stringify(out));`;

describe('a file that is not safetensors is refused with a sentence', () => {
  const entry = (begin: number, end: number, shape: unknown = [(end - begin) / 4], dtype = 'F32'): object => ({
    dtype,
    shape,
    data_offsets: [begin, end],
  });
  const huge = new Uint8Array(4096);
  new DataView(huge.buffer).setBigUint64(0, 9007199254n, true);
  test.each<[string, Uint8Array, string]>([
    ['no bytes', new Uint8Array(0), 'expected at least 8 bytes, got 0'],
    ['header longer than the file', huge, 'header length 9007199254 exceeds file size 4096'],
    ['no JSON', fileOf('{"a":', 0), 'the header is not JSON'],
    ['a list', fileOf([], 0), 'the header is not a JSON object'],
    [
      'overlap',
      fileOf({ a: entry(0, 8), b: entry(4, 12) }, 12),
      'begins at byte 4 of the data where byte 8 was expected',
    ],
    ['gap', fileOf({ a: entry(0, 4), b: entry(8, 12) }, 12), 'begins at byte 8 of the data where byte 4 was expected'],
    ['out of range', fileOf({ a: entry(0, 16) }, 8), 'ends at byte 16 of 8 bytes of data'],
    ['bytes left over', fileOf({ a: entry(0, 4) }, 8), 'cover 4 bytes where the file has 8'],
    ['shape against length', fileOf({ a: entry(0, 8, [3]) }, 8), 'of dtype F32 and shape [3] needs 12 bytes, got 8'],
    ['negative offset', fileOf({ a: entry(-4, 0) }, 0), 'has no data_offsets'],
    ['size beyond 2^53', fileOf({ a: entry(0, 4, [2 ** 53, 2 ** 53]) }, 4), 'has no shape'],
    ['shape product overflow', fileOf({ a: entry(0, 4, [2 ** 52, 2 ** 52]) }, 4), 'needs'],
    ['unknown dtype', fileOf({ a: entry(0, 4, [1], 'F7') }, 4), 'has dtype F7, expected one of F64, I64'],
    [
      'a dtype we never write',
      fileOf({ a: entry(0, 4, [4], 'BOOL') }, 4),
      'has dtype BOOL, which no checkpoint of ours',
    ],
    ['no description', fileOf({ a: 3 }, 0), 'tensor a has no description'],
    ['metadata of numbers', fileOf({ __metadata__: { a: 1 } }, 0), '__metadata__.a is not a string'],
    [
      'deep nesting',
      fileOf(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 0),
      'the header nests deeper than 8 levels',
    ],
  ])('%s', (_, bytes, message) => {
    expect(() => readSafetensors(bytes, 'layer.safetensors')).toThrow(FormatError);
    expect(() => readSafetensors(bytes, 'layer.safetensors')).toThrow(message);
    expect(() => readSafetensors(bytes, 'layer.safetensors')).toThrow(
      '(layer.safetensors); the file is truncated or not safetensors',
    );
  });
});

it('never fails on a truncated or altered file but with a FormatError', () => {
  const whole = writeSafetensors({ tensors, metadata: { note: 'x' } });
  const readOrRefuse = (bytes: Uint8Array): void => {
    try {
      readSafetensors(bytes, 'f');
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  };
  for (let length = 0; length < whole.length; length++)
    expect(() => readSafetensors(whole.subarray(0, length), 'f')).toThrow(FormatError);
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (index, flip) => {
      const bytes = whole.slice();
      bytes[index] = bytes[index]! ^ flip;
      readOrRefuse(bytes);
    }),
    { numRuns: 2000, seed: 1 },
  );
});
