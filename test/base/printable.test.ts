import { expect, test } from 'vitest';
import { printable } from '../../src/base/printable.ts';

test('a name of letters stays as it is, in any script', () => {
  expect(printable('blocks.0.注意.weight é 🙂')).toBe('blocks.0.注意.weight é 🙂');
});

test('characters that act on a terminal or turn the text around become escapes', () => {
  expect(printable('\u001b[31mred\r\n\u202egnp.exe\u2028\u0085\ud800')).toBe(
    '\\u{1b}[31mred\\u{d}\\u{a}\\u{202e}gnp.exe\\u{2028}\\u{85}\\u{d800}',
  );
});

test('a long name is cut in the middle', () => {
  expect(printable('a'.repeat(5000) + 'b'.repeat(5000), 10)).toBe('aaaaa...bbbbb');
});
