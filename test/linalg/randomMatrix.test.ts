import { afterAll, describe, expect, test } from 'vitest';
import type { EntryDistribution, RandomMatrix } from '../../src/linalg/matrix.ts';
import { drawMatrix } from '../../src/linalg/randomMatrix.ts';
import { singularValues } from '../../src/linalg/singularValues.ts';
import { createSpectrumPool } from '../../src/linalg/spectrumPool.ts';

const N = 400;
/** Variance and fourth moment over its square; a standard error of a mean of N^2 draws is its deviation over N. */
const MOMENTS: readonly [EntryDistribution, variance: number, kurtosis: number][] = [
  [{ name: 'gaussian' }, 1, 3],
  [{ name: 'uniform' }, 1 / 3, 9 / 5],
  [{ name: 'student', dof: 9 }, 9 / 7, 3 + 6 / 5],
  [{ name: 'sparse', density: 0.2 }, 0.2, 15],
];

function described(entries: EntryDistribution, index = 0): RandomMatrix {
  return { rows: N, columns: N, entries, seed: 7, index };
}

describe('the entries of a random matrix', () => {
  // Five standard errors: one false alarm in two million seeds, and the seed is fixed.
  test.each(MOMENTS)('have mean 0 and the variance of %o', (entries, variance, kurtosis) => {
    const data = Array.from(drawMatrix(described(entries)).data);
    const mean = data.reduce((sum, x) => sum + x, 0) / N ** 2;
    const square = data.reduce((sum, x) => sum + x * x, 0) / N ** 2;
    expect(Math.abs(mean)).toBeLessThan((5 * Math.sqrt(variance)) / N);
    expect(Math.abs(square - variance)).toBeLessThan((5 * variance * Math.sqrt(kurtosis - 1)) / N);
  });

  test('of Student t exceed its 0.95 quantile 2.015 in five of a hundred draws with 5 degrees of freedom', () => {
    const data = Array.from(drawMatrix(described({ name: 'student', dof: 5 })).data);
    const share = data.filter((x) => x > 2.015048).length / N ** 2;
    expect(Math.abs(share - 0.05)).toBeLessThan((5 * Math.sqrt(0.05 * 0.95)) / N);
  });

  test('are nonzero as often as the density says', () => {
    const data = Array.from(drawMatrix(described({ name: 'sparse', density: 0.2 })).data);
    const share = data.filter((x) => x !== 0).length / N ** 2;
    expect(Math.abs(share - 0.2)).toBeLessThan((5 * Math.sqrt(0.2 * 0.8)) / N);
  });

  test('are the same for the same description and others for another index, seed, shape or distribution', () => {
    const base: RandomMatrix = { rows: 3, columns: 4, entries: { name: 'gaussian' }, seed: 1, index: 0 };
    const others: RandomMatrix[] = [
      { ...base, index: 1 },
      { ...base, seed: 2 },
      { ...base, rows: 4, columns: 3 },
      { ...base, entries: { name: 'uniform' } },
    ];
    expect(drawMatrix(base)).toEqual(drawMatrix({ ...base }));
    for (const other of others) expect(drawMatrix(other).data[0]).not.toBe(drawMatrix(base).data[0]);
  });
});

describe('a pool given a description', () => {
  const pool = createSpectrumPool({ workers: 2 });
  afterAll(() => pool.close());

  test('draws the matrix itself, to the same bits', async () => {
    const description: RandomMatrix = { rows: 30, columns: 50, entries: { name: 'gaussian' }, seed: 3, index: 2 };
    expect(await pool.singularValues(description)).toEqual(singularValues(drawMatrix(description)));
  });
});
