import { describe, expect, it } from 'vitest';
import type { Spectrum } from '../../src/spectra/spectrum.ts';
import { trajectoriesOf } from '../../src/stability/trajectory.ts';

function spectrum(changes: Partial<Spectrum> = {}): Spectrum {
  return {
    schema: 'muonscope.spectrum/1',
    run: '4x32',
    params: 65_536,
    nonEmbeddingParams: 49_152,
    step: 5,
    name: 'layers.0.attn.q',
    role: 'attn.q',
    layer: 0,
    layers: 4,
    depth: 0.25,
    stage: 'nesterov',
    convention: 'sum',
    dtype: 'float32',
    shape: [32, 32],
    frobenius: 1,
    spectral: 0.5,
    quantiles: [0.1, 0.5, 0.9],
    values: [0.3, 0.1, 0.01],
    smallest: 0.001,
    stableRank: 4,
    effectiveRank: 9,
    outlierShare: 0.25,
    method: 'gram-tridiagonal-f64',
    floor: 1e-8,
    ...changes,
  };
}

describe('trajectoriesOf', () => {
  it('gives one trajectory a matrix and quantile, its steps ascending', () => {
    const records = [
      spectrum({ step: 10, values: [0.31, 0.11, 0.011] }),
      spectrum(),
      spectrum({ name: 'layers.1.attn.q', layer: 1, depth: 0.5 }),
    ];
    const trajectories = trajectoriesOf(records, [0.5, 0.9]);
    expect(trajectories.map((t) => [t.layer, t.quantile, t.steps, t.values])).toEqual([
      [0, 0.5, [5, 10], [0.1, 0.11]],
      [0, 0.9, [5, 10], [0.01, 0.011]],
      [1, 0.5, [5], [0.1]],
      [1, 0.9, [5], [0.01]],
    ]);
    expect(trajectories[0]).toMatchObject({
      run: '4x32',
      params: 65_536,
      role: 'attn.q',
      depth: 0.25,
      shape: [32, 32],
    });
  });

  it('keeps equally named matrices of two runs apart', () => {
    const trajectories = trajectoriesOf([spectrum(), spectrum({ run: '4x48' })], [0.5]);
    expect(trajectories.map((t) => t.run)).toEqual(['4x32', '4x48']);
  });

  it('lets the later of two records of one step count', () => {
    const records = [spectrum(), spectrum({ step: 10 }), spectrum({ values: [0.3, 0.2, 0.01] })];
    expect(trajectoriesOf(records, [0.5])[0]!.values).toEqual([0.2, 0.1]);
  });

  it('leaves out a step whose value is zero', () => {
    const records = [spectrum({ step: 1, values: [0, 0, 0] }), spectrum()];
    expect(trajectoriesOf(records, [0.5])[0]!.steps).toEqual([5]);
  });

  it('refuses a quantile that was not recorded, naming those that were', () => {
    expect(() => trajectoriesOf([spectrum()], [0.3])).toThrow(
      'layers.0.attn.q of run 4x32 at step 5: quantile 0.3 was not recorded; recorded are 0.1, 0.5, 0.9',
    );
  });

  it('refuses negative, missing and non-finite values', () => {
    for (const value of [-0.1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => trajectoriesOf([spectrum({ values: [0.3, value, 0.01] })], [0.5])).toThrow(
        `must be finite and not negative, got ${value}`,
      );
    expect(() => trajectoriesOf([spectrum({ values: [0.3] })], [0.5])).toThrow('got undefined');
  });
});
