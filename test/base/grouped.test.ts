import { expect, test } from 'vitest';
import { grouped } from '../../src/base/grouped.ts';

test('groups come in order of first appearance', () => {
  expect(grouped([3, 1, 4, 1, 5, 9, 2, 6], (n) => n % 3)).toEqual([
    [3, 9, 6],
    [1, 4, 1],
    [5, 2],
  ]);
  expect(grouped([], () => '')).toEqual([]);
});
