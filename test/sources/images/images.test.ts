import { describe, expect, test } from 'vitest';
import { isCifar10, readCifar10 } from '../../../src/sources/images/cifar10.ts';
import { readIdx } from '../../../src/sources/images/idx.ts';

function cifar(labels: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(labels.length * 3073);
  for (const [i, label] of labels.entries()) {
    bytes[i * 3073] = label;
    bytes[i * 3073 + 1] = 255; // red of the first pixel
    bytes[i * 3073 + 1 + 2 * 1024 + 1023] = 51; // blue of the last
  }
  return bytes;
}

function idx(dimensions: readonly number[], data: readonly number[]): Uint8Array {
  const header = [
    0,
    0,
    8,
    dimensions.length,
    ...dimensions.flatMap((d) => [d >>> 24, (d >>> 16) & 255, (d >>> 8) & 255, d & 255]),
  ];
  return Uint8Array.from([...header, ...data]);
}

describe('CIFAR-10 files', () => {
  test('give labels, and pixels with colours side by side in [-1, 1]', () => {
    const { side, channels, labels, pixels } = readCifar10(cifar([3, 9]), 'a.bin');
    expect([side, channels, [...labels]]).toEqual([32, 3, [3, 9]]);
    expect([...pixels.subarray(0, 3)]).toEqual([1, -1, -1]);
    expect(pixels[3 * 1024 - 1]).toBeCloseTo(-0.6, 6);
  });

  test('are refused with a wrong length or label', () => {
    expect(isCifar10(new Uint8Array(3073 * 2))).toBe(true);
    expect(() => readCifar10(new Uint8Array(3074), 'a.bin')).toThrow(
      'expected CIFAR-10 records of 3073 bytes, got 3074 bytes (a.bin)',
    );
    expect(() => readCifar10(cifar([10]), 'a.bin')).toThrow('record 0 has label 10, expected 0 to 9 (a.bin)');
  });
});

describe('idx files', () => {
  const images = { bytes: idx([2, 2, 2], [0, 255, 0, 0, 255, 0, 0, 51]), file: 'images' };
  const labels = { bytes: idx([2], [1, 4]), file: 'labels' };

  test('give images and their labels', () => {
    const set = readIdx(images, labels);
    expect([set.side, set.channels, set.classes, [...set.labels]]).toEqual([2, 1, 5, [1, 4]]);
    expect([...set.pixels.subarray(0, 4)]).toEqual([-1, 1, -1, -1]);
  });

  test.each([
    ['wrong magic', { bytes: Uint8Array.from([0, 0, 13, 3, 0, 0, 0, 1]), file: 'images' }, 'got 0x00000d03 (images)'],
    [
      'a gzip file',
      { bytes: Uint8Array.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]), file: 'images' },
      'unpack .gz files first',
    ],
    ['missing pixels', { bytes: idx([2, 2, 2], [0, 1]), file: 'images' }, 'promises 2 x 2 x 2 bytes, the file has 2'],
    ['a cut header', { bytes: idx([2, 2, 2], []).subarray(0, 10), file: 'images' }, 'the header is cut off'],
    ['oblong images', { bytes: idx([2, 1, 2], [0, 1, 2, 3]), file: 'images' }, 'expected square images, got 1 x 2'],
    [
      'other labels',
      { bytes: idx([1, 2, 2], [0, 1, 2, 3]), file: 'images' },
      '1 images (images) but 2 labels (labels)',
    ],
  ])('with %s are refused', (_, given, message) => {
    expect(() => readIdx(given, labels)).toThrow(message);
  });
});
