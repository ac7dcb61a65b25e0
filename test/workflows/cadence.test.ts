import { expect, test } from 'vitest';
import { trackingInterval } from '../../src/workflows/cadence.ts';
import { presetNamed, type Rung, trainConfig } from '../../src/workflows/presets.ts';

const quick = presetNamed('quick');

function intervalOf(rung: Rung, wished: number): number {
  return trackingInterval(trainConfig(rung, { ...quick, seed: 1, vocabulary: 256 }), wished);
}

test('every rung of the quick ladder is measured often enough for its fixed window', () => {
  const { steps, rungs } = quick;
  for (const rung of rungs) expect((0.3 * steps) / intervalOf(rung, quick.every)).toBeGreaterThanOrEqual(8);
});

test('wider models, whose spectra cost more beside a step, are measured less often, never more often than wished', () => {
  const intervals = [64, 256, 1024, 4096].map((width) => intervalOf({ layers: 4, width }, 5));
  expect(intervals).toEqual([...intervals].sort((a, b) => a - b));
  expect(intervals.at(-1)).toBeGreaterThan(20);
  expect(intervalOf({ layers: 4, width: 32 }, 50)).toBe(50);
});
