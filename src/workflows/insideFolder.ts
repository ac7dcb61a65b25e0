/** What of a folder may be read: nothing that links lead out to, nothing but files and folders. */
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { sep } from 'node:path';

/** Whether a path exists and, with every link followed, is a file or folder in `root`: no pipe or device is ever opened. */
export function isInside(path: string, root: string): boolean {
  try {
    const real = realpathSync(path);
    if (real !== root && !real.startsWith(root.endsWith(sep) ? root : root + sep)) return false;
    const entry = statSync(real);
    return entry.isFile() || entry.isDirectory();
  } catch {
    return false;
  }
}

/** Folders in a folder, links left out, in the order of their names; none where it cannot be read. */
export function listFolders(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  } catch {
    return []; // removed, or not ours to read
  }
}
