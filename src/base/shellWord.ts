import { printable } from './printable.ts';

/**
 * A path or name as a word of a command that can be copied into a shell.
 *
 * @example shellWord('my study') // "'my study'"
 */
export function shellWord(text: string): string {
  const shown = printable(text, Number.POSITIVE_INFINITY);
  return /^[\w@%+=:,./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", "'\\''")}'`;
}
