import { describe, expect, test } from 'vitest';
import { scheduleOf } from '../../src/newtonSchulz/catalogue.ts';
import { firstReaching } from '../../src/newtonSchulz/response.ts';
import { createEnsemble, type EnsembleOptions } from '../../src/sources/randomEnsembles.ts';
import type { RandomSpectra } from '../../src/spectra/randomSpectra.ts';
import { randomSchema } from '../../src/store/randomSchema.ts';
import { limitShareBelow, widthLeaving } from '../../src/workflows/randomLimit.ts';
import { measureRandomMatrices, type RandomOptions } from '../../src/workflows/randomMatrices.ts';
import { workersThatFit } from '../../src/workflows/randomMemory.ts';

const JORDAN = scheduleOf('jordan', 5);

function measure(
  sizes: readonly number[],
  ensemble: EnsembleOptions = {},
  options: Partial<RandomOptions> = {},
): Promise<RandomSpectra> {
  const { aspect = 1, matrices } = ensemble;
  return measureRandomMatrices(
    { ensemble: createEnsemble(sizes, ensemble), aspect, matrices, schedules: [JORDAN], workers: 2, ...options },
    () => {},
  );
}

describe('random matrices by size', () => {
  test('shrink as the smaller dimension to the power -1/2, the smallest value of square ones as -3/2', async () => {
    const spectra = await measure([48, 96, 192], { matrices: 60 });
    expect(Math.abs(spectra.exponent! + 0.5)).toBeLessThan(0.02);
    for (const { exponent, expected, quantile } of spectra.exponents)
      if (quantile <= 0.75) expect(Math.abs(exponent - expected)).toBeLessThan(0.02);
    expect(Math.abs(spectra.smallestExponent!.exponent + 1.5)).toBeLessThan(0.2);
  });

  test('of aspect 4 keep every value away from 0, so the smallest shrinks as the others do', async () => {
    const { smallestExponent, sizes } = await measure([48, 96, 192], { aspect: 4, matrices: 20 });
    expect(Math.abs(smallestExponent!.exponent + 0.5)).toBeLessThan(0.05);
    expect(sizes.map(({ columns }) => columns)).toEqual([192, 384, 768]);
  });

  test.each(['gaussian', 'uniform'] as const)(
    'with %s entries meet Marchenko-Pastur within five standard errors and half a spacing',
    async (name) => {
      const { sizes } = await measure([160], { entries: { name }, matrices: 40, aspect: 2 });
      const { rows, values, expected, standardErrors, quantiles } = sizes[0]!;
      quantiles.forEach((q, i) => {
        // Half the distance to the next singular value, which no limit law resolves.
        const spacing = Math.abs((expected[i]! / rows) * (1 / Math.min(q, 1 - q))) / 2;
        expect(Math.abs(values[i]! - expected[i]!)).toBeLessThan(5 * standardErrors![i]! + spacing);
      });
    },
  );

  test('give the same result with one worker and with three', async () => {
    const one = await measure([24, 40], { matrices: 7 }, { workers: 1 });
    const three = await measure([24, 40], { matrices: 7 }, { workers: 3 });
    expect(three).toEqual(one);
  });

  test('give another result with another seed', async () => {
    const [a, b] = [await measure([24], { matrices: 2 }), await measure([24], { matrices: 2, seed: 2 })];
    expect(a.sizes[0]!.values).not.toEqual(b.sizes[0]!.values);
  });

  test('follow their schema, with histograms whose shares and limits sum to 1', async () => {
    const spectra = await measure([16, 32], { matrices: 3 });
    expect(randomSchema.parse(JSON.parse(JSON.stringify(spectra)))).toEqual(spectra);
    expect(spectra.histograms.map(({ rows, schedule }) => [rows, schedule])).toEqual([
      [16, null],
      [16, 'jordan x5'],
      [32, null],
      [32, 'jordan x5'],
    ]);
    for (const { edges, shares, expected } of spectra.histograms) {
      expect(edges).toHaveLength(shares.length + 1);
      expect(expected).toHaveLength(shares.length);
      expect(shares.reduce((sum, share) => sum + share)).toBeCloseTo(1, 12);
    }
  });

  test('of one size have no exponent, and of one matrix no standard error', async () => {
    const spectra = await measure([16], { matrices: 1 });
    expect([spectra.exponent, spectra.r2, spectra.smallestExponent]).toEqual([null, null, null]);
    expect(spectra.sizes[0]!.standardErrors).toBeNull();
  });

  test('stop adding matrices when the time is over, and say so', async () => {
    const spectra = await measure([16, 24], { matrices: 400 }, { maxSeconds: 0, workers: 1 });
    expect(spectra.complete).toBe(false);
    expect(spectra.sizes.map(({ rows }) => rows)).toEqual([16]);
    expect(spectra.sizes[0]!.matrices).toBe(1);
    expect(spectra.warnings).toEqual([
      'time ran out after 1 of 400 matrices of 16 x 16',
      'time ran out before any matrix of 24 x 24 was drawn; it is left out',
    ]);
  });
});

