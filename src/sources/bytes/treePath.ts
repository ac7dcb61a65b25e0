import { FormatError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';

/**
 * Segments of a path below a root.
 *
 * @param path with forward slashes, as an index file or a listing names it
 * @throws FormatError if it leads out of the root, or could on another machine
 */
export function treeSegments(path: string, root: string): readonly string[] {
  const segments = path.split('/');
  if (path.startsWith('/') || /[\\\0]/.test(path) || /^[a-z]:/i.test(path) || segments.includes('..'))
    throw outsideOfRoot(path, root);
  return segments.filter((segment) => segment !== '' && segment !== '.');
}

/** For a path or link that leads elsewhere. */
export function outsideOfRoot(path: string, root: string): FormatError {
  return new FormatError(
    `${root}: expected a file below it, got "${printable(path)}", which leads out of it; copy the file into it`,
    root,
  );
}
