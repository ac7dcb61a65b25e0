/** A local folder as a tree of files: what its links and `..` point to outside is never read. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { UsageError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import type { FileTree } from './byteSource.ts';
import { openFile } from './localFile.ts';
import { namesNothing, systemFailure } from './systemFailure.ts';
import { outsideOfRoot, treeSegments } from './treePath.ts';

/** A checkpoint of 10,000 ranks has fewer; a home folder has more. */
const MAX_FILES = 100_000;
/** Longest path of Linux: names in messages are whole. */
const MAX_PATH = 4096;

/**
 * Opens a folder.
 *
 * @throws UsageError if it is missing, cannot be read, or is no folder; `list` also if it holds more than 100,000 files
 */
export async function openTree(path: string): Promise<FileTree> {
  const root = await realFolder(path);
  return {
    name: path,
    list: () => listFiles(root, path),
    open: async (file) => {
      const segments = treeSegments(file, path);
      const real = await realFile(join(root, ...segments), path);
      if (real === null) return null;
      if (!isBelow(root, real)) throw outsideOfRoot(file, path);
      return await openFile(real, join(path, printable(segments.join('/'), MAX_PATH)));
    },
  };
}

async function realFolder(path: string): Promise<string> {
  try {
    const root = await realpath(path);
    if ((await stat(root)).isDirectory()) return root;
  } catch (error) {
    throw systemFailure(error, path, 'a folder');
  }
  throw new UsageError(`${path}: expected a folder, got a file; name its folder`);
}

/** Where `path` leads once links are followed; null if to nothing or to a folder. */
async function realFile(path: string, root: string): Promise<string | null> {
  try {
    const real = await realpath(path);
    return (await stat(real)).isDirectory() ? null : real;
  } catch (error) {
    if (namesNothing(error)) return null;
    throw systemFailure(error, root, 'files that can be read');
  }
}

async function listFiles(root: string, name: string): Promise<readonly string[]> {
  const files: string[] = [];
  const folders: string[] = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of await entriesOf(join(root, folder), name)) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile() || (entry.isSymbolicLink() && (await leadsToFileBelow(root, path, name))))
        files.push(path);
    }
    if (files.length + folders.length > MAX_FILES)
      throw new UsageError(`${name}: expected at most ${MAX_FILES} files, got more; name the folder of one checkpoint`);
  }
  return files.sort((a, b) => (a < b ? -1 : 1)); // no two are equal
}

async function entriesOf(folder: string, name: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    throw systemFailure(error, name, 'folders that can be read');
  }
}

async function leadsToFileBelow(root: string, path: string, name: string): Promise<boolean> {
  const real = await realFile(join(root, path), name);
  return real !== null && isBelow(root, real);
}

function isBelow(root: string, path: string): boolean {
  return path.startsWith(root.endsWith(sep) ? root : root + sep);
}
