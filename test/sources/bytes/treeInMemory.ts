import type { FileTree } from '../../../src/sources/bytes/byteSource.ts';
import { bytesInMemory } from '../../../src/sources/bytes/bytesInMemory.ts';
import { treeSegments } from '../../../src/sources/bytes/treePath.ts';

/** Files by their paths, as a folder that never was on a disk. */
export function treeInMemory(files: Readonly<Record<string, Uint8Array>>, name = 'memory'): FileTree {
  return {
    name,
    list: async () => Object.keys(files).sort(),
    open: async (path) => {
      const key = treeSegments(path, name).join('/');
      const bytes = Object.hasOwn(files, key) ? files[key] : undefined;
      return bytes === undefined ? null : bytesInMemory(`${name}/${key}`, bytes);
    },
  };
}
