import { describe, expect, test } from 'vitest';
import {
  createEnsemble,
  excessKurtosis,
  formatEntries,
  memberOf,
  parseEntries,
  usualMatrices,
} from '../../src/sources/randomEnsembles.ts';

describe('an ensemble', () => {
  test('lists its sizes in ascending order with as many matrices as arXiv:2505.04005 at both ends', () => {
    const { sizes } = createEnsemble([8192, 128, 1024], { aspect: 2.5 });
    expect(sizes).toEqual([
      { rows: 128, columns: 320, matrices: 512 },
      { rows: 1024, columns: 2560, matrices: 64 },
      { rows: 8192, columns: 20480, matrices: 8 },
    ]);
    expect([2, 128, 2048, 16384].map(usualMatrices)).toEqual([512, 512, 32, 8]);
  });

  test('has members that carry its seed, shape and index', () => {
    const ensemble = createEnsemble([4], { seed: 5, matrices: 3 });
    expect(memberOf(ensemble, ensemble.sizes[0]!, 2)).toEqual({
      rows: 4,
      columns: 4,
      entries: { name: 'gaussian' },
      seed: 5,
      index: 2,
    });
  });

  test.each([
    [[], {}, 'random matrices: expected at least one size, got none'],
    [[1], {}, 'random matrices: a size must be an integer of at least 2, got 1'],
    [[2.5], {}, 'random matrices: a size must be an integer of at least 2, got 2.5'],
    [[4, 8, 4], {}, 'random matrices: size 4 is listed twice; list each size once'],
    [
      [4],
      { aspect: 0.25 },
      'random matrices: the aspect ratio, larger over smaller dimension, must lie between 1 and 10000, got 0.25; ' +
        'use 4, a transpose has the same spectrum',
    ],
    [[4], { aspect: 1e5 }, 'must lie between 1 and 10000, got 100000'],
    [[4], { matrices: 1e9 }, 'random matrices: at most 100000 matrices of a size can be drawn, got 1000000000'],
    [[4], { matrices: 0 }, 'random matrices: matrices must be an integer of at least 1, got 0'],
    [
      [16, 512],
      { entries: { name: 'sparse', density: 0.1 } },
      'random matrices: density 0.1 leaves 1.6 nonzero entries a row at size 16, at least 8 are needed; ' +
        'raise the density or leave out the size',
    ],
  ] as const)('refuses %o %o', (sizes, options, message) => {
    expect(() => createEnsemble(sizes, options)).toThrow(message);
  });
});

describe('a distribution as text', () => {
  test.each(['gaussian', 'uniform', 'student:5', 'sparse:0.1'])('%s is read and written alike', (text) => {
    expect(formatEntries(parseEntries(text))).toBe(text);
  });

  test.each(['cauchy', 'student', 'student:', 'student:x', 'sparse', 'gaussian:2', 'sparse:1:2', 'student:5:', ''])(
    '"%s" is refused with the list of those there are',
    (text) => {
      expect(() => parseEntries(text)).toThrow(
        `random matrices: unknown distribution "${text}"; there are gaussian, uniform, ` +
          'student:DOF such as student:5, sparse:DENSITY such as sparse:0.1',
      );
    },
  );

  test('must have a finite variance and a density in (0, 1]', () => {
    expect(() => parseEntries('student:2')).toThrow('more than 2 degrees of freedom for a finite variance, got 2');
    expect(() => parseEntries('sparse:1.5')).toThrow('the density must lie in (0, 1], got 1.5');
  });
});

// E x^4 / (E x^2)^2 - 3: uniform 9/5 - 3, Student 6 / (dof - 4), sparse Gaussian 3 / density - 3.
test.each([
  ['gaussian', 0],
  ['uniform', -1.2],
  ['student:5', 6],
  ['student:4', Number.POSITIVE_INFINITY],
  ['student:3', Number.POSITIVE_INFINITY],
  ['sparse:0.1', 27],
  ['sparse:1', 0],
])('%s entries have an excess kurtosis of %d', (entries, kurtosis) => {
  expect(excessKurtosis(parseEntries(entries))).toBeCloseTo(kurtosis, 12);
});
