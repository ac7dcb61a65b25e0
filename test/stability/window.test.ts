import { describe, expect, it } from 'vitest';
import { studentFactor } from '../../src/base/studentT.ts';
import type { Plateau, Verdict } from '../../src/stability/plateau.ts';
import { DRIFT_TOLERANCE, judgeWindow } from '../../src/stability/window.ts';
import { autoregressive, drifting, trajectory } from './trajectories.ts';

const SEEDS = 400;

/** Share of seeds with each verdict for noise of deviation 0.04 and a drift. */
function verdicts(length: number, phi: number, drift: number): Record<Verdict, number> {
  const shares: Record<Verdict, number> = { settled: 0, drifting: 0, 'too short': 0 };
  for (let seed = 0; seed < SEEDS; seed++) {
    const logs = drifting(autoregressive(seed, length, phi, 0.04), drift);
    shares[judge(logs).verdict] += 1 / SEEDS;
  }
  return shares;
}

function judge(logs: readonly number[], tolerance = DRIFT_TOLERANCE): Plateau {
  return judgeWindow(trajectory(logs), [0, 5 * logs.length], tolerance);
}

describe('judgeWindow', () => {
  it('finds mean and drift of a straight line exactly', () => {
    const logs = Array.from({ length: 20 }, (_, i) => -3 + 0.01 * i);
    const plateau = judge(logs);
    expect(plateau.drift).toBeCloseTo(0.19, 12);
    expect(plateau.driftError).toBeLessThan(1e-12);
    expect(plateau.verdict).toBe('drifting');
    const values = logs.map(Math.exp);
    expect(plateau.value).toBeCloseTo(values.reduce((a, b) => a + b) / 20, 14);
    expect(plateau.samples).toBe(20);
  });

  it('calls a constant settled', () => {
    expect(judge(Array(8).fill(-2))).toMatchObject({ verdict: 'settled', drift: 0, logError: 0, autocorrelation: 1 });
  });

  it('counts a significant but negligible drift as settled', () => {
    const plateau = judge(drifting(autoregressive(1, 200, 0, 0.01), 0.1));
    expect(plateau.drift / plateau.driftError).toBeGreaterThan(10);
    expect(plateau.verdict).toBe('settled');
  });

  it('does not count noise as settled because its drift cannot be proved', () => {
    let settled = 0;
    for (let seed = 0; seed < SEEDS; seed++)
      if (judge(autoregressive(seed, 30, 0.3, 0.3)).verdict === 'settled') settled++;
    expect(settled / SEEDS).toBeLessThan(0.01);
  });

  it('has the standard error of independent samples for white noise', () => {
    const noise = autoregressive(3, 2000, 0, 0.05);
    const { driftError, logError } = judge(noise);
    // Slope variance of n even samples: 12 sigma^2 / n; the estimates of sigma and tau move the error by a few percent.
    expect(Math.abs(driftError / (0.05 * Math.sqrt(12 / 2000)) - 1)).toBeLessThan(0.15);
    expect(Math.abs(logError / (0.05 / Math.sqrt(2000)) - 1)).toBeLessThan(0.15);
  });

  it('covers the true drift and mean at least 90 % of the time where the samples are worth 8 independent ones', () => {
    for (const [length, phi] of [
      [15, 0.3],
      [32, 0.6],
      [80, 0.8],
      [100, 0.6],
    ] as const) {
      let known = 0;
      let driftCovered = 0;
      let meanCovered = 0;
      for (let seed = 0; seed < 1000; seed++) {
        const plateau = judge(autoregressive(seed, length, phi, 0.04));
        if (plateau.driftError === Number.POSITIVE_INFINITY) continue;
        const factor = studentFactor(plateau.samples / plateau.autocorrelation - 2);
        // The arithmetic mean of lognormal values lies deviation^2 / 2 above exp(0).
        const offset = Math.log(plateau.value!) - 0.04 ** 2 / 2;
        known++;
        if (Math.abs(plateau.drift) <= factor * plateau.driftError) driftCovered++;
        if (Math.abs(offset) <= factor * plateau.logError) meanCovered++;
      }
      expect(known, `${length} samples`).toBeGreaterThan(850);
      expect(driftCovered / known, `drift, ${length} samples, phi ${phi}`).toBeGreaterThan(0.9);
      expect(meanCovered / known, `mean, ${length} samples, phi ${phi}`).toBeGreaterThan(0.9);
    }
  });

  it('settles standing noise, and calls it drifting in under 5 % of the seeds', () => {
    expect(verdicts(60, 0.3, 0).settled).toBeGreaterThan(0.97);
    expect(verdicts(60, 0.6, 0).settled).toBeGreaterThan(0.8);
    for (const [length, phi] of [
      [15, 0],
      [30, 0.3],
      [60, 0.6],
      [100, 0.8],
    ] as const)
      expect(verdicts(length, phi, 0).drifting, `${length} samples, phi ${phi}`).toBeLessThan(0.05);
  });

  it('settles a drift at the tolerance in under 8 % of the seeds', () => {
    for (const [length, phi] of [
      [15, 0],
      [30, 0.3],
      [60, 0.6],
      [100, 0.8],
    ] as const)
      for (const drift of [DRIFT_TOLERANCE, -DRIFT_TOLERANCE])
        expect(verdicts(length, phi, drift).settled, `${length} samples, phi ${phi}`).toBeLessThan(0.08);
  });

  it('never settles twice the tolerance, and sees it in most seeds', () => {
    for (const [length, phi] of [
      [30, 0.3],
      [60, 0.6],
      [100, 0.8],
    ] as const) {
      const shares = verdicts(length, phi, 2 * DRIFT_TOLERANCE);
      expect(shares.settled).toBe(0);
      expect(shares.drifting, `${length} samples, phi ${phi}`).toBeGreaterThan(0.9);
    }
  });

  it('says that few or strongly correlated samples are too short', () => {
    expect(judge([-2, -2.1, -2]).reason).toBe('too short: 3 samples over steps 0 to 15, at least 8 are needed');
    const slow = Array.from({ length: 12 }, (_, i) => Math.sin((2 * Math.PI * i) / 11));
    expect(judge(slow)).toMatchObject({ verdict: 'too short', driftError: Number.POSITIVE_INFINITY });
    expect(judge(slow).reason).toContain('at least 3 independent ones are needed');
  });

  it('gives its numbers in the reason', () => {
    const { reason } = judge(drifting(autoregressive(1, 200, 0, 0.01), 0.1));
    expect(reason).toMatch(
      /^settled: ln\(value\) drifts by 0\.\d{3} \+- 0\.\d{3} over steps 0 to 1000 \(95 %; 200 samples, worth \d+ independent ones\), within the tolerance of 0\.15$/,
    );
  });

  it('has no value where the window holds no sample', () => {
    expect(judgeWindow(trajectory([-1, -1]), [100, 200], 0.15)).toMatchObject({
      value: null,
      samples: 0,
      verdict: 'too short',
    });
  });

  it('refuses values that have no logarithm and windows turned round', () => {
    const broken = (value: number) => ({ ...trajectory([-1, -1, -1]), values: [0.1, value, 0.1] });
    expect(() => judgeWindow(broken(0), [0, 20], 0.15)).toThrow(
      'values must be positive and finite, got 0 at step 10 (mlp.down, layer 7, run 8x128)',
    );
    expect(() => judgeWindow(broken(Number.NaN), [0, 20], 0.15)).toThrow('got NaN at step 10');
    expect(() => judgeWindow(trajectory([-1]), [20, 10], 0.15)).toThrow(
      'from an earlier to a later step, got 20 to 10',
    );
  });
});
