/** What stands in for a character that would move the cursor, change colours or turn the reading direction. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/**
 * A name from someone else's file, safe on a terminal: control and formatting characters become "\u{1b}", and what
 * is longer than `limit` characters is cut in the middle.
 */
export function printable(name: string, limit = 160): string {
  const short = name.length <= limit ? name : `${name.slice(0, limit / 2)}...${name.slice(-limit / 2)}`;
  return short.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`); // it has one
}
