/**
 * Literals of Python as NumPy writes them into the headers of its files: texts, integers, True, False, None, tuples,
 * lists and dictionaries. Nothing is evaluated.
 *
 * @source https://docs.python.org/3/reference/lexical_analysis.html, "Literals"; numpy.lib.format
 */
import { FormatError } from '../../base/errors.ts';

export type PythonLiteral =
  | null
  | boolean
  | number
  | string
  | readonly PythonLiteral[]
  | ReadonlyMap<string, PythonLiteral>;

/** Structured types nest, though not so far. */
const DEEPEST = 32;

/**
 * @param where file, for messages
 * @throws FormatError if `text` is no such literal
 */
export function parsePythonLiteral(text: string, where: string): PythonLiteral {
  const cursor: Cursor = { text, where, at: 0 };
  const literal = readValue(cursor, 0);
  if (peek(cursor) !== '') throw unexpected(cursor);
  return literal;
}

interface Cursor {
  readonly text: string;
  readonly where: string;
  at: number;
}

function readValue(cursor: Cursor, depth: number): PythonLiteral {
  if (depth > DEEPEST) throw unexpected(cursor);
  if (take(cursor, '{')) return readDictionary(cursor, depth);
  if (take(cursor, '(')) return readParentheses(cursor, depth);
  if (take(cursor, '[')) return readItems(cursor, ']', depth);
  const quoted = match(cursor, TEXT);
  if (quoted !== null) return unescaped(cursor, quoted.slice(1, -1));
  const number = match(cursor, INTEGER);
  if (number !== null) return Number(number.replace(/L$/, ''));
  const word = match(cursor, WORD);
  if (word !== null) return WORDS.get(word)!; // the pattern knows these three
  throw unexpected(cursor);
}

function readDictionary(cursor: Cursor, depth: number): ReadonlyMap<string, PythonLiteral> {
  const map = new Map<string, PythonLiteral>();
  while (!take(cursor, '}')) {
    const key = readValue(cursor, depth + 1);
    if (typeof key !== 'string' || map.has(key) || !take(cursor, ':')) throw unexpected(cursor);
    map.set(key, readValue(cursor, depth + 1));
    if (!take(cursor, ',') && peek(cursor) !== '}') throw unexpected(cursor);
  }
  return map;
}

/** (x) is x; (), (x,) and (x, y) are tuples. */
function readParentheses(cursor: Cursor, depth: number): PythonLiteral {
  const begin = cursor.at;
  const items = readItems(cursor, ')', depth);
  const isTuple = items.length !== 1 || /,\s*\)$/.test(cursor.text.slice(begin, cursor.at));
  return isTuple ? items : items[0]!; // it has one
}

function readItems(cursor: Cursor, close: string, depth: number): readonly PythonLiteral[] {
  const items: PythonLiteral[] = [];
  while (!take(cursor, close)) {
    items.push(readValue(cursor, depth + 1));
    if (!take(cursor, ',') && peek(cursor) !== close) throw unexpected(cursor);
  }
  return items;
}

/** The next character that is not whitespace; '' at the end. */
function peek(cursor: Cursor): string {
  while (/^\s$/.test(cursor.text[cursor.at] ?? '')) cursor.at++;
  return cursor.text[cursor.at] ?? '';
}

function take(cursor: Cursor, character: string): boolean {
  if (peek(cursor) !== character) return false;
  cursor.at++;
  return true;
}

/** @param pattern sticky */
function match(cursor: Cursor, pattern: RegExp): string | null {
  peek(cursor);
  pattern.lastIndex = cursor.at;
  const found = pattern.exec(cursor.text)?.[0] ?? null;
  if (found !== null) cursor.at += found.length;
  return found;
}

function unexpected({ where, at }: Cursor): FormatError {
  return new FormatError(
    `${where}: expected a Python dictionary in its header, got something else at character ${at}; the file is damaged`,
    where,
  );
}

const TEXT = /'(?:[^'\\\n]|\\[^\n])*'|"(?:[^"\\\n]|\\[^\n])*"/y;
/** Python 2 wrote (3L, 4L). */
const INTEGER = /-?\d+L?(?![\w.])/y;
const WORD = /(?:True|False|None)(?!\w)/y;
const WORDS: ReadonlyMap<string, PythonLiteral> = new Map<string, PythonLiteral>([
  ['True', true],
  ['False', false],
  ['None', null],
]);

/** repr escapes quotes, backslashes and what cannot be printed. */
function unescaped(cursor: Cursor, text: string): string {
  return text.replace(/\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|.)/g, (_, code: string) => {
    if (code.length > 1) {
      const point = Number.parseInt(code.slice(1), 16);
      if (point > 0x10ffff) throw unexpected(cursor);
      return String.fromCodePoint(point);
    }
    const plain = ESCAPES[code];
    if (plain === undefined) throw unexpected(cursor);
    return plain;
  });
}

const ESCAPES: Readonly<Record<string, string>> = { "'": "'", '"': '"', '\\': '\\', n: '\n', r: '\r', t: '\t' };
