/** Names of parameters as tables show them: without what all of them share at the end, and safe on a terminal. */
import { printable } from '../../base/printable.ts';

/** Ends that say nothing. */
const COMMON_END = '.weight';

/**
 * @param names of all rows
 * @returns the name as shown, at most `width` characters
 */
export function shownNames(names: readonly string[]): (name: string, width?: number) => string {
  const cut = names.every((name) => name.endsWith(COMMON_END)) ? COMMON_END.length : 0;
  return (name, width = Number.POSITIVE_INFINITY) => shortened(printable(name.slice(0, name.length - cut)), width);
}

/** The middle left out: names of parameters differ at both ends. */
function shortened(name: string, width: number): string {
  if (name.length <= width) return name;
  const start = Math.floor((width - 1) / 2);
  return `${name.slice(0, start)}…${name.slice(name.length - (width - 1 - start))}`;
}

/** "1024 x 4096" */
export function shapeText(shape: readonly number[] | null): string {
  return shape === null ? '-' : shape.join(' x ');
}
