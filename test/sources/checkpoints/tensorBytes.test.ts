import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DomainError, FormatError } from '../../../src/base/errors.ts';
import { bytesInMemory } from '../../../src/sources/bytes/bytesInMemory.ts';
import { decodeFloats } from '../../../src/sources/checkpoints/elements.ts';
import { columnMajorStrides, rowMajorStrides } from '../../../src/sources/checkpoints/tensorBoxes.ts';
import { type TensorPlace, tensorAt } from '../../../src/sources/checkpoints/tensorBytes.ts';
import { counted } from '../bytes/countedSource.ts';

/** Elements 0, 1, 2, ... as float32. */
function counting(elements: number): TensorPlace['bytes'] {
  return bytesInMemory('f', new Uint8Array(Float32Array.from({ length: elements }, (_, i) => i).buffer));
}

/** One multiplication an index: the slow way to the same elements. */
function gathered(shape: readonly number[], strides: readonly number[], offset: number): number[] {
  const elements = shape.reduce((product, n) => product * n, 1);
  return Array.from({ length: elements }, (_, flat) => {
    let place = offset;
    for (let i = shape.length - 1, rest = flat; i >= 0; rest = Math.floor(rest / shape[i]!), i--)
      place += (rest % shape[i]!) * strides[i]!;
    return place;
  });
}

describe('elements', () => {
  test('of float16 are the values of IEEE 754 in all 65536 patterns', () => {
    const words = Uint16Array.from({ length: 65_536 }, (_, i) => i);
    const floats = decodeFloats(new Uint8Array(words.buffer.slice(0)), 'float16');
    words.forEach((word, i) => {
      const sign = word >> 15 === 1 ? -1 : 1;
      const exponent = (word >> 10) & 31;
      const fraction = word & 1023;
      const finite = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
      const value = exponent === 31 ? (fraction === 0 ? Number.POSITIVE_INFINITY : Number.NaN) : finite;
      if (!Object.is(floats[i], sign * value)) throw new Error(`0x${word.toString(16)}: ${floats[i]} is not ${value}`);
    });
  });

  test('of bfloat16 are the upper halves of float32', () => {
    const floats = Float32Array.from([1, -0, 3.140625, 1e38, -1e-40, Number.NEGATIVE_INFINITY, Number.NaN]);
    const bits = new Uint32Array(floats.buffer);
    const words = Uint16Array.from(bits, (word) => word >>> 16);
    const expected = new Float32Array(Uint32Array.from(words, (word) => word << 16).buffer);
    expect([...decodeFloats(new Uint8Array(words.buffer), 'bfloat16')]).toEqual([...expected]);
  });

  test.each([
    { dtype: 'float8_e4m3fn', exponentBits: 4, infinity: null },
    { dtype: 'float8_e5m2', exponentBits: 5, infinity: 0x7c },
  ] as const)('of $dtype are the values of its definition in all 256 patterns', ({ dtype, exponentBits, infinity }) => {
    const words = Uint8Array.from({ length: 256 }, (_, i) => i);
    const floats = decodeFloats(words.slice(), dtype);
    const steps = 2 ** (7 - exponentBits);
    const bias = 2 ** (exponentBits - 1) - 1;
    words.forEach((word, i) => {
      const sign = word >> 7 === 1 ? -1 : 1;
      const exponent = (word & 127) >> (7 - exponentBits);
      const fraction = (word % steps) / steps;
      const finite = exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias);
      const highest = infinity ?? 0x7f; // of e4m3fn one pattern alone is no number
      const value = (word & 127) < highest ? finite : (word & 127) === infinity ? Number.POSITIVE_INFINITY : Number.NaN;
      if (!Object.is(floats[i], sign * value)) throw new Error(`0x${word.toString(16)}: ${floats[i]} is not ${value}`);
    });
  });

  test.each(['float64', 'float32', 'float16', 'bfloat16'] as const)('of %s may be big-endian or unaligned', (dtype) => {
    const bytes = Uint8Array.from({ length: 80 }, (_, i) => i * 3);
    const size = dtype === 'float64' ? 8 : dtype === 'float32' ? 4 : 2;
    const turned = bytes.slice();
    for (let i = 0; i < 80; i += size) turned.subarray(i, i + size).reverse();
    const expected = decodeFloats(bytes.slice(), dtype);
    expect(decodeFloats(turned, dtype, true)).toEqual(expected);
    const unaligned = new Uint8Array(81);
    unaligned.set(bytes, 1);
    expect(decodeFloats(unaligned.subarray(1), dtype)).toEqual(expected);
  });
});

