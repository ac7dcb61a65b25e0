/**
 * Writing files so that a kill, a full disk or a power cut never leaves a damaged one.
 *
 * 1. A whole file is written beside its place as `<path>.tmp`, flushed, and renamed over it: a reader sees the
 *    old file or the new one, nothing between.
 * 2. A line file grows by one write a step; a write that fails is taken back to the last whole line.
 *
 * One process writes a study (see lock.ts), so the temporary name needs no process id.
 */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { StudyError } from '../base/errors.ts';

/** Suffix of a file that is being written; one found later is the rest of a killed write and means nothing. */
export const TEMPORARY_SUFFIX = '.tmp';

/** A file that grows by whole lines. Close it when done. */
export interface LineFile {
  /** Appends `text`, which ends with a newline, in one write. */
  append(text: string): void;
  /** Returns once everything appended is on the disk. */
  flush(): void;
  close(): void;
}

/**
 * Replaces the file at `path` as a whole; its folder is made if need be.
 *
 * @throws StudyError if the disk is full or the folder cannot be written; an earlier file at `path` is then untouched
 */
export function writeWhole(path: string, contents: string | Uint8Array, folder: string): void {
  const temporary = path + TEMPORARY_SUFFIX;
  try {
    makeFolder(dirname(path));
    const file = openSync(temporary, 'w');
    try {
      writeFileSync(file, contents);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    flushFolder(dirname(path));
  } catch (error) {
    quietly(() => rmSync(temporary, { force: true }));
    throw fileFailure(error, `writing ${path}`, folder);
  }
}

/**
 * Makes a folder and those above it; one that exists is kept.
 *
 * Node's own recursive mkdir never returns where the system refuses a new folder with ENOENT, as in /proc.
 *
 * @throws the operating system's refusal, for {@link fileFailure}; what was made above it is then removed again
 */
export function makeFolder(path: string): void {
  const missing = missingFolders(path);
  try {
    for (const folder of missing.length > 0 ? missing : [path]) makeOne(folder);
  } catch (error) {
    removeEmptyFolders(missing);
    throw error;
  }
}

function makeOne(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST' || !statSync(path).isDirectory()) throw error;
  }
}

/** Those of a folder and the folders above it that do not exist, the outermost first. */
export function missingFolders(path: string): readonly string[] {
  if (existsSync(path)) return [];
  const above = dirname(path);
  return above === path ? [path] : [...missingFolders(above), path];
}

/** Removes folders that are empty, the last first; others and missing ones are passed over. */
export function removeEmptyFolders(folders: readonly string[]): void {
  for (const folder of [...folders].reverse()) quietly(() => rmdirSync(folder));
}

/**
 * Opens the line file at `path` for appending, made empty if it does not exist.
 *
 * @throws StudyError if it cannot be opened; `append` throws it if the disk is full, and takes a partial line back
 */
export function openLines(path: string, folder: string): LineFile {
  const attempt = <T>(operation: () => T): T => {
    try {
      return operation();
    } catch (error) {
      throw fileFailure(error, `writing ${path}`, folder);
    }
  };
  const file = attempt(() => openSync(path, constants.O_RDWR | constants.O_CREAT));
  let length = fstatSync(file).size;
  return {
    append: (text) =>
      attempt(() => {
        const bytes = Buffer.from(text);
        try {
          writeFully(file, bytes, length);
        } catch (error) {
          quietly(() => ftruncateSync(file, length));
          throw error;
        }
        length += bytes.length;
      }),
    flush: () => attempt(() => fsyncSync(file)),
    close: () => closeSync(file),
  };
}

/**
 * Cuts the file at `path` to its first `length` bytes.
 *
 * @throws StudyError if it cannot be written
 */
export function cutFile(path: string, length: number, folder: string): void {
  try {
    const file = openSync(path, 'r+');
    try {
      ftruncateSync(file, length);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw fileFailure(error, `cutting ${path}`, folder);
  }
}

/**
 * The bytes of a file, or null if there is none.
 *
 * @throws StudyError if there is one that cannot be read
 */
export function readBytes(path: string, folder: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw fileFailure(error, `reading ${path}`, folder);
  }
}

/**
 * The operating system's refusal as one sentence.
 *
 * @param action what was tried, e.g. "writing a/b.json"
 * @returns a StudyError; `error` itself if it does not come from the operating system
 */
export function fileFailure(error: unknown, action: string, folder: string): unknown {
  const code = errorCode(error);
  if (code === undefined) return error;
  const [reason, remedy] = REASONS[code] ?? [`the operating system answered ${code}`, 'check the folder and its disk'];
  return new StudyError(`study: ${action} failed because ${reason}; ${remedy}`, folder, { cause: error });
}

/** "ENOSPC" and its like; undefined for errors that are not the operating system's. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

const FREE_SPACE = 'free some space and continue with --resume; what was written before is whole';
const NO_PERMISSION = 'make the folder writable or give another --out';
const IN_THE_WAY = 'move it away or give another --out';

const REASONS: Readonly<Record<string, readonly [reason: string, remedy: string]>> = {
  ENOSPC: ['the disk is full', FREE_SPACE],
  EDQUOT: ['the disk quota is used up', FREE_SPACE],
  EFBIG: ['the file would become larger than allowed', FREE_SPACE],
  EROFS: ['the disk is read-only', NO_PERMISSION],
  EACCES: ['permission is denied', NO_PERMISSION],
  EPERM: ['permission is denied', NO_PERMISSION],
  ENOTDIR: ['a file stands where a folder is needed', IN_THE_WAY],
  EEXIST: ['a file stands where a folder is needed', IN_THE_WAY],
  EISDIR: ['a folder stands where a file is needed', IN_THE_WAY],
  ENOENT: ['its folder does not exist and could not be made', 'check the path and that its disk can be written'],
};

/** One write in all but rare cases; the system may accept less than asked, e.g. on an almost full disk. */
function writeFully(file: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, position + done);
}

/** Makes a rename durable. Windows has no such call for folders and needs none. */
function flushFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const file = openSync(folder, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** For cleaning up after a failure that is reported anyway. */
function quietly(operation: () => void): void {
  try {
    operation();
  } catch {
    // The first failure is the one to tell.
  }
}
