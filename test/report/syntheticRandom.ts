/** A small experiment on random matrices with smooth invented numbers, for drawing. */
import type { RandomReportData } from '../../src/report/randomReportData.ts';
import type { RandomHistogram, RandomSize, RandomSpectra } from '../../src/spectra/randomSpectra.ts';

const QUANTILES = [0.1, 0.25, 0.5, 0.75, 0.9];
const SCHEDULES = [
  ['jordan x5', 1.3e-3],
  ['jordan x7', 1.1e-4],
  ['textbook x5', 2.1e-2],
] as const;

/** Aspect 1, sizes 100 and 400: sigma = 2 (1 - q) / sqrt(r), a share sqrt(r) threshold is lost. */
export function syntheticRandom(): RandomReportData {
  const sizes = [100, 400].map(sizeOf);
  const spectra: RandomSpectra = {
    schema: 'muonscope.random/1',
    entries: { name: 'student', dof: 3 },
    seed: 1,
    aspect: 1,
    level: 0.6,
    share: 0.01,
    sizes,
    exponent: -0.5,
    r2: 1,
    exponents: QUANTILES.map((quantile) => ({
      quantile,
      exponent: -0.5,
      low: null,
      high: null,
      r2: 1,
      expected: -0.49,
      exact: { exponent: -0.5, low: -0.501, high: -0.499, r2: 1 },
    })),
    smallestExponent: { exponent: -1.5, low: null, high: null, r2: 1 },
    widths: SCHEDULES.map(([schedule, threshold], i) => ({
      schedule,
      coefficients: [[1 / threshold, 0, 0]],
      entry: { normalisation: 'frobenius', scale: 1, epsilon: 0 },
      threshold,
      width: [59, null, 2][i]!,
      verified: i === 0 ? { rows: 59, columns: 59, matrices: 8, below: 0.012, low: 0.01, high: 0.014 } : null,
    })),
    histograms: sizes.flatMap(({ rows }) => [before(rows), after(rows, 'jordan x5'), after(rows, 'jordan x7')]),
    complete: false,
    warnings: ['time ran out after 3 of 8 matrices of 400 x 400'],
    made: {
      command: 'muonscope random --sizes 100,400 --entries student:3',
      seconds: 12,
      machine: 'a processor',
      versions: { muonscope: '0.1.0' },
    },
  };
  return {
    spectra,
    curves: SCHEDULES.map(([schedule, threshold]) => ({
      schedule,
      points: [10, 100, 1000, 10_000].map((rows) => ({ rows, below: lost(rows, threshold) })),
    })),
    entries: 'student:3',
  };
}

function lost(rows: number, threshold: number): number {
  return Math.min(1, Math.sqrt(rows) * threshold);
}

function sizeOf(rows: number): RandomSize {
  const values = QUANTILES.map((q) => (2 * (1 - q)) / Math.sqrt(rows));
  return {
    rows,
    columns: rows,
    matrices: 3,
    quantiles: QUANTILES,
    values,
    standardErrors: values.map((value) => value / 100),
    marchenkoPastur: values.map((value) => value * 1.02),
    expected: values,
    exactValues: values,
    exactStandardErrors: values.map((value) => value / 100),
    smallest: 0.5 * rows ** -1.5,
    smallestStandardError: 0.05 * rows ** -1.5,
    afterNs: SCHEDULES.map(([schedule, threshold]) => ({
      schedule,
      values: QUANTILES.map((q) => 1.2 - 0.2 * q),
      below: lost(rows, threshold),
      expectedBelow: lost(rows, threshold),
    })),
  };
}

function before(rows: number): RandomHistogram {
  const edges = Array.from({ length: 21 }, (_, i) => (2 / Math.sqrt(rows)) * 10 ** ((i - 20) / 10));
  const shares = edges.slice(1).map((edge, i) => (edge - edges[i]!) / (edges[20]! - edges[0]!));
  return { rows, columns: rows, schedule: null, edges, shares, expected: shares };
}

function after(rows: number, schedule: string): RandomHistogram {
  const edges = Array.from({ length: 13 }, (_, i) => i / 10);
  const shares = [...Array<number>(7).fill(0.001), 0.2, 0.3, 0.2, 0.2, 0.093];
  return { rows, columns: rows, schedule, edges, shares, expected: shares };
}