describe('a tensor', () => {
  test('is the storage from its offset on', async () => {
    const tensor = tensorAt({ path: ['x'], shape: [2, 3], dtype: 'float32', bytes: counting(10), offset: 4 });
    expect([...(await tensor.read())]).toEqual([4, 5, 6, 7, 8, 9]);
    expect([...(await tensor.read(2, 4))]).toEqual([6, 7]);
  });

  test('keeps float64', async () => {
    const bytes = bytesInMemory('f', new Uint8Array(Float64Array.of(Math.PI, -1).buffer));
    const read = await tensorAt({ path: ['x'], shape: [2], dtype: 'float64', bytes }).read();
    expect(read).toEqual(Float64Array.of(Math.PI, -1));
  });

  test('of a transposed storage is row-major', async () => {
    const strides = columnMajorStrides([2, 3]);
    const tensor = tensorAt({ path: ['x'], shape: [2, 3], dtype: 'float32', bytes: counting(6), strides });
    expect([...(await tensor.read())]).toEqual([0, 2, 4, 1, 3, 5]);
  });

  test('of any strides equals one gathered element by element, in every range', async () => {
    const dimensions = fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 30 })), {
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(dimensions, fc.nat(20), fc.nat(), fc.nat(), async (list, offset, x, y) => {
        const shape = list.map(([count]) => count);
        const strides = list.map(([, stride]) => stride);
        const tensor = tensorAt({ path: ['x'], shape, dtype: 'float32', bytes: counting(400), offset, strides });
        const expected = gathered(shape, strides, offset);
        const [begin = 0, end = 0] = [x % (expected.length + 1), y % (expected.length + 1)].sort((a, b) => a - b);
        expect([...(await tensor.read(begin, end))]).toEqual(expected.slice(begin, end));
        expect([...(await tensor.read())]).toEqual(expected);
      }),
      { numRuns: 500, seed: 4 },
    );
  });

  test.each([
    ['transposed', [3000, 1000], [1, 3000]],
    ['a stack whose matrices are interleaved', [3, 500, 2000], [1, 6000, 3]],
    ['columns of a larger one', [1500, 700], [2000, 1]],
  ] as const)('longer than what is read at once is put together right: %s', async (_, shape, strides) => {
    const words = Uint16Array.from({ length: 3_000_000 }, (_, i) => (i * 40_503) & 0x3fff);
    const bytes = bytesInMemory('f', new Uint8Array(words.buffer));
    const tensor = tensorAt({ path: ['x'], shape, dtype: 'bfloat16', bytes, strides });
    const all = decodeFloats(new Uint8Array(words.buffer.slice(0)), 'bfloat16');
    const expected = Float32Array.from(gathered(shape, strides, 0), (place) => all[place]!);
    expect(Buffer.compare(new Uint8Array((await tensor.read()).buffer), new Uint8Array(expected.buffer))).toBe(0);
    const part = await tensor.read(700_001, 900_003);
    expect(Buffer.compare(new Uint8Array(part.buffer), new Uint8Array(expected.slice(700_001, 900_003).buffer))).toBe(
      0,
    );
  });

  test('reads the range it is asked for and no more than a span beside it', async () => {
    const bytes = counted(bytesInMemory('f', new Uint8Array(40_000_000)));
    const shape = [10, 1000, 1000];
    await tensorAt({ path: ['x'], shape, dtype: 'float32', bytes }).read(3_000_000, 4_000_000);
    expect(bytes.lengths).toEqual([4_000_000]);
    bytes.lengths.length = 0;
    await tensorAt({ path: ['x'], shape, dtype: 'float32', bytes, strides: columnMajorStrides(shape) }).read();
    expect(Math.max(...bytes.lengths)).toBeLessThanOrEqual(4_194_304);
  });

  test('may hold one element or none', async () => {
    const bytes = counting(1);
    expect([...(await tensorAt({ path: ['x'], shape: [], dtype: 'float32', bytes }).read())]).toEqual([0]);
    for (const shape of [[0], [3, 0], [0, 5, 2]])
      expect((await tensorAt({ path: ['x'], shape, dtype: 'float16', bytes }).read()).length).toBe(0);
  });
});

