/**
 * A function that computes once for every key.
 *
 * @param known what is kept, a WeakMap where keys should not be kept alive
 */
export function remembered<K, V>(
  compute: (key: K) => V,
  known: { get(key: K): V | undefined; set(key: K, value: V): unknown } = new Map<K, V>(),
): (key: K) => V {
  return (key) => {
    let found = known.get(key);
    if (found === undefined) {
      found = compute(key);
      known.set(key, found);
    }
    return found;
  };
}
