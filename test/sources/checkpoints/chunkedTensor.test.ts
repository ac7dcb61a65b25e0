import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DomainError, FormatError } from '../../../src/base/errors.ts';
import type { CheckpointTensor } from '../../../src/sources/checkpoints/checkpoint.ts';
import {
  type Chunk,
  type ChunkPlace,
  chunkedTensor,
  elementsBefore,
  requireTiling,
} from '../../../src/sources/checkpoints/chunkedTensor.ts';
import { rowMajorStrides } from '../../../src/sources/checkpoints/tensorBoxes.ts';

/** Indices of all elements of a shape, row-major. */
function indicesOf(shape: readonly number[]): readonly (readonly number[])[] {
  return shape.reduce<readonly (readonly number[])[]>(
    (indices, length) => indices.flatMap((index) => Array.from({ length }, (_, i) => [...index, i])),
    [[]],
  );
}

/** A box of the tensor whose elements are their own positions, and what has been read of it. */
function countingChunk(place: ChunkPlace, shape: readonly number[], reads: [number, number][] = []): Chunk {
  const strides = rowMajorStrides(shape);
  const positions = indicesOf(place.sizes).map((index) =>
    index.reduce((sum, i, axis) => sum + (i + place.offsets[axis]!) * strides[axis]!, 0),
  );
  const read: CheckpointTensor['read'] = async (begin = 0, end = positions.length) => {
    reads.push([begin, end]);
    return Float32Array.from(positions.slice(begin, end));
  };
  return { ...place, open: async () => ({ read }) };
}

/** Cuts each axis of a shape at random, into a grid of boxes. */
const grids = fc
  .array(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 })
  .map((axes) => {
    const shape = axes.map((lengths) => lengths.reduce((sum, length) => sum + length, 0));
    const boxes = indicesOf(axes.map((lengths) => lengths.length)).map((index) => ({
      offsets: index.map((i, axis) => axes[axis]!.slice(0, i).reduce((sum, length) => sum + length, 0)),
      sizes: index.map((i, axis) => axes[axis]![i]!),
    }));
    return { shape, boxes };
  });

const tensorOf = (shape: readonly number[], boxes: readonly ChunkPlace[]): CheckpointTensor =>
  chunkedTensor(
    { path: ['a'], shape, dtype: 'float32', chunks: boxes.map((box) => countingChunk(box, shape)) },
    'x: a',
  );

