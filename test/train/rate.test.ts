import { expect, test } from 'vitest';
import { rateFactor } from '../../src/train/rate.ts';

test('the rate warms up, stays, and falls linearly over the last share of the steps', () => {
  const schedule = { warmupSteps: 4, decayShare: 0.2 };
  const factors = Array.from({ length: 20 }, (_, step) => rateFactor(schedule, step, 20));
  expect(factors.slice(0, 5)).toEqual([0.25, 0.5, 0.75, 1, 1]);
  expect(factors.slice(15)).toEqual([1, 1, 0.75, 0.5, 0.25]);
});

test('without warm-up and decay the rate is constant', () => {
  for (let step = 0; step < 5; step++) expect(rateFactor({ warmupSteps: 0, decayShare: 0 }, step, 5)).toBe(1);
});
