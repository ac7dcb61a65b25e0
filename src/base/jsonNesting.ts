const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Whether JSON nests lists and objects deeper than `limit`. JSON.parse takes fifty times the memory of brackets alone
 * and who walks its result may run out of stack, so this is asked first. Says nothing about whether it is JSON.
 */
export function nestsDeeper(json: Uint8Array, limit: number): boolean {
  let depth = 0;
  for (let i = 0; i < json.length; i++) {
    const byte = json[i]!;
    if (byte === QUOTE) i = endOfText(json, i + 1);
    else if (byte === 0x5b || byte === 0x7b) {
      depth++;
      if (depth > limit) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return false;
}

/** Index of the quote that ends a text. */
function endOfText(json: Uint8Array, begin: number): number {
  let i = begin;
  while (i < json.length && json[i] !== QUOTE) i += json[i] === BACKSLASH ? 2 : 1;
  return i;
}
