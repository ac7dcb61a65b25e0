/** The files behind `--text PATH...`: files as named, folders by the extensions of text and code. */
import { type Dirent, readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { FormatError, UsageError } from '../../base/errors.ts';
import { firstInvalidUtf8 } from './utf8.ts';

/** A file of the corpus with its contents. */
export interface TextFile {
  /** As shown: the path given, with forward slashes below a folder. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** What is read below a folder; other files are read when named themselves. */
const TEXT_EXTENSIONS: ReadonlySet<string> = new Set(
  '.c .cc .cpp .css .csv .go .h .hpp .html .java .jl .js .json .jsonl .md .mjs .org .py .r .rb .rs .rst .sh .sql .tex .toml .ts .tsv .txt .xml .yaml .yml'.split(
    ' ',
  ),
);

/**
 * Lists the files of the given paths: those named in the order given, those of a folder sorted by path. Links,
 * hidden files, hidden folders and node_modules below a folder are passed over.
 *
 * @throws UsageError if a path is missing or a folder holds no text
 */
export function listTextFiles(paths: readonly string[]): readonly string[] {
  return paths.flatMap((path) => {
    const kind = statOf(path);
    if (kind.isFile()) return [path];
    if (!kind.isDirectory()) throw new UsageError(`--text: expected a file or a folder, got something else (${path})`);
    const found = walk(path, (name) => TEXT_EXTENSIONS.has(extname(name).toLowerCase()));
    if (found.length === 0)
      throw new UsageError(`--text: expected text files in the folder ${path}, found none; name the files themselves`);
    return found;
  });
}

/**
 * Regular files below `folder` that `wanted` accepts by name, sorted by path, links not followed. Entries whose
 * name begins with a dot, and node_modules, are passed over.
 */
export function walk(folder: string, wanted: (name: string) => boolean): readonly string[] {
  const found: string[] = [];
  const visit = (current: string): void => {
    for (const entry of entriesOf(current)) {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
      const path = `${current}/${entry.name}`;
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile() && wanted(entry.name)) found.push(path);
    }
  };
  visit(join(folder, '.').replaceAll('\\', '/').replace(/\/$/, ''));
  return found.sort(byCodeUnit);
}

/** The same order everywhere, whatever the language of the machine. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * @throws UsageError if the file cannot be read
 * @throws FormatError naming the offset of the first byte that is not UTF-8
 */
export function readTextFile(path: string): TextFile {
  const bytes = readInput(path);
  const invalid = firstInvalidUtf8(bytes);
  if (invalid !== null)
    throw new FormatError(
      `--text: expected UTF-8, got byte 0x${bytes[invalid]!.toString(16).padStart(2, '0')} at offset ${invalid} (${path}); convert the file or leave it out`,
      path,
    );
  return { path, bytes };
}

/** @throws UsageError if the file cannot be read */
export function readInput(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    throw unreadable(folder, error);
  }
}

function statOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const reason = error.code === 'ENOENT' ? 'there is no such file or folder' : `it cannot be read (${error.code})`;
  return new UsageError(`--text: expected a file or folder, but ${reason}: ${path}; check the path`, { cause: error });
}
