import type { FileTree } from './byteSource.ts';
import type { RemoteOptions } from './rangeRequest.ts';
import { nameOf, openIfThere } from './remoteFile.ts';
import { treeSegments } from './treePath.ts';

/** Files beside the one at `url`: below its address up to the last slash. They cannot be listed. */
export function urlsBeside(url: URL, options: RemoteOptions = {}): FileTree {
  const root = new URL('.', url);
  const name = nameOf(root);
  return {
    name,
    list: async () => null,
    open: async (path) => {
      const segments = treeSegments(path, name);
      if (segments.length === 0) return null;
      return await openIfThere(new URL(segments.map(encodeURIComponent).join('/'), root), options);
    },
  };
}
