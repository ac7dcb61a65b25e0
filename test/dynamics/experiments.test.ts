import { describe, expect, test } from 'vitest';
import { runEntropy } from '../../src/dynamics/entropy.ts';
import { runRegression } from '../../src/dynamics/regression.ts';

describe('entropy', () => {
  const result = runEntropy({ size: 'smoke', seed: 1 });

  test.each(result.claims)('$statement', ({ holds, evidence }) => {
    expect(holds, evidence).toBe(true);
  });

  test('is the same for the same seed and another for another', () => {
    expect(runEntropy({ size: 'smoke', seed: 1 })).toEqual(result);
    expect(runEntropy({ size: 'smoke', seed: 2 }).tables).not.toEqual(result.tables);
  });
});

describe('regression', () => {
  test.each(runRegression({ size: 'smoke', seed: 1 }).claims)('$statement', ({ holds, evidence }) => {
    expect(holds, evidence).toBe(true);
  });

  test('refuses more measurements than unknowns with the reason', () => {
    expect(() => runRegression({ size: 'smoke', seed: 1, measurements: 30 })).toThrow(
      'the claim is about fewer measurements than unknowns, got 30 measurements of 20 unknowns',
    );
  });
});
