/** Grows a tree of maps and lists from the paths of its leaves. */
import { FormatError } from '../../../base/errors.ts';
import { printable } from '../../../base/printable.ts';
import type { CheckpointValue } from '../checkpoint.ts';
import type { SavedPath } from './metadata.ts';

export interface Growing {
  /** For messages. */
  readonly name: string;
  readonly root: Map<string, CheckpointValue>;
  /** Leaves of the whole tree: no list of it is longer. */
  readonly length: number;
  /** Maps and lists that were grown: others are leaves. */
  readonly branches: WeakSet<object>;
}

/** @param length leaves of the whole tree */
export function startTree(name: string, length: number): Growing {
  const root = new Map<string, CheckpointValue>();
  return { name, root, length, branches: new WeakSet([root]) };
}

type Branch = Map<string, CheckpointValue> | CheckpointValue[];

/**
 * Puts a leaf at its path. A key of text goes into a map, an index into a list, whose missing items are null.
 *
 * @throws FormatError if another leaf stands in the way, or an index is beyond any list
 */
export function growTree(growing: Growing, path: SavedPath, value: CheckpointValue): void {
  let branch: Branch = growing.root;
  for (const [i, key] of path.slice(0, -1).entries()) {
    const found = itemOf(branch, key);
    if (found !== undefined && found !== null && !isBranch(growing, found)) throw conflict(growing, path);
    const next: Branch = found ?? (typeof path[i + 1] === 'number' ? [] : new Map());
    growing.branches.add(next);
    if (!found) put(growing, branch, key, next, path);
    branch = next;
  }
  const last = path.at(-1) ?? '';
  const before = itemOf(branch, last);
  if (before !== undefined && before !== null) throw conflict(growing, path);
  put(growing, branch, last, value, path);
}

function itemOf(branch: Branch, key: string | number): CheckpointValue | undefined {
  if (Array.isArray(branch)) return typeof key === 'number' ? branch[key] : undefined;
  return branch.get(String(key));
}

function isBranch({ branches }: Growing, value: CheckpointValue): value is Branch {
  return typeof value === 'object' && value !== null && branches.has(value);
}

function put(growing: Growing, branch: Branch, key: string | number, value: CheckpointValue, path: SavedPath): void {
  if (!Array.isArray(branch)) {
    branch.set(String(key), value);
    return;
  }
  if (typeof key !== 'number' || key >= growing.length) throw conflict(growing, path);
  while (branch.length < key) branch.push(null);
  branch[key] = value;
}

function conflict({ name }: Growing, path: SavedPath): FormatError {
  return new FormatError(
    `${name}: expected places of their own for all values, got ${printable(path.join('.'))} in the way of another; the file is damaged`,
    name,
  );
}
