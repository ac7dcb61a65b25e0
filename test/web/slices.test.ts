import { describe, expect, test } from 'vitest';
import { runInSlices } from '../../web/src/views/plan/slices.ts';

/** Steps that keep the thread for `milliseconds` each. */
function* steps(count: number, milliseconds: number): Generator<undefined, string> {
  for (let i = 0; i < count; i++) {
    const until = performance.now() + milliseconds;
    while (performance.now() < until);
    yield;
  }
  return 'done';
}

function unexpected(error: unknown): never {
  throw error;
}

const task = (): Promise<void> => new Promise((next) => setImmediate(next));

describe('work in slices', () => {
  test('what fits one slice is done before the call returns', () => {
    const results: string[] = [];
    runInSlices(steps(3, 0), (result) => results.push(result), unexpected);
    expect(results).toEqual(['done']);
  });

  test('longer work gives way to other tasks between its slices', async () => {
    let isDone = false;
    runInSlices(steps(10, 12), () => (isDone = true), unexpected);
    let turns = 0;
    for (; !isDone; turns++) await task();
    expect(turns).toBeGreaterThanOrEqual(5);
  });

  test('nothing is told after a stop', async () => {
    const told: unknown[] = [];
    const stop = runInSlices(
      steps(4, 12),
      (result) => told.push(result),
      (error) => told.push(error),
    );
    await task();
    stop();
    for (let i = 0; i < 20; i++) await task();
    expect(told).toEqual([]);
  });

  test('what a step throws is told, once', async () => {
    const failures: unknown[] = [];
    function* failing(): Generator<undefined, never> {
      yield* steps(1, 12);
      throw new Error('no law');
    }
    runInSlices(failing(), unexpected, (error) => failures.push(error));
    while (failures.length === 0) await task();
    expect(failures).toEqual([new Error('no law')]);
  });
});
