import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { firstInvalidUtf8 } from '../../../src/sources/text/utf8.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const isText = (bytes: Uint8Array): boolean => {
  try {
    decoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
};

describe('the first byte that is not UTF-8', () => {
  test.each<[string, readonly number[], number | null]>([
    ['of plain text is none', [0x41, 0x42], null],
    ['of two, three and four byte characters is none', [0xc3, 0xa4, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x99, 0x82], null],
    ['of a stray continuation is that byte', [0x41, 0x80], 1],
    ['of a character cut off at the end is its first byte', [0x41, 0xe2, 0x82], 1],
    ['of an overlong form is its first byte', [0x41, 0xc0, 0xaf], 1],
    ['of a surrogate is its first byte', [0xed, 0xa0, 0x80], 0],
    ['of a code point above 10FFFF is its first byte', [0x41, 0x41, 0xf4, 0x90, 0x80, 0x80], 2],
  ])('%s', (_, bytes, offset) => {
    expect(firstInvalidUtf8(Uint8Array.from(bytes))).toBe(offset);
  });

  it('agrees with the TextDecoder: all before it decodes, and nothing longer does', () => {
    const pieces = fc.oneof(
      fc.uint8Array({ maxLength: 4 }),
      fc.string({ unit: 'binary', maxLength: 6 }).map((text) => new TextEncoder().encode(text)),
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 6 }), (parts) => {
        const bytes = Uint8Array.from(parts.flatMap((part) => [...part]));
        const offset = firstInvalidUtf8(bytes);
        expect(offset === null).toBe(isText(bytes));
        if (offset === null) return;
        expect(isText(bytes.subarray(0, offset))).toBe(true);
        for (let end = offset + 1; end <= bytes.length; end++) expect(isText(bytes.subarray(0, end))).toBe(false);
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});
