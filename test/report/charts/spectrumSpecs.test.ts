import { describe, expect, test } from 'vitest';
import { quantileLinesSpec } from '../../../src/report/charts/quantileLinesSpec.ts';
import {
  type SpectrumPicture,
  sortedSpectrumSpec,
  spectrumDensitySpec,
  spectrumDomain,
} from '../../../src/report/charts/spectrumSpecs.ts';
import type { Plateau } from '../../../src/stability/plateau.ts';
import { drawSpec } from './drawSpec.ts';

/** Twelve values a decade apart in thirds, half of them above 0.01. */
const MEASURED = [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 1].map((share) => ({ share, sigma: 10 ** (-0.5 - 3 * share) }));
const LAW = [0, 0.05, 0.25, 0.5, 0.75, 0.95].map((share) => ({ share, sigma: 0.2 * Math.sqrt(1 - share) }));
/** More ripples near 1 than an image has columns. */
const RESPONSE = Array.from({ length: 2000 }, (_, i) => {
  const sigma = 10 ** (-4 + (4 * i) / 1999);
  return { sigma, output: 1 + 0.1 * Math.sin(3000 * sigma) };
});

const PICTURE: SpectrumPicture = {
  ...{ label: 'layers.0.attn.q', step: 40, measured: MEASURED, marchenkoPastur: LAW },
  response: { name: 'ripples', points: RESPONSE },
  scale: { factor: 1, symbol: 'σ' },
  domain: spectrumDomain(MEASURED.map(({ sigma }) => sigma)),
};

describe('the spectrum of a matrix', () => {
  test.each([
    ['sorted', sortedSpectrumSpec],
    ['density', spectrumDensitySpec],
  ] as const)('%s is drawn as in the gallery', async (name, spec) => {
    await expect(drawSpec(spec(PICTURE), undefined, 460)).toMatchFileSnapshot(`gallery/spectrum-${name}.svg`);
  });

  test('a decade holds the share of the values between its ends', () => {
    const { table } = spectrumDensitySpec(PICTURE);
    const bins = table.rows(() => true).filter(([curve]) => curve === 'measured') as [string, number, number, number][];
    expect(bins).toHaveLength(MEASURED.length - 1);
    const total = bins.reduce((sum, [, from, to, density]) => sum + density * Math.log10(to / from), 0);
    expect(total).toBeCloseTo(0.99, 12); // from the share 0.01 on
    expect(bins.every(([, , , density]) => Math.abs(density - 1 / 3) < 1e-9)).toBe(true);
  });

  test('the law comes down to nothing at its edge', () => {
    const { table } = spectrumDensitySpec(PICTURE);
    expect(table.rows(() => true).find(([curve]) => curve === 'Marchenko-Pastur')).toEqual([
      'Marchenko-Pastur',
      0.2,
      0.2,
      0,
    ]);
  });

  test('ripples finer than the image keep their envelope', () => {
    const path = /stroke="#d55e00"[^>]*>\s*<path d="([^"]+)"/.exec(
      drawSpec(sortedSpectrumSpec(PICTURE), undefined, 460),
    )?.[1];
    const heights = [...(path ?? '').matchAll(/[ML][\d.]+,([\d.]+)/g)].map(([, y]) => Number(y));
    expect(heights.length).toBeLessThan(4 * 230);
    expect(heights.length).toBeGreaterThan(230);
    const near = heights.slice(-40);
    expect(Math.max(...near) - Math.min(...near)).toBeGreaterThan(0.95 * (Math.max(...heights) - Math.min(...heights)));
  });
});

describe('quantiles over the steps', () => {
  const steps = [0, 10, 20, 30, 40];
  const plateau: Plateau = {
    ...{ verdict: 'settled', window: [20, 40], value: 0.011, samples: 3, reason: 'flat' },
    ...{ logError: 0.01, drift: 0, driftError: 0.01, autocorrelation: 1 },
  };
  const line = (quantile: number) => ({
    quantile,
    steps,
    values: steps.map((s) => (1 - quantile) / (10 + s)),
    plateau,
  });
  const lines = { label: 'layers.0.attn.q', lines: [0.1, 0.5, 0.9].map(line), judged: 0.5, step: 30 };

  test('are drawn as in the gallery', async () => {
    const spec = quantileLinesSpec({ ...lines, scale: { factor: 1, symbol: 'σ' } })!;
    await expect(drawSpec(spec, undefined, 720)).toMatchFileSnapshot('gallery/quantile-lines.svg');
  });

  test('are multiplied where asked, in chart and table', () => {
    const [one, eight] = [1, 8].map((factor) => quantileLinesSpec({ ...lines, scale: { factor, symbol: 'σ·√r' } })!);
    expect(eight!.table.rows(() => true).map(([, , value]) => value)).toEqual(
      one!.table.rows(() => true).map(([, , value]) => 8 * Number(value)),
    );
  });

  test('nothing positive is no chart', () => {
    const empty = lines.lines.map((one) => ({ ...one, values: one.values.map(() => 0) }));
    expect(quantileLinesSpec({ ...lines, lines: empty, scale: { factor: 1, symbol: 'σ' } })).toBeNull();
  });
});
