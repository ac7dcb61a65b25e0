/** What a terminal shows: sparse colours and aligned tables. Pure text; the commands decide where it goes. */

/** Marks for emphasis; each returns its argument unchanged where colours are off. */
export interface Colours {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

/** A column of a table. Numbers are right-aligned, words left. */
export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
}

/** Columns a table may take if the terminal does not say. */
export const DEFAULT_WIDTH = 100;

/**
 * Colours for a stream: on for a terminal unless NO_COLOR is set to anything or TERM is "dumb".
 *
 * @source https://no-color.org
 */
export function createColours(
  stream: { readonly isTTY?: boolean | undefined },
  environment: Readonly<Record<string, string | undefined>>,
): Colours {
  const on = stream.isTTY === true && !environment.NO_COLOR && environment.TERM !== 'dumb';
  const mark =
    (start: number, end: number) =>
    (text: string): string =>
      on ? `\u001b[${start}m${text}\u001b[${end}m` : text;
  return { bold: mark(1, 22), dim: mark(2, 22), red: mark(31, 39), green: mark(32, 39), yellow: mark(33, 39) };
}

/**
 * A table without lines: a header, then rows, columns two spaces apart.
 *
 * A table wider than `width` wraps the cells of its widest left-aligned columns between words; numbers are never
 * broken, so a table of many numbers may stay wider.
 *
 * @param rows cells as shown, marks of {@link Colours} allowed; as many a row as there are columns
 * @returns lines joined by newlines, without one at the end and without trailing spaces
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { width = DEFAULT_WIDTH }: { readonly width?: number | undefined } = {},
): string {
  const titles = columns.map(({ title }) => title);
  const table = [titles, ...rows];
  const widths = fitWidths(
    columns,
    columns.map((_, i) => Math.max(...table.map((row) => visibleLength(row[i] ?? '')))),
    width,
  );
  return table.flatMap((row) => formatRow(columns, widths, row)).join('\n');
}

/** Characters a text takes on screen: marks take none. */
export function visibleLength(text: string): number {
  return [...text.replace(MARK, '')].length;
}

/** Breaks a text between words; a word longer than `width` stays whole. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && visibleLength(line) + 1 + visibleLength(word) > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

const GAP = '  ';
const NARROWEST = 12;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what starts a mark
const MARK = /\u001b\[\d+m/g;

/** Narrows the widest left-aligned column until the table fits or every such column is at its narrowest. */
function fitWidths(columns: readonly Column[], natural: readonly number[], width: number): readonly number[] {
  const widths = [...natural];
  for (;;) {
    const excess = widths.reduce((sum, w) => sum + w, GAP.length * (widths.length - 1)) - width;
    const words = columns.flatMap(({ align }, i) => (align === 'left' && widths[i]! > NARROWEST ? [i] : []));
    if (excess <= 0 || words.length === 0) return widths;
    const widest = words.reduce((best, i) => (widths[i]! > widths[best]! ? i : best));
    widths[widest] = widths[widest]! - 1;
  }
}

function formatRow(columns: readonly Column[], widths: readonly number[], row: readonly string[]): readonly string[] {
  const cells = columns.map(({ align }, i) => (align === 'left' ? wrap(row[i] ?? '', widths[i]!) : [row[i] ?? '']));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    columns
      .map(({ align }, i) => pad(cells[i]?.[line] ?? '', widths[i]!, align))
      .join(GAP)
      .trimEnd(),
  );
}

function pad(text: string, width: number, align: Column['align']): string {
  const space = ' '.repeat(Math.max(0, width - visibleLength(text)));
  return align === 'left' ? text + space : space + text;
}