describe('a tensor of chunks', () => {
  test('gives every range of its elements in order, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(grids, fc.nat(), fc.nat(), async ({ shape, boxes }, a, b) => {
        const elements = shape.reduce((product, length) => product * length, 1);
        const [begin, end] = [a % (elements + 1), b % (elements + 1)].sort((x, y) => x - y) as [number, number]; // two
        const positions = Float32Array.from({ length: end - begin }, (_, i) => begin + i);
        expect(await tensorOf(shape, boxes).read(begin, end)).toEqual(positions);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test('knows how many elements of a chunk stand before each of its own', () => {
    fc.assert(
      fc.property(grids, ({ shape, boxes }) => {
        const elements = indicesOf(shape);
        for (const box of boxes) {
          let count = 0;
          for (const [position, index] of elements.entries()) {
            expect(elementsBefore(box, shape, position)).toBe(count);
            if (index.every((i, axis) => i >= box.offsets[axis]! && i < box.offsets[axis]! + box.sizes[axis]!)) count++;
          }
          if (elements.length > 0) expect(elementsBefore(box, shape, elements.length)).toBe(count);
        }
      }),
      { seed: 2, numRuns: 100 },
    );
  });

  test('of no axes is its only element', async () => {
    expect(await tensorOf([], [{ offsets: [], sizes: [] }]).read()).toEqual(new Float32Array([0]));
  });

  test('reads only the elements asked for, of the chunks that have them', async () => {
    const [upper, lower]: [number, number][][] = [[], []];
    const shape = [4, 10];
    const chunks = [
      countingChunk({ offsets: [0, 0], sizes: [2, 10] }, shape, upper),
      countingChunk({ offsets: [2, 0], sizes: [2, 10] }, shape, lower),
    ];
    await chunkedTensor({ path: ['a'], shape, dtype: 'float32', chunks }, 'x: a').read(25, 31);
    expect(upper).toEqual([]);
    expect(lower).toEqual([[5, 11]]);
  });

  test('reads a long chunk in parts, so that memory is the result and a part', async () => {
    const reads: [number, number][] = [];
    const length = 2 ** 22 + 5;
    const zeros: CheckpointTensor['read'] = async (begin = 0, end = length) => {
      reads.push([begin, end]);
      return new Float32Array(end - begin);
    };
    const chunks = [
      { offsets: [0], sizes: [length], open: async () => ({ read: zeros }) },
      { offsets: [length], sizes: [1], open: async () => ({ read: async () => new Float32Array([1]) }) },
    ];
    const read = await chunkedTensor({ path: ['a'], shape: [length + 1], dtype: 'float32', chunks }, 'x: a').read();
    expect(reads).toEqual([
      [0, 2 ** 22],
      [2 ** 22, length],
    ]);
    expect(read.at(-1)).toBe(1);
  });

  test('refuses ranges that are none, and types that are not read', async () => {
    const tensor = tensorOf([2], [{ offsets: [0], sizes: [2] }]);
    await expect(tensor.read(1, 3)).rejects.toThrow(DomainError);
    await expect(tensor.read(-1)).rejects.toThrow('x: a: expected a range within 2 elements, got -1 to 2');
    const whole = chunkedTensor(
      { path: ['a'], shape: [2], dtype: 'int64', chunks: [countingChunk({ offsets: [0], sizes: [2] }, [2])] },
      'x: a',
    );
    await expect(whole.read()).rejects.toThrow('got int64; leave it out');
  });
});

describe('chunks tile their tensor', () => {
  const boxes = (...places: readonly (readonly [readonly number[], readonly number[]])[]): readonly ChunkPlace[] =>
    places.map(([offsets, sizes]) => ({ offsets, sizes }));

  test.each<[string, readonly number[], readonly ChunkPlace[], string]>([
    ['a gap', [4], boxes([[0], [1]], [[2], [2]]), 'expected chunks of 4 elements together, got 3'],
    ['no chunk', [4], [], 'expected chunks of 4 elements together, got 0'],
    [
      'an overlap',
      [4],
      boxes([[0], [3]], [[2], [2]]),
      'expected chunks that do not overlap, got one of shape [3] at [0]',
    ],
    ['an overlap that a gap makes up for', [4], boxes([[0], [2]], [[1], [2]]), 'expected chunks that do not overlap'],
    [
      'the same chunk twice',
      [2, 2],
      boxes(
        [
          [0, 0],
          [2, 1],
        ],
        [
          [0, 0],
          [2, 1],
        ],
      ),
      'expected chunks that do not overlap',
    ],
    ['a scalar twice', [], boxes([[], []], [[], []]), 'expected chunks that do not overlap'],
    ['a chunk outside', [4], boxes([[3], [2]]), 'expected chunks within [4], got one of shape [2] at [3]'],
    [
      'another rank',
      [4],
      boxes([
        [0, 0],
        [2, 2],
      ]),
      'the ranks saved different shapes',
    ],
  ])('%s is refused', (_, shape, chunks, message) => {
    expect(() => requireTiling(shape, chunks, 'x: a')).toThrow(FormatError);
    expect(() => requireTiling(shape, chunks, 'x: a')).toThrow(message);
  });

  test('bricks that are no grid are fine, and chunks of nothing anywhere', () => {
    const bricks = boxes(
      [
        [0, 0],
        [1, 3],
      ],
      [
        [0, 3],
        [2, 1],
      ],
      [
        [1, 0],
        [1, 3],
      ],
      [
        [1, 1],
        [0, 1],
      ],
    );
    expect(() => requireTiling([2, 4], bricks, 'x: a')).not.toThrow();
  });

  test.each([0, 1])('of 4,096 ranks along axis %i are checked within a second', (axis) => {
    const shape = [4096, 4096];
    const chunks = Array.from({ length: 4096 }, (_, i) => ({
      offsets: axis === 0 ? [i, 0] : [0, i],
      sizes: axis === 0 ? [1, 4096] : [4096, 1],
    }));
    const begin = performance.now();
    requireTiling(shape, chunks, 'x: a');
    expect(performance.now() - begin).toBeLessThan(1000);
  });
});
