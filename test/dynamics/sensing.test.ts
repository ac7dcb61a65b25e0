import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/base/random.ts';
import { summariseSensing } from '../../src/dynamics/sensing.ts';
import { minimiseNuclearNorm, nuclearPenalty, solveSensing } from '../../src/dynamics/sensingMethods.ts';
import { drawSensingProblem, relativeResidual, sensingGradient } from '../../src/dynamics/sensingProblem.ts';
import { runSensing, sensingPlan, sensingRuns } from '../../src/dynamics/sensingSweep.ts';
import { singularVectors } from '../../src/linalg/singularVectors.ts';
import { frobeniusNorm } from '../../src/linalg/spectrumMeasures.ts';

const SETTINGS = { side: 8, rank: 1, measured: 0.6, noise: 0 };
const matrix = (data: Float64Array) => ({ rows: 8, columns: 8, data });

describe('a sensing problem', () => {
  const problem = drawSensingProblem(SETTINGS, createRandom(5));

  test('is met by the truth without noise', () => {
    expect(relativeResidual(problem, problem.truth)).toBeLessThan(1e-14);
    expect(frobeniusNorm(sensingGradient(problem, problem.truth))).toBeLessThan(1e-13);
  });

  test('has the gradient that central differences give', () => {
    const w = Float64Array.from({ length: 64 }, (_, i) => Math.sin(i));
    const loss = (x: Float64Array): number =>
      0.5 * (relativeResidual(problem, x) * frobeniusNorm(problem.observed)) ** 2;
    const gradient = sensingGradient(problem, w);
    for (const i of [0, 9, 63]) {
      const [up, down] = [1e-6, -1e-6].map((h) => loss(w.map((value, k) => (k === i ? value + h : value))));
      expect((up - down) / 2e-6).toBeCloseTo(gradient[i], 6);
    }
  });

  test('with noise of 10 % has a residual of about that at the truth', () => {
    const noisy = drawSensingProblem({ ...SETTINGS, noise: 0.1 }, createRandom(5));
    expect(relativeResidual(noisy, noisy.truth)).toBeGreaterThan(0.05);
    expect(relativeResidual(noisy, noisy.truth)).toBeLessThan(0.2);
  });
});

describe('nuclear-norm minimisation', () => {
  test.each([0, 0.1])(
    'meets the optimality conditions with noise %d: ||G|| <= lambda and <-G, W> = lambda ||W||_*',
    (noise) => {
      const problem = drawSensingProblem({ ...SETTINGS, noise }, createRandom(6));
      const w = minimiseNuclearNorm(problem);
      const zeroGradient = sensingGradient(problem, new Float64Array(64));
      const lambda = nuclearPenalty(singularVectors(matrix(zeroGradient)).sigma[0], problem.noiseLevel, 8);
      const gradient = sensingGradient(problem, w);
      const nuclear = singularVectors(matrix(w)).sigma.reduce((sum, value) => sum + value, 0);
      const inner = -gradient.reduce((sum, value, i) => sum + value * w[i], 0);
      expect(singularVectors(matrix(gradient)).sigma[0] / lambda).toBeLessThan(1.01);
      expect(inner / (lambda * nuclear)).toBeCloseTo(1, 2);
    },
  );

  test('recovers a matrix of rank one from enough clean measurements', () => {
    const problem = drawSensingProblem({ ...SETTINGS, measured: 0.8 }, createRandom(7));
    const w = minimiseNuclearNorm(problem);
    expect(frobeniusNorm(w.map((value, i) => value - problem.truth[i]))).toBeLessThan(1e-2);
  });
});

describe('descent methods', () => {
  test('all reach A W = y', () => {
    const problem = drawSensingProblem(SETTINGS, createRandom(8));
    const start = new Float64Array(64).fill(1e-4);
    for (const method of ['muon', 'muon-ns', 'norm-matched', 'gradient', 'sign', 'adamw'] as const) {
      const w = solveSensing(method, problem, start, { eta: 0.02, steps: 400 });
      expect(relativeResidual(problem, w), method).toBeLessThan(0.02);
    }
    expect(start[0]).toBe(1e-4);
  });

  test('of gradient descent from 0 find the solution of least Frobenius norm, A^T (A A^T)^-1 y', () => {
    const problem = drawSensingProblem({ ...SETTINGS, measured: 0.2 }, createRandom(9));
    const w = solveSensing('gradient', problem, new Float64Array(64), { eta: 0, steps: 3000 });
    // w lies in the row space of A: subtracting its projection on the rows leaves nothing.
    const rows = { rows: problem.measurements, columns: 64, data: problem.operator };
    const { v, sigma } = singularVectors(rows);
    const left = Float64Array.from(w);
    for (let k = 0; k < sigma.length; k++) {
      let dot = 0;
      for (let i = 0; i < 64; i++) dot += w[i] * v.data[i * v.columns + k];
      for (let i = 0; i < 64; i++) left[i] -= dot * v.data[i * v.columns + k];
    }
    expect(frobeniusNorm(left)).toBeLessThan(1e-12);
    expect(relativeResidual(problem, w)).toBeLessThan(1e-4);
  });
});

describe('the sensing experiment', () => {
  const records = sensingRuns(sensingPlan('smoke'), 1).map(runSensing);

  test.each(summariseSensing('smoke', 1, records).claims)('$statement', ({ holds, evidence }) => {
    expect(holds, evidence).toBe(true);
  });

  test('has every run once, and the same numbers for the same seed', () => {
    const runs = sensingRuns(sensingPlan('quick'), 1);
    expect(new Set(runs.map(({ id }) => id)).size).toBe(runs.length);
    expect(runSensing(sensingRuns(sensingPlan('smoke'), 1)[0])).toEqual(records[0]);
  });
});
