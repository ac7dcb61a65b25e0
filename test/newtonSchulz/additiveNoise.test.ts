import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/base/random.ts';
import { jacobiSvd } from '../../src/linalg/jacobi.ts';
import { polarAlignment } from '../../src/newtonSchulz/additiveNoise.ts';
import { alignments } from '../../src/newtonSchulz/alignment.ts';
import { type KnownMatrix, knownMatrix, logSpaced } from './decompositions.ts';

/** u^T polar(X + N) v, from a decomposition of X + N. */
function sampled({ matrix, decomposition }: KnownMatrix, deviation: number, seed: number): Float64Array {
  const random = createRandom(seed);
  const noisy = { ...matrix, data: Float64Array.from(matrix.data, (x) => x + deviation * random.gaussian()) };
  const { u, v, sigma } = jacobiSvd(noisy);
  const polar = new Float64Array(matrix.data.length);
  const r = sigma.length;
  for (let i = 0; i < matrix.rows; i++)
    for (let j = 0; j < matrix.columns; j++)
      for (let k = 0; k < r; k++) polar[i * matrix.columns + j] += u.data[i * r + k] * v.data[j * r + k];
  return alignments(matrix, { ...matrix, data: polar }, decomposition);
}

const directions = (sigma: ArrayLike<number>) => ({
  sigma: Float64Array.from(sigma),
  count: new Float64Array(sigma.length).fill(1),
});

describe('polar factor under noise', () => {
  test.each([
    [96, 96],
    [96, 192],
  ])('agrees with sampled matrices, %i x %i, in every quarter of the directions', (rows, columns) => {
    const known = knownMatrix(rows, columns, logSpaced(rows, 1, 1e-3), 1);
    const { sigma } = known.decomposition;
    const deviation = 0.3 * sigma[rows >> 1];
    const found = sampled(known, deviation, 2);
    const expected = polarAlignment(
      directions(sigma),
      { variance: deviation ** 2, profile: 0 },
      [rows, columns],
      sigma,
    );
    for (let quarter = 0; quarter < 4; quarter++) {
      const part = (values: Float64Array): number =>
        values.subarray((quarter * rows) / 4, ((quarter + 1) * rows) / 4).reduce((a, b) => a + b, 0) / (rows / 4);
      expect(Math.abs(part(found) - part(expected))).toBeLessThan(0.03); // 24 directions, each +- 1 / sqrt(96)
    }
  });

  test('without noise nothing is lost, and far above it next to nothing', () => {
    const { sigma } = directions([0.9, 0.3, 0.1]);
    const spectrum = directions(sigma);
    expect([...polarAlignment(spectrum, { variance: 0, profile: 0 }, [3, 3], sigma)]).toEqual([1, 1, 1]);
    for (const c of polarAlignment(spectrum, { variance: 1e-12, profile: 0.5 }, [3, 3], sigma))
      expect(c).toBeCloseTo(1, 3);
  });

  test('far below the noise alignment is proportional to the singular value', () => {
    const spectrum = directions(logSpaced(64, 1e-6, 1e-7));
    const [one, two] = polarAlignment(spectrum, { variance: 1e-6, profile: 0 }, [64, 64], [1e-7, 2e-7]);
    expect(two / one).toBeCloseTo(2, 2);
    // all noise: the mean of 1 / y over the semicircle-like law of a square Gaussian matrix, 8 / (3 pi sqrt(n) tau)
    expect(one).toBeCloseTo((1e-7 * 8) / (3 * Math.PI * Math.sqrt(64) * 1e-3), 7);
  });

  test('noise that follows one direction costs the others less', () => {
    const { sigma, count } = directions(logSpaced(64, 1e-3, 1e-4));
    const at = [1e-4, 3e-4];
    const [even, following] = [0, 1].map((profile) =>
      polarAlignment({ sigma, count }, { variance: 1e-9, profile }, [64, 64], at),
    );
    expect(following[0]).toBeGreaterThan(even[0]);
    expect(following[1]).toBeGreaterThan(even[1]);
  });
});
