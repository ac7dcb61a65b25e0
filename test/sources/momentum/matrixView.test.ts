import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CheckpointTensor } from '../../../src/sources/checkpoints/checkpoint.ts';
import { readView, shapeOf, wholeView } from '../../../src/sources/momentum/matrixView.ts';
import { checkpoint, type Reads, tensor } from './trees.ts';

function tensorOf(
  shape: readonly number[],
  reads: Reads = [],
  dtype: 'float32' | 'float64' = 'float32',
): CheckpointTensor {
  const [found] = checkpoint('a.pt', { t: tensor(shape, { dtype }) }, { reads }).tensors;
  if (!found) throw new Error('no tensor');
  return found;
}

test('a matrix of a stack reads its own elements in one piece', async () => {
  const reads: Reads = [];
  const matrix = await readView(wholeView(tensorOf([5, 3, 4], reads), 2, 3, 4));
  expect(matrix).toEqual({ rows: 3, columns: 4, data: Float32Array.from({ length: 12 }, (_, i) => 24 + i) });
  expect(reads).toEqual([{ path: 't', begin: 24, end: 36 }]);
});

test('rows that interleave are read range by range, nothing between them', async () => {
  const reads: Reads = [];
  const rows = [
    { begin: 1, end: 2 },
    { begin: 4, end: 6 },
  ];
  const matrix = await readView({ ...wholeView(tensorOf([6, 2], reads), 0, 6, 2), rows });
  expect([...matrix.data]).toEqual([2, 3, 8, 9, 10, 11]);
  expect(reads.map(({ begin, end }) => [begin, end])).toEqual([
    [2, 4],
    [8, 12],
  ]);
});

test('columns are gathered in bands of bounded size; float64 stays float64', async () => {
  const reads: Reads = [];
  const columns = 2 ** 18;
  const view = wholeView(tensorOf([9, columns], reads, 'float64'), 0, 9, columns);
  const matrix = await readView({ ...view, columns: [{ begin: columns - 1, end: columns }] });
  expect(matrix.data).toEqual(Float64Array.from({ length: 9 }, (_, i) => (i + 1) * columns - 1));
  expect(Math.max(...reads.map(({ begin, end }) => end - begin))).toBe(2 ** 20);
  expect(reads).toHaveLength(3);
});

test('any rows and columns are those of the whole matrix', async () => {
  const ranges = (length: number): fc.Arbitrary<readonly { begin: number; end: number }[]> =>
    fc
      .uniqueArray(fc.integer({ min: 0, max: length }), { minLength: 2, maxLength: 6 })
      .map((cuts) => [...cuts].sort((a, b) => a - b))
      .map((cuts) => cuts.slice(1).flatMap((end, i) => (i % 2 === 0 ? [{ begin: cuts[i] ?? 0, end }] : [])));
  await fc.assert(
    fc.asyncProperty(
      fc
        .integer({ min: 1, max: 9 })
        .chain((m) => fc.tuple(fc.constant(m), fc.integer({ min: 1, max: 9 })))
        .chain(([m, n]) =>
          fc.tuple(fc.constant(m), fc.constant(n), ranges(m), ranges(n), fc.integer({ min: 0, max: 2 })),
        ),
      async ([m, n, rows, columns, index]) => {
        const view = { ...wholeView(tensorOf([3, m, n]), index, m, n), rows, columns };
        const wanted: number[] = [];
        for (const r of rows)
          for (let i = r.begin; i < r.end; i++)
            for (const c of columns) for (let j = c.begin; j < c.end; j++) wanted.push((index * m + i) * n + j);
        const matrix = await readView(view);
        expect([...matrix.data]).toEqual(wanted);
        expect([matrix.rows, matrix.columns]).toEqual(shapeOf(view));
      },
    ),
    { seed: 1, numRuns: 200 },
  );
});
