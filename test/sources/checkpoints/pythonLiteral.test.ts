import { describe, expect, test } from 'vitest';
import { FormatError } from '../../../src/base/errors.ts';
import { parsePythonLiteral } from '../../../src/sources/checkpoints/pythonLiteral.ts';

const parse = (text: string) => parsePythonLiteral(text, 'a.npy');

describe('literals of Python', () => {
  test.each([
    ['1', 1],
    ['-12', -12],
    ['3L', 3],
    ['True', true],
    ['False', false],
    ['None', null],
    ["'a b'", 'a b'],
    ['"it\'s"', "it's"],
    [String.raw`'\'\\\n\xe9\u6ce8\U0001f642'`, "'\\\né注🙂"],
    ['()', []],
    ['(3,)', [3]],
    ['(3)', 3],
    ['(3, 4)', [3, 4]],
    ['( 3 , 4 , )', [3, 4]],
    ['[1, (2,), []]', [1, [2], []]],
  ])('%s', (text, value) => {
    expect(parse(text)).toEqual(value);
  });

  test('a header of NumPy', () => {
    expect(
      parse("{'descr': [('a', '<f4'), ('b', '<i2', (2,))], 'fortran_order': False, 'shape': (3,), }   \n"),
    ).toEqual(
      new Map<string, unknown>([
        [
          'descr',
          [
            ['a', '<f4'],
            ['b', '<i2', [2]],
          ],
        ],
        ['fortran_order', false],
        ['shape', [3]],
      ]),
    );
  });
});

test.each([
  '',
  '{',
  "{'a'}",
  "{'a': }",
  "{'a': 1 'b': 2}",
  "{'a': 1, 'a': 2}",
  '{1: 2}',
  '(1 2)',
  '(,)',
  '1.5',
  '1e3',
  '0x10',
  'Truest',
  'nan',
  "'a",
  "'a\n'",
  String.raw`'\q'`,
  String.raw`'\U00110000'`,
  "__import__('os')",
  'b"x"',
  '1 2',
  `${'('.repeat(40)}${')'.repeat(40)}`,
  '--1',
])('%j is refused', (text) => {
  expect(() => parse(text)).toThrow(FormatError);
  expect(() => parse(text)).toThrow(
    /^a\.npy: expected a Python dictionary in its header, got something else at character \d+/,
  );
});
