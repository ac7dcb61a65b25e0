/** What the user named: a file with its folder, or a folder; on this machine or behind a URL. */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../../base/errors.ts';
import type { ByteSource, FileTree } from './byteSource.ts';
import { openTree } from './folderTree.ts';
import { openFile } from './localFile.ts';
import { openUrl, parseUrl } from './remoteFile.ts';
import { systemFailure } from './systemFailure.ts';
import { urlsBeside } from './urlTree.ts';

export type Location =
  | { readonly kind: 'file'; readonly source: ByteSource; readonly beside: FileTree }
  | { readonly kind: 'folder'; readonly tree: FileTree };

/**
 * Opens a path, or an http, https or file URL; a URL that ends with a slash is a folder.
 *
 * @throws UsageError if there is nothing, it cannot be read, or its scheme is another one
 */
export async function openLocation(pathOrUrl: string): Promise<Location> {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(pathOrUrl)?.[1]?.toLowerCase();
  if (scheme === undefined) return await openPath(pathOrUrl);
  if (scheme === 'file') return await openPath(pathOf(pathOrUrl));
  if (scheme !== 'http' && scheme !== 'https')
    throw new UsageError(
      `${pathOrUrl}: expected a path, or an address that begins with http:// or https://, got ${scheme}://; copy it to this machine first`,
    );
  const url = parseUrl(pathOrUrl);
  if (url.pathname.endsWith('/')) return { kind: 'folder', tree: urlsBeside(url) };
  return { kind: 'file', source: await openUrl(pathOrUrl), beside: urlsBeside(url) };
}

async function openPath(path: string): Promise<Location> {
  if (await isFolder(path)) return { kind: 'folder', tree: await openTree(path) };
  return { kind: 'file', source: await openFile(path), beside: await openTree(dirname(path)) };
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw systemFailure(error, path, 'a file or folder');
  }
}

function pathOf(fileUrl: string): string {
  try {
    return fileURLToPath(fileUrl);
  } catch (error) {
    throw new UsageError(`${fileUrl}: expected a file URL of this machine; name the path instead`, { cause: error });
  }
}
