import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/base/random.ts';
import { alignedProblem, eulerModes } from '../../src/dynamics/regressionFlow.ts';
import { flatteningCondition, type Mode, modeAt, modeSpeed } from '../../src/dynamics/regressionModes.ts';
import { flatness } from '../../src/linalg/spectrumMeasures.ts';

const MODES: readonly Mode[] = [
  { measurement: 0.5, start: 0.1, target: 1.3 },
  { measurement: 1.5, start: 0.2, target: 0.6 },
  { measurement: 2, start: 0.9, target: 0.4 },
];
const SHAPE = { measurements: 6, unknowns: 9, outputs: 5 };

describe('modes of underdetermined regression', () => {
  test('under Muon move at speed 1 toward the target and stay there', () => {
    expect(modeAt('muon', MODES[0], 0.7)).toBeCloseTo(0.8, 15);
    expect(modeAt('muon', MODES[2], 0.3)).toBeCloseTo(0.6, 15);
    expect(modeAt('muon', MODES[1], 5)).toBeCloseTo(0.6, 15);
    expect(MODES.map((mode) => modeSpeed('muon', mode, 0.45))).toEqual([1, 0, -1]);
  });

  test('under gradient flow satisfy dw/dt = s^2 (w* - w)', () => {
    for (const mode of MODES) {
      const h = 1e-6;
      const slope = (modeAt('gradient', mode, 0.8 + h) - modeAt('gradient', mode, 0.8 - h)) / (2 * h);
      expect(slope).toBeCloseTo(modeSpeed('gradient', mode, 0.8), 8);
    }
  });

  test('agree with Euler steps on matrices: one step length under Muon, first order under gradient flow', () => {
    const problem = alignedProblem(MODES, SHAPE, createRandom(4));
    const errorAt = (flow: 'muon' | 'gradient', steps: number): number => {
      const eta = 1.5 / steps;
      const { values, offDirections } = eulerModes(flow, problem, eta, steps);
      expect(offDirections).toBeLessThan(1e-11);
      return Math.max(
        ...values.flatMap((row, k) => MODES.map((mode, i) => Math.abs(row[i] - modeAt(flow, mode, k * eta)))),
      );
    };
    for (const steps of [50, 100, 200]) expect(errorAt('muon', steps)).toBeLessThanOrEqual(1.001 * (1.5 / steps));
    expect(Math.log2(errorAt('gradient', 100) / errorAt('gradient', 200))).toBeCloseTo(1, 1);
  });

  test('flatten the spectrum exactly when the condition is positive', () => {
    for (const flow of ['muon', 'gradient'] as const)
      for (const time of [0.05, 0.2, 0.45, 0.6, 1, 1.15]) {
        const at = (t: number): number => flatness(MODES.map((mode) => modeAt(flow, mode, t)));
        const change = at(time + 1e-6) - at(time - 1e-6);
        const values = MODES.map((mode) => modeAt(flow, mode, time));
        const condition = flatteningCondition(
          values,
          MODES.map((mode) => modeSpeed(flow, mode, time)),
        );
        expect(Math.sign(change)).toBe(Math.sign(condition));
      }
  });
});
