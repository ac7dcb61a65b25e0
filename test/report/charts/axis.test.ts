import { describe, expect, test } from 'vitest';
import { formatPower, logDomain, logTicks, thinLine } from '../../../src/report/charts/axis.ts';

describe('logDomain', () => {
  test('spans the positive finite values, with room on both sides', () => {
    expect(logDomain([0, -1, Number.NaN, 2, 8, Number.POSITIVE_INFINITY], 2)).toEqual([1, 16]);
    expect(logDomain([2, 8], 2, 10)).toEqual([1, 80]);
  });

  test('is null where nothing is positive', () => {
    expect(logDomain([0, -1])).toBeNull();
  });
});

describe('logTicks', () => {
  test('are powers of ten, every second one where all would crowd', () => {
    expect(logTicks([1e-3, 1])).toEqual([1e-3, 1e-2, 1e-1, 1]);
    expect(logTicks([5e4, 2e9], 4)).toEqual([1e5, 1e7, 1e9]);
  });

  test('are 1-2-5 below two powers, and one number in the tightest domain', () => {
    expect(logTicks([0.015, 0.3])).toEqual([0.02, 0.05, 0.1, 0.2]);
    expect(logTicks([3.1, 3.4])).toEqual([3.2]);
  });
});

describe('formatPower', () => {
  test.each([
    [0.001, '10⁻³'],
    [0.02, '2·10⁻²'],
    [1, '1'],
    [1e-12, '10⁻¹²'],
    [5000, '5·10³'],
  ])('%d reads %s', (value, text) => {
    expect(formatPower(value)).toBe(text);
  });
});

describe('thinLine', () => {
  const wave = Array.from({ length: 10_000 }, (_, i) => ({ x: i, y: Math.sin(i) * (i === 5000 ? 40 : 1) }));

  test('keeps at most four points a column, both ends and the highest peak', () => {
    const thin = thinLine(wave, 50);
    expect(thin.length).toBeLessThanOrEqual(200);
    expect(thin[0]).toBe(wave[0]);
    expect(thin.at(-1)).toBe(wave.at(-1));
    expect(Math.min(...thin.map((p) => p.y))).toBe(Math.min(...wave.map((p) => p.y)));
    expect(thin.every((point, i) => i === 0 || point.x > thin[i - 1]!.x)).toBe(true);
  });

  test('leaves a short line as it is, without points that are not finite', () => {
    const points = [
      { x: 0, y: 1 },
      { x: 1, y: Number.NaN },
      { x: 2, y: 3 },
    ];
    expect(thinLine(points, 10)).toEqual([points[0], points[2]]);
  });

  test('survives points that all share one x', () => {
    const points = Array.from({ length: 9 }, (_, i) => ({ x: 1, y: i }));
    expect(thinLine(points, 2)).toEqual([points[0], points[8]]);
  });
});