describe('a tensor is refused before memory is taken', () => {
  const bytes = counting(12);
  const at = (place: Partial<TensorPlace>) => () =>
    tensorAt({ path: ['a', 'b'], shape: [3, 4], dtype: 'float32', bytes, ...place });
  test.each<[string, Partial<TensorPlace>, string]>([
    [
      'longer than its storage',
      { shape: [13] },
      'expected elements within 48 bytes, got float32 of shape [13] at 0 that ends at byte 52',
    ],
    ['beyond its storage', { offset: 1 }, 'that ends at byte 52'],
    ['with an offset beyond it', { shape: [0], offset: 13 }, 'expected elements within 48 bytes'],
    ['with strides out of it', { strides: [5, 1] }, 'expected elements within 48 bytes'],
    [
      'of an absurd shape',
      { shape: [2 ** 40, 2 ** 40] },
      'expected a shape that a file can hold, got [1099511627776,1099511627776]',
    ],
    ['of a negative dimension', { shape: [-3] }, 'expected dimensions of 0 or more, got [-3]'],
    ['of a dimension of minus nothing', { shape: [-0, 3] }, 'expected dimensions of 0 or more'],
    ['of half a dimension', { shape: [1.5] }, 'expected dimensions of 0 or more, got [1.5]'],
    ['of no number', { shape: [Number.NaN] }, 'expected dimensions of 0 or more'],
    ['of a thousand dimensions', { shape: new Array(1000).fill(1) }, 'expected at most 64 dimensions, got 1000'],
    ['with a negative stride', { strides: [4, -1] }, 'expected an offset and a stride of 0 or more for each of 2'],
    ['with too few strides', { strides: [4] }, 'expected an offset and a stride of 0 or more for each of 2'],
    ['with a negative offset', { offset: -1 }, 'expected an offset and a stride of 0 or more'],
  ])('%s', (_, place, message) => {
    expect(at(place)).toThrow(FormatError);
    expect(at(place)).toThrow(message);
    expect(at(place)).toThrow('f: tensor a.b: expected');
  });

  test('of more elements than its storage, each of them shared', async () => {
    const tensor = at({ shape: [2 ** 26, 2 ** 26], strides: [0, 0] })();
    await expect(tensor.read()).rejects.toThrow('got 4503599627370496 that share 48 bytes; save a contiguous copy');
  });

  test('of integers', async () => {
    await expect(at({ dtype: 'int32' })().read()).rejects.toThrow('float8_e5m2, got int32; leave it out');
  });

  test('in a range it does not have', async () => {
    await expect(at({})().read(5, 13)).rejects.toThrow(DomainError);
    await expect(at({})().read(5, 4)).rejects.toThrow('expected a range within 12 elements, got 5 to 4');
  });

  test('and its name cannot touch the terminal', () => {
    expect(at({ path: ['\u001b[2J'], shape: [99] })).toThrow('f: tensor \\u{1b}[2J: ');
  });
});

test('strides of rows and of columns', () => {
  expect(rowMajorStrides([2, 3, 4])).toEqual([12, 4, 1]);
  expect(columnMajorStrides([2, 3, 4])).toEqual([1, 2, 6]);
});
