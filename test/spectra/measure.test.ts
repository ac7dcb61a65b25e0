import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/base/random.ts';
import { createSpectrumPool } from '../../src/linalg/spectrumPool.ts';
import type { MomentumSample } from '../../src/sources/momentumSample.ts';
import { measureSpectra, measureSpectrum } from '../../src/spectra/measure.ts';
import { RECORD_QUANTILES } from '../../src/spectra/spectrum.ts';

const identity = {
  run: '4x32',
  params: 65_000,
  nonEmbeddingParams: 49_000,
  step: 300,
  name: 'blocks.3.mlp.down',
  role: 'mlp.down',
  layer: 3,
  layers: 4,
  depth: 1,
  stage: 'nesterov',
  convention: 'average',
  dtype: 'float32',
} as const;

function sampleOf(rows: number, columns: number, entries: ArrayLike<number>): MomentumSample {
  return { ...identity, matrix: { rows, columns, data: Float32Array.from(entries) } };
}

describe('a measured sample', () => {
  test('keeps its identity and loses its matrix', () => {
    const found = measureSpectrum(sampleOf(2, 2, [3, 0, 0, 4]));
    expect(found).toMatchObject({ schema: 'muonscope.spectrum/1', ...identity, shape: [2, 2] });
    expect(found).not.toHaveProperty('matrix');
  });

  test('of singular values 4 and 3 holds 0.8 and 0.6', () => {
    const found = measureSpectrum(sampleOf(2, 2, [3, 0, 0, 4]));
    expect(found.quantiles).toEqual([...RECORD_QUANTILES]);
    const expected = [0.8, 0.8, 0.8, 0.8, 0.8, 0.6, 0.6, 0.6, 0.6];
    found.values.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 14);
    });
    expect(found.frobenius).toBeCloseTo(5, 14);
    expect([found.spectral, found.smallest, found.stableRank, found.outlierShare].map((x) => x.toFixed(12))).toEqual(
      [0.8, 0.6, 25 / 16, 16 / 25].map((x) => x.toFixed(12)),
    );
  });

  test('is the same record from a pool', async () => {
    const random = createRandom(1);
    const sample = sampleOf(
      96,
      128,
      Array.from({ length: 96 * 128 }, () => random.gaussian()),
    );
    const pool = createSpectrumPool({ workers: 1 });
    expect(await measureSpectra([sample], pool)).toEqual([measureSpectrum(sample)]);
    await pool.close();
  });

  test('of zeros is a record of zeros, and survives JSON', () => {
    const found = measureSpectrum(sampleOf(3, 4, new Float32Array(12)));
    expect(found.values).toEqual(new Array(9).fill(0));
    expect(JSON.parse(JSON.stringify(found))).toEqual(found);
  });
});