describe('the width from which a schedule leaves more than 1 % below 0.6', () => {
  test.each([1, 1.5, 4])('is where the share passes 1 %% at aspect %d', (aspect) => {
    const width = widthLeaving(0.01, 0.6, JORDAN, aspect)!;
    const share = (rows: number): number => limitShareBelow(0.6, JORDAN, { rows, columns: Math.round(rows * aspect) });
    expect(share(width)).toBeGreaterThan(0.01);
    expect(share(width - 1)).toBeLessThanOrEqual(0.01);
  });

  test('of long matrices lies beyond the one at which the lower edge of the spectrum is lost', () => {
    const edge = (0.5 / firstReaching(0.6, JORDAN)!) ** 2; // sqrt(r) sigma >= 1 - sqrt(1/4)
    expect(limitShareBelow(0.6, JORDAN, { rows: Math.floor(edge), columns: 4 * Math.floor(edge) })).toBe(0);
    expect(widthLeaving(0.01, 0.6, JORDAN, 4)).toBeGreaterThan(edge);
  });

  test('agrees for square matrices with the quarter circle, whose density at 0 is 2 / pi', () => {
    const threshold = firstReaching(0.6, JORDAN)!;
    expect(widthLeaving(0.01, 0.6, JORDAN, 1)! / ((0.01 * Math.PI) / (2 * threshold)) ** 2).toBeCloseTo(1, 2);
  });

  test('is confirmed by matrices of that width, up to a quarter of a direction', async () => {
    const { widths } = await measure([150], { matrices: 100 });
    const { width, verified } = widths.find(({ schedule }) => schedule === 'jordan x5')!;
    expect(verified).toMatchObject({ rows: width, columns: width, matrices: 100 });
    expect(verified!.high).toBeGreaterThan(0.01);
    expect(verified!.low).toBeLessThan(0.01 + 0.25 / width!);
  });
});

test('a width at which sparse matrices have almost empty rows is not verified', async () => {
  const { widths } = await measure([200], { matrices: 2, entries: { name: 'sparse', density: 0.05 } });
  expect(widths.find(({ schedule }) => schedule === 'jordan x5')).toMatchObject({ width: 146, verified: null });
});

describe('memory', () => {
  test('limits the workers before anything is allocated', () => {
    const shape = { rows: 8192, columns: 8192 }; // 0.6 GB each
    expect(workersThatFit([shape], 8, 8e9)).toBe(8);
    expect(workersThatFit([shape], 8, 2.5e9)).toBe(3);
  });

  test('that is too small is refused with the number of bytes', () => {
    expect(() => workersThatFit([{ rows: 8192, columns: 8192 }], 1, 1e9)).toThrow(
      /^random: a 8192 x 8192 matrix needs \d{9} bytes while its spectrum is computed and there are \d+; choose/,
    );
  });

  test('beyond the kernels is refused whatever there is', () => {
    expect(() => workersThatFit([{ rows: 20000, columns: 20000 }], 1, 1e15)).toThrow(
      'random: a size can be at most 16384, got 20000; choose smaller sizes',
    );
    expect(() => workersThatFit([{ rows: 1024, columns: 10_240_000 }], 1, 1e15)).toThrow('choose smaller sizes');
  });

  test('is checked before matrices are drawn, and so are the schedules', async () => {
    await expect(measure([20000])).rejects.toThrow('at most 16384');
    await expect(measure([16], {}, { schedules: [scheduleOf('aol')] })).rejects.toThrow(
      'random: aol x4 expects the aol rescaling, not the Frobenius norm; choose another schedule',
    );
  });
});
