/**
 * Items of the same key together, groups in order of first appearance and items in theirs.
 *
 * @example grouped([3, 1, 4], (n) => n % 2) // [[3, 1], [4]]
 */
export function grouped<T>(items: readonly T[], key: (item: T) => unknown): T[][] {
  const groups = new Map<unknown, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return [...groups.values()];
}
