import { expect, test } from 'vitest';
import { nestsDeeper } from '../../src/base/jsonNesting.ts';

test.each([
  ['3', 0],
  ['[]', 1],
  ['{"a": [1, {"b": 2}]}', 3],
  ['[[1], [2], [[3]]]', 3],
  [String.raw`{"[[[": "{{{\"[[[", "\\": []}`, 2],
  ['["unfinished [[[', 1],
  ['[[]]]]]]', 2],
])('%s nests so deep: %d', (text, depth) => {
  const json = new TextEncoder().encode(text);
  expect(nestsDeeper(json, depth)).toBe(false);
  if (depth > 0) expect(nestsDeeper(json, depth - 1)).toBe(true);
});
