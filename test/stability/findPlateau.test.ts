import { describe, expect, it } from 'vitest';
import { findPlateau, settledValue } from '../../src/stability/findPlateau.ts';
import { fixedWindow, PAPER_WINDOW, windowOf } from '../../src/stability/fixedWindow.ts';
import { DRIFT_TOLERANCE } from '../../src/stability/window.ts';
import { autoregressive, drifting, trajectory } from './trajectories.ts';

/** 100 samples over 500 steps: a burn-in that fades within about 50 steps, a plateau, a fall from step 450 on. */
function run(seed: number, deviation = 0.04): number[] {
  return autoregressive(seed, 100, 0.3, deviation).map((noise, i) => {
    const step = 5 * (i + 1);
    return noise - 3 - Math.exp(-step / 50) - Math.max(0, step - 450) / 50;
  });
}

describe('findPlateau', () => {
  it('finds the plateau between burn-in and decay', () => {
    for (let seed = 0; seed < 50; seed++) {
      const plateau = findPlateau(trajectory(run(seed)), { until: 450 });
      expect(plateau.verdict).toBe('settled');
      expect(plateau.window[1]).toBe(450);
      expect(plateau.window[0]).toBeLessThanOrEqual(305);
      // Half the tolerated drift, and the noise.
      expect(Math.abs(Math.log(plateau.value!) + 3)).toBeLessThan(DRIFT_TOLERANCE / 2 + 0.03);
    }
  });

  it('takes the whole trajectory where all of it stands still', () => {
    const plateau = findPlateau(trajectory(autoregressive(4, 100, 0.3, 0.04)));
    expect(plateau).toMatchObject({ verdict: 'settled', window: [5, 500], samples: 100 });
  });

  it('does not settle the decay that `until` is there to exclude', () => {
    let settled = 0;
    for (let seed = 0; seed < 50; seed++) if (findPlateau(trajectory(run(seed))).verdict === 'settled') settled++;
    expect(settled).toBe(0);
  });

  it('does not settle a steady drift by trying shorter windows', () => {
    // Over the shortest window, a third of the steps, the drift is twice the tolerance.
    let drifts = 0;
    for (let seed = 0; seed < 200; seed++) {
      const logs = drifting(autoregressive(seed, 100, 0.3, 0.04), 6 * DRIFT_TOLERANCE);
      const { verdict } = findPlateau(trajectory(logs));
      expect(verdict).not.toBe('settled');
      if (verdict === 'drifting') drifts++;
    }
    expect(drifts / 200).toBeGreaterThan(0.9);
  });

  it('settles a drift at the tolerance of its shortest window in under 8 % of the seeds', () => {
    let settled = 0;
    for (let seed = 0; seed < 400; seed++) {
      const logs = drifting(autoregressive(seed, 100, 0.3, 0.04), 3 * DRIFT_TOLERANCE);
      if (findPlateau(trajectory(logs)).verdict === 'settled') settled++;
    }
    expect(settled / 400).toBeLessThan(0.08);
  });

  it('answers for trajectories without samples', () => {
    expect(findPlateau(trajectory([]))).toMatchObject({ verdict: 'too short', value: null, samples: 0 });
    expect(findPlateau(trajectory([-1, -1]), { until: 3 }).reason).toBe(
      'too short: no sample up to step 3, the first sample is at step 5',
    );
    expect(findPlateau(trajectory([-1])).verdict).toBe('too short');
  });

  it('refuses a tolerance or an end that is not a number', () => {
    expect(() => findPlateau(trajectory([-1]), { tolerance: 0 })).toThrow(
      'tolerance must be a positive finite number, got 0',
    );
    expect(() => findPlateau(trajectory([-1]), { until: Number.NaN })).toThrow('until must be a step, got NaN');
  });
});

describe('fixedWindow', () => {
  it('is the mean over the given steps, both ends included', () => {
    const plateau = fixedWindow(trajectory([0, 1, 2, 3].map((x) => Math.log(x + 1))), { from: 10, to: 15 });
    expect(plateau.value).toBeCloseTo(2.5, 14);
    expect(plateau.samples).toBe(2);
  });

  it('takes the paper’s steps unless told otherwise', () => {
    const plateau = fixedWindow(trajectory(Array(400).fill(-2)));
    expect(plateau.window).toEqual([PAPER_WINDOW.from, PAPER_WINDOW.to]);
    expect(plateau.samples).toBe(41);
  });

  it('scales to other run lengths by 0.6 to 0.9 of the steps', () => {
    expect(windowOf(500)).toEqual({ from: 300, to: 450 });
    expect(windowOf(1500, { from: 0.5, to: 1 })).toEqual({ from: 750, to: 1500 });
    expect(() => windowOf(0)).toThrow('windowOf: expected steps above 0');
    expect(() => windowOf(500, { from: 0.9, to: 0.6 })).toThrow('0.9 to 0.6');
  });
});

describe('settledValue', () => {
  it('drops the samples and keeps who the matrix is', () => {
    const source = trajectory([-1, -1]);
    const plateau = findPlateau(source);
    const { steps: _steps, values: _values, ...identity } = source;
    expect(settledValue(source, plateau)).toEqual({ ...identity, plateau });
  });
});
