import { afterAll, describe, expect, test } from 'vitest';
import type { Matrix } from '../../src/linalg/matrix.ts';
import { singularValues, spectrumOf } from '../../src/linalg/singularValues.ts';
import { createSpectrumPool } from '../../src/linalg/spectrumPool.ts';
import { gaussian, toFloat32 } from './matrices.ts';

const quantiles = [0.1, 0.5, 0.9];

describe('a pool of two workers', () => {
  const pool = createSpectrumPool({ workers: 2 });
  afterAll(() => pool.close());

  test('gives the numbers of the direct call, bit for bit, in the order of the calls', async () => {
    const matrices: Matrix[] = [
      gaussian(120, 80, 1),
      toFloat32(gaussian(33, 200, 2)),
      gaussian(1, 9, 3),
      { rows: 3, columns: 3, data: new Float32Array(9) },
      gaussian(64, 64, 4, 1e-250),
    ];
    const pooled = await Promise.all(matrices.map((matrix) => pool.spectrum(matrix, quantiles)));
    expect(pooled).toEqual(matrices.map((matrix) => spectrumOf(matrix, quantiles)));
    const values = await Promise.all(matrices.map((matrix) => pool.singularValues(matrix)));
    expect(values).toEqual(matrices.map(singularValues));
  });

  test('copies the matrix unless told to transfer it', async () => {
    const matrix = gaussian(20, 20, 5);
    await pool.spectrum(matrix, quantiles);
    expect(matrix.data.length).toBe(400);
    const expected = spectrumOf(matrix, quantiles);
    expect(await pool.spectrum(matrix, quantiles, { transfer: true })).toEqual(expected);
    expect(matrix.data.length).toBe(0);
  });

  test('leaves the neighbours of a view alone', async () => {
    const all = gaussian(10, 30, 6).data;
    const view = { rows: 10, columns: 10, data: all.subarray(100, 200) };
    const expected = spectrumOf(view, quantiles);
    expect(await pool.spectrum(view, quantiles, { transfer: true })).toEqual(expected);
    expect(all.length).toBe(300);
  });

  test('takes shared memory', async () => {
    const data = new Float64Array(new SharedArrayBuffer(8 * 60));
    data.set(gaussian(6, 10, 7).data);
    const matrix = { rows: 6, columns: 10, data };
    expect(await pool.spectrum(matrix, quantiles, { transfer: true })).toEqual(spectrumOf(matrix, quantiles));
  });

  test('rejects a bad matrix with the error of the direct call and serves the next one', async () => {
    const bad = { rows: 2, columns: 2, data: Float32Array.from([1, 2, 3, Number.NaN]) };
    const message = 'singular values: entry (1, 1) is NaN; every entry must be finite';
    await expect(pool.spectrum(bad, quantiles)).rejects.toMatchObject({ tag: 'DomainError', message });
    await expect(pool.spectrum(gaussian(4, 4, 8), [2])).rejects.toMatchObject({
      tag: 'DomainError',
      message: 'spectrum: a quantile must lie in (0, 1], got 2',
    });
    const good = gaussian(12, 7, 9);
    expect(await pool.spectrum(good, quantiles)).toEqual(spectrumOf(good, quantiles));
  });

  test('does not grow over many calls', async () => {
    const matrix = gaussian(48, 48, 10);
    const expected = spectrumOf(matrix, quantiles);
    for (let k = 0; k < 300; k++) expect(await pool.spectrum(matrix, quantiles)).toEqual(expected);
  });
});

describe('a closed pool', () => {
  const closed = { tag: 'EngineError', message: 'spectrum pool: it is closed; create another one' };

  test('rejects calls in flight, waiting and later', async () => {
    const pool = createSpectrumPool({ workers: 1 });
    const calls = [1, 2, 3].map((seed) => pool.spectrum(gaussian(200, 200, seed), quantiles));
    const settled = Promise.allSettled(calls);
    await pool.close();
    for (const outcome of await settled) expect(outcome).toMatchObject({ status: 'rejected', reason: closed });
    await expect(pool.singularValues(gaussian(2, 2, 1))).rejects.toMatchObject(closed);
    await pool.close();
  });
});

test('a pool needs at least one worker', () => {
  const message = 'spectrum pool: workers must be an integer of at least 1, got 0';
  expect(() => createSpectrumPool({ workers: 0 })).toThrow(expect.objectContaining({ tag: 'DomainError', message }));
});
