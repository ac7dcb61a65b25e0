import type { ByteSource, FileTree } from '../../../src/sources/bytes/byteSource.ts';
import { bytesInMemory } from '../../../src/sources/bytes/bytesInMemory.ts';
import { treeSegments } from '../../../src/sources/bytes/treePath.ts';

/** Knows which of its files were opened and not closed. */
export interface MemoryTree extends FileTree {
  readonly unclosed: ReadonlySet<ByteSource>;
}

/** Files by their paths, as a folder that never was on a disk. */
export function treeInMemory(files: Readonly<Record<string, Uint8Array>>, name = 'memory'): MemoryTree {
  const unclosed = new Set<ByteSource>();
  return {
    name,
    unclosed,
    list: async () => Object.keys(files).sort(),
    open: async (path) => {
      const key = treeSegments(path, name).join('/');
      const bytes = Object.hasOwn(files, key) ? files[key] : undefined;
      if (bytes === undefined) return null;
      const source: ByteSource = {
        ...bytesInMemory(`${name}/${key}`, bytes),
        close: async () => {
          unclosed.delete(source);
        },
      };
      unclosed.add(source);
      return source;
    },
  };
}
