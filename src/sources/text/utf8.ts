/** Is it text? UTF-8 as The Unicode Standard, table 3-7, allows it: no overlong forms, no surrogates, at most U+10FFFF. */
import { isUtf8 } from 'node:buffer';

/** Offset of the first byte that does not belong to a complete UTF-8 character; null if all do. */
export function firstInvalidUtf8(bytes: Uint8Array): number | null {
  if (isUtf8(bytes)) return null;
  for (let i = 0; i < bytes.length; ) {
    const length = characterLength(bytes, i);
    if (length === 0) return i;
    i += length;
  }
  return null;
}

/** Bytes of the character at `i`, 0 if there is no valid one. */
function characterLength(bytes: Uint8Array, i: number): number {
  const first = bytes[i]!;
  if (first < 0x80) return 1;
  const length = first >= 0xc2 && first <= 0xdf ? 2 : first >> 4 === 0xe ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
  const [low, high] = SECOND_BYTE[first] ?? [0x80, 0xbf];
  for (let k = 1; k < length; k++) {
    const byte = bytes[i + k];
    if (byte === undefined || byte < (k === 1 ? low : 0x80) || byte > (k === 1 ? high : 0xbf)) return 0;
  }
  return length;
}

/** First bytes whose second byte has a narrower range than 80..BF. */
const SECOND_BYTE: Readonly<Record<number, readonly [low: number, high: number]>> = {
  224: [0xa0, 0xbf],
  237: [0x80, 0x9f],
  240: [0x90, 0xbf],
  244: [0x80, 0x8f],
};
