/** Ways through the tree of a checkpoint: typed looks at its nodes, and all of its leaves. */
import type { CheckpointTensor, CheckpointValue } from '../checkpoints/checkpoint.ts';

export type TreeMap = ReadonlyMap<string, CheckpointValue>;

/** A tensor, number, text, ... with its keys from the root. */
export interface Leaf {
  readonly path: readonly string[];
  readonly value: CheckpointValue;
}

/** Deeper nodes are left out: no framework nests this far, and a hostile file may nest without end. */
const DEEPEST = 32;

const NO_ENTRIES: TreeMap = new Map();

export function isTensor(value: CheckpointValue | undefined): value is CheckpointTensor {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'tensor';
}

export function mapOf(value: CheckpointValue | undefined): TreeMap | null {
  return value instanceof Map ? value : null;
}

/** A map, or one without entries. */
export function entriesOf(value: CheckpointValue | undefined): TreeMap {
  return mapOf(value) ?? NO_ENTRIES;
}

/** A list, or a map with the keys "0", "1", ... that a flattening writer made of one. */
export function listOf(value: CheckpointValue | undefined): readonly CheckpointValue[] | null {
  if (Array.isArray(value)) return value;
  const map = mapOf(value);
  if (!map || map.size === 0) return null;
  const items = Array.from({ length: map.size }, (_, i) => map.get(String(i)));
  return items.every((item) => item !== undefined) ? items : null;
}

/** A finite number; integers of any size, booleans not. */
export function numberOf(value: CheckpointValue | undefined): number | null {
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** A safe integer >= `minimum`. */
export function integerOf(value: CheckpointValue | undefined, minimum = 0): number | null {
  const found = numberOf(value);
  return found !== null && Number.isSafeInteger(found) && found >= minimum ? found : null;
}

export function textOf(value: CheckpointValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

/** Texts of a list; null if it is none or holds anything else. */
export function textsOf(value: CheckpointValue | undefined): readonly string[] | null {
  const list = listOf(value);
  return list?.every((item) => typeof item === 'string') ? list : null;
}

/**
 * Everything below a node that holds nothing further, in the order of the file; a list of numbers or texts is one leaf.
 *
 * @param closed nodes that are not entered, by the answer of this function
 */
export function leavesOf(
  root: CheckpointValue,
  {
    path = [],
    closed = () => false,
  }: { path?: readonly string[]; closed?: (map: TreeMap, path: readonly string[]) => boolean } = {},
): readonly Leaf[] {
  const leaves: Leaf[] = [];
  const waiting: Leaf[] = [{ path, value: root }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const children = childrenOf(next.value);
    if (children === null) leaves.push(next);
    else if (next.path.length - path.length < DEEPEST && !(next.value instanceof Map && closed(next.value, next.path)))
      for (const [key, value] of children.reverse()) waiting.push({ path: [...next.path, key], value });
  }
  return leaves;
}

function childrenOf(value: CheckpointValue): [string, CheckpointValue][] | null {
  if (value instanceof Map) return [...value];
  if (!Array.isArray(value) || !value.some((item) => typeof item === 'object' && item !== null)) return null;
  return value.map((item, i): [string, CheckpointValue] => [String(i), item]);
}

/**
 * The words of a path however its writer joined them: dots, slashes, or the brackets of jax.tree_util.keystr.
 *
 * @example wordsOf(["['mu']['params/h_0'].kernel"]) // ["mu", "params", "h_0", "kernel"]
 */
export function wordsOf(path: readonly string[]): readonly string[] {
  return path
    .join('.')
    .split(/[./[\]'"]+/)
    .filter((word) => word !== '');
}
