import { expect, test } from 'vitest';
import { shellWord } from '../../src/base/shellWord.ts';

test('a word is quoted where the shell would read it otherwise, and shows no control characters', () => {
  expect(['runs/gpt-124m', '../a_b.pt', 'my study', "it's", '$(reboot)', 'a\u001bb', ''].map(shellWord)).toEqual([
    'runs/gpt-124m',
    '../a_b.pt',
    "'my study'",
    "'it'\\''s'",
    "'$(reboot)'",
    "'a\\u{1b}b'",
    "''",
  ]);
});

test('a long path is not cut', () => {
  expect(shellWord('a/'.repeat(500))).toBe('a/'.repeat(500));
});
