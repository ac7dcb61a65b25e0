import { describe, expect, test } from 'vitest';
import { alignments } from '../../src/newtonSchulz/alignment.ts';
import { scheduleOf } from '../../src/newtonSchulz/catalogue.ts';
import { emulate } from '../../src/newtonSchulz/emulate.ts';
import { precisionFloor, precisionModel } from '../../src/newtonSchulz/precisionModel.ts';
import { measuredSpectrum, type QuantileSpectrum } from '../../src/newtonSchulz/quantileSpectrum.ts';
import { REMEDIES, type Remedy } from '../../src/newtonSchulz/remedy.ts';
import { output } from '../../src/newtonSchulz/response.ts';
import type { NsPrecision } from '../../src/newtonSchulz/schedule.ts';
import { knownMatrix, logSpaced, outlierSpectrum } from './decompositions.ts';

/** Stated in precisionModel.ts: for the mean of every tenth of the directions, and for the mean over all. */
const TENTH_TOLERANCE = 0.06;
const MEAN_TOLERANCE = 0.02;

const TENTHS = 10;
const SAMPLES = 8; // in each tenth

interface Setting {
  readonly sigma: readonly number[];
  readonly columns: number;
  readonly schedule?: string;
  readonly precision: NsPrecision;
  readonly remedy?: Remedy;
}

/** Emulated and modelled mean output of each tenth of the directions, averaged over matrices. */
function compare({ sigma, columns, schedule: name = 'deepseek-v4', precision, remedy = 'none' }: Setting): {
  readonly emulated: number[];
  readonly modelled: number[];
} {
  const r = sigma.length;
  const schedule = scheduleOf(name);
  const seeds = [1, 2];
  const kept = new Float64Array(r);
  let spectrum: QuantileSpectrum | null = null;
  for (const seed of seeds) {
    const { matrix, decomposition } = knownMatrix(r, columns, sigma, seed);
    spectrum ??= measuredSpectrum(decomposition.sigma, r, columns);
    alignments(matrix, emulate(matrix, schedule, { precision, remedy }), decomposition).forEach((value, i) => {
      kept[i] += value / seeds.length;
    });
  }
  const quantiles = Array.from({ length: TENTHS * SAMPLES }, (_, k) => (k + 0.5) / (TENTHS * SAMPLES));
  const outputs = precisionModel(spectrum!, precision, { remedy }).outputs(schedule, quantiles);
  return {
    emulated: tenthsOf(kept),
    modelled: tenthsOf(Float64Array.from(outputs, ({ output: value }) => value)),
  };
}

function tenthsOf(values: Float64Array): number[] {
  return Array.from({ length: TENTHS }, (_, k) =>
    mean(values.subarray(Math.round((k * values.length) / TENTHS), Math.round(((k + 1) * values.length) / TENTHS))),
  );
}

function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((a, b) => a + b, 0) / values.length;
}

function expectAgreement({ emulated, modelled }: ReturnType<typeof compare>): void {
  const worst = Math.max(...emulated.map((value, k) => Math.abs(value - modelled[k])));
  expect(worst).toBeLessThan(TENTH_TOLERANCE);
  expect(Math.abs(mean(emulated) - mean(modelled))).toBeLessThan(MEAN_TOLERANCE);
}

const outlier = outlierSpectrum(192, 0.98, 1e-3, 1e-5);
const plain = logSpaced(192, 1, 1e-4);
const twoOutliers = [1, 0.7, ...logSpaced(190, 1e-2, 1e-5)];

describe('precision model', () => {
  test.each<[string, Setting]>([
    ['bf16, one outlier', { sigma: outlier, columns: 192, precision: 'bf16' }],
    ['bf16, one outlier, three times as wide', { sigma: outlier, columns: 576, precision: 'bf16' }],
    ['bf16, one outlier, few steps', { sigma: outlier, columns: 192, precision: 'bf16', schedule: 'polar-express' }],
    ['bf16, two outliers', { sigma: twoOutliers, columns: 192, precision: 'bf16' }],
    ['bf16, no outlier', { sigma: plain, columns: 192, precision: 'bf16' }],
    ['bf16, no outlier, few steps', { sigma: plain, columns: 192, precision: 'bf16', schedule: 'you5' }],
    ['fp16, one outlier', { sigma: outlier, columns: 192, precision: 'fp16' }],
    ['fp16, no outlier', { sigma: plain, columns: 192, precision: 'fp16' }],
    ['tf32, one outlier', { sigma: outlier, columns: 192, precision: 'tf32' }],
    ['float32, one outlier', { sigma: outlier, columns: 192, precision: 'float32' }],
  ])('agrees with the emulation: %s', (_, setting) => {
    expectAgreement(compare(setting));
  });

  test.each(REMEDIES.slice(1))('agrees with the emulation under "%s", with and without an outlier', (remedy) => {
    for (const sigma of [outlier, plain]) expectAgreement(compare({ sigma, columns: 192, precision: 'bf16', remedy }));
  });

  test('bf16 loses the lowest tenth behind an outlier; keeping X in float32 or deflation brings it back', () => {
    const lowest = (remedy: Remedy): number =>
      compare({ sigma: outlier, columns: 192, precision: 'bf16', remedy }).emulated[TENTHS - 1];
    expect(lowest('none')).toBeLessThan(0.3);
    expect(lowest('tight entry')).toBeLessThan(0.3);
    expect(lowest('float32 first step')).toBeGreaterThan(0.55);
    expect(lowest('float32 iterate')).toBeGreaterThan(0.8);
    expect(lowest('deflation')).toBeGreaterThan(0.98);
  });
});

