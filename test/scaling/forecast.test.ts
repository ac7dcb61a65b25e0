import { expect, test } from 'vitest';
import { forecast } from '../../src/scaling/forecast.ts';
import { lawThrough } from '../planner/laws.ts';

test('an exact law forecasts itself with no width', () => {
  const { value, low, high } = forecast(lawThrough(0.01, 0.5), 1e11);
  expect(value).toBeCloseTo(0.001, 15);
  expect([low, high]).toEqual([value, value]);
});

test('the half-width is that of logValue - exponent x, with its covariance', () => {
  const law = lawThrough(0.01, 0.5);
  const fit = { ...law.fit, variance: { logValue: 0.04, exponent: 0.01, covariance: 0.005 }, factor: 2 };
  const x = 3;
  const { value, low, high } = forecast({ ...law, fit }, Math.exp(fit.centre + x));
  const halfWidth = 2 * Math.sqrt(0.04 + 9 * 0.01 - 2 * x * 0.005);
  expect(Math.log(high / value)).toBeCloseTo(halfWidth, 12);
  expect(Math.log(value / low)).toBeCloseTo(halfWidth, 12);
});

test('refuses a size that is not positive', () => {
  expect(() => forecast(lawThrough(0.01, 0.5), 0)).toThrow('params must be a positive finite number, got 0');
});
