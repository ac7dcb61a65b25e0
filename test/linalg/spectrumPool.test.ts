import { afterAll, describe, expect, test } from 'vitest';
import { kernelModule } from '../../src/linalg/kernelModule.ts';
import type { Matrix } from '../../src/linalg/matrix.ts';
import { singularValues, spectrumOf } from '../../src/linalg/singularValues.ts';
import { createSpectrumPool } from '../../src/linalg/spectrumPool.ts';
import type { PoolJob } from '../../src/linalg/workerMessages.ts';
import { WorkerQueue } from '../../src/linalg/workerQueue.ts';
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
    await expect(pool.spectrum(matrix, quantiles, { transfer: true })).rejects.toMatchObject({
      tag: 'DomainError',
      message: 'singular values: a 20 x 20 matrix has 400 entries, got 0',
    });
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

describe('a queue of workers', () => {
  test('rejects running, waiting and later calls when a worker dies', async () => {
    const queue = new WorkerQueue(1, kernelModule());
    const poison = 5 as unknown as PoolJob; // no job at all: the worker throws outside its error handling
    const calls = await Promise.allSettled([queue.run(poison, []), queue.run(poison, [])]);
    for (const outcome of [...calls, ...(await Promise.allSettled([queue.run(poison, [])]))])
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: {
          tag: 'EngineError',
          message: expect.stringMatching(/^spectrum pool: a worker stopped, .*create another/),
        },
      });
    await queue.close();
  });

  test('reports a defect in a worker as a failure without a tag', async () => {
    const empty = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    const queue = new WorkerQueue(1, empty);
    const answer = await queue.run({ matrix: gaussian(2, 2, 1), quantiles: [0.5] }, []);
    expect(answer).toMatchObject({
      failure: { tag: null, message: expect.stringMatching(/undefined|not a function/) },
    });
    await queue.close();
  });
});
