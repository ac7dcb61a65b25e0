/** Files that ranks wrote, opened when read: thousands of them, of which only some are open at any moment. */
import { FormatError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import type { ByteSource, FileTree } from '../bytes/byteSource.ts';
import { requireRange } from '../bytes/range.ts';

export interface RankFiles {
  /**
   * A file by its path below the root. Closing it does nothing; the files are closed together.
   *
   * @throws FormatError if it is missing
   */
  source(path: string): Promise<ByteSource>;
  close(): Promise<void>;
}

interface OpenFile {
  readonly source: Promise<ByteSource>;
  /** Slices under way. */
  users: number;
}

/** Below the 1,024 that many systems allow a process. */
const MAX_OPEN_FILES = 64;

export function rankFiles(tree: FileTree): RankFiles {
  /** In the order of their last use. */
  const open = new Map<string, OpenFile>();
  const lengths = new Map<string, number>();

  const acquire = (path: string): OpenFile => {
    const file = open.get(path) ?? { source: openFile(tree, path), users: 0 };
    open.delete(path);
    open.set(path, file);
    file.users++;
    return file;
  };

  const release = async (path: string, file: OpenFile, failed: boolean): Promise<void> => {
    file.users--;
    if (failed) open.delete(path);
    for (const [idlePath, idle] of open) {
      if (open.size <= MAX_OPEN_FILES) break;
      if (idle.users > 0) continue;
      open.delete(idlePath);
      await (await idle.source).close();
    }
  };

  const use = async <T>(path: string, action: (source: ByteSource) => Promise<T>): Promise<T> => {
    const file = acquire(path);
    let failed = true;
    try {
      const source = await file.source;
      failed = false;
      return await action(source);
    } finally {
      await release(path, file, failed);
    }
  };

  return {
    source: async (path) => {
      const byteLength = lengths.get(path) ?? (await use(path, async (source) => source.byteLength));
      lengths.set(path, byteLength);
      const name = `${tree.name}/${printable(path)}`;
      const slice: ByteSource['slice'] = async (start, end) => {
        requireRange({ name, byteLength }, start, end);
        return await use(path, (source) => source.slice(start, end));
      };
      return { name, byteLength, slice, close: async () => {} };
    },
    close: async () => {
      const files = [...open.values()];
      open.clear();
      await Promise.all(files.map(async ({ source }) => await (await source).close()));
    },
  };
}

async function openFile(tree: FileTree, path: string): Promise<ByteSource> {
  const source = await tree.open(path);
  if (source !== null) return source;
  throw new FormatError(
    `${tree.name}: expected the file ${printable(path)}, got none of that name; copy the checkpoint with the files of all ranks`,
    tree.name,
  );
}