const forecast: QuantileSpectrum = {
  quantiles: [0.1, 0.25, 0.5, 0.75, 0.9],
  values: [3.7e-4, 1.6e-4, 5.6e-5, 1.9e-5, 6.7e-6],
  rows: 4096,
  columns: 4096,
};

describe('precision floor', () => {
  test('is the exact response where nothing is rounded away', () => {
    const at = precisionFloor(scheduleOf('polar-express'), forecast, 'float32');
    expect(at.sigma).toBe(5.6e-5);
    expect(at.exact).toBe(output(5.6e-5, scheduleOf('polar-express')));
    expect(at.output).toBeCloseTo(at.exact, 3);
    expect(at.limit).toBeCloseTo(1, 3);
  });

  test('stays a number where rounding is 1e-12 of the smallest direction', () => {
    // Medians of mid-late queries at 300B, X kept in float32: 1 / g and O agree to all digits.
    const wide = { ...forecast, values: [0.0079, 0.004, 0.00148, 5.4e-4, 1.8e-4], rows: 20267, columns: 20267 };
    const model = precisionModel(wide, 'bf16', { remedy: 'float32 iterate' });
    for (let steps = 1; steps <= 10; steps++)
      for (const { output: reached, exact } of model.outputs(scheduleOf('textbook', steps), [0.1, 0.5, 0.9]))
        expect(reached).toBeCloseTo(exact, 3);
  });

  test('any singular value can be asked for, whatever was asked before', () => {
    const model = precisionModel(forecast, 'bf16');
    const asked = model.outputsOf(scheduleOf('jordan', 8), [0.001, 2e-4, 5.6e-5, 1e-9, 0]);
    expect(asked[2]).toEqual(precisionFloor(scheduleOf('jordan', 8), forecast, 'bf16'));
    expect(asked.map(({ limit }) => limit)).toEqual(asked.map(({ limit }) => limit).sort((a, b) => b - a));
    expect(() => model.outputsOf(scheduleOf('jordan'), [1.1])).toThrow('lie in [0, 1], got 1.1');
  });

  test('one value at a time gives what many give', () => {
    const model = precisionModel(forecast, 'fp16', { remedy: 'deflation' });
    const sigmas = [1, 0.3, 0.001, 5.6e-5, 1e-9, 0];
    const { output, limit } = model.responseOf(scheduleOf('you5', 5));
    const asked = model.outputsOf(scheduleOf('you5', 5), sigmas);
    expect(sigmas.map((sigma) => [output(sigma), limit(sigma)])).toEqual(asked.map((one) => [one.output, one.limit]));
  });

  test('bf16 sets a limit that no number of steps passes', () => {
    for (const steps of [5, 7, 9, 10]) {
      const { output: reached, limit } = precisionFloor(scheduleOf('jordan', steps), forecast, 'bf16', {
        quantile: 0.9,
      });
      expect(limit).toBeLessThan(0.6);
      expect(reached).toBeLessThan(1.21 * limit); // jordan overshoots to 1.2
    }
  });

  test('a quantile deeper down is never better off', () => {
    const limits = precisionModel(forecast, 'bf16')
      .outputs(scheduleOf('deepseek-v4'), [0.1, 0.25, 0.5, 0.75, 0.9])
      .map(({ limit }) => limit);
    expect(limits).toEqual([...limits].sort((a, b) => b - a));
  });

  test('a singular value of 0 comes out as 0', () => {
    const spectrum = measuredSpectrum([1, 0.5, 0, 0], 4, 4);
    expect(precisionFloor(scheduleOf('jordan'), spectrum, 'bf16', { quantile: 1 }).output).toBe(0);
  });

  test('bad input is refused in one sentence', () => {
    expect(() => precisionFloor(scheduleOf('aol'), forecast, 'bf16')).toThrow('aol x4 rescales rows or columns first');
    expect(() => precisionFloor(scheduleOf('jordan'), { ...forecast, values: [0.1, 0.2, 0.1, 0.1, 0.1] })).toThrow(
      'spectrum: values must descend, got 0.1 before 0.2; sort them from large to small',
    );
    expect(() => precisionFloor(scheduleOf('jordan'), forecast, 'bf16', { quantile: 0 })).toThrow(
      'a quantile must lie in (0, 1], got 0',
    );
  });
});
