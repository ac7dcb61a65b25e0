/** Checkpoints built in memory: plain objects for maps, arrays for lists, `tensor` for tensors. */
import type {
  Checkpoint,
  CheckpointFormat,
  CheckpointTensor,
  CheckpointValue,
  TensorDtype,
} from '../../../src/sources/checkpoints/checkpoint.ts';

/** A tensor before it has a place: its elements are `first`, `first + 1`, ... unless values are given. */
export interface TensorSpec {
  readonly tensorOf: readonly number[];
  readonly dtype: TensorDtype;
  readonly first: number;
  readonly values: readonly number[] | null;
}

export type Plain =
  | null
  | boolean
  | number
  | bigint
  | string
  | TensorSpec
  | readonly Plain[]
  | { readonly [key: string]: Plain };

/** Which elements of which tensors were read, in order. */
export type Reads = { readonly path: string; readonly begin: number; readonly end: number }[];

export function tensor(
  shape: readonly number[],
  options: { readonly dtype?: TensorDtype; readonly first?: number; readonly values?: readonly number[] } = {},
): TensorSpec {
  return {
    tensorOf: shape,
    dtype: options.dtype ?? 'float32',
    first: options.first ?? 0,
    values: options.values ?? null,
  };
}

export function checkpoint(
  name: string,
  tree: { readonly [key: string]: Plain },
  { format = 'torch', reads = [] }: { readonly format?: CheckpointFormat; readonly reads?: Reads } = {},
): Checkpoint {
  const tensors: CheckpointTensor[] = [];
  const build = (value: Plain, path: readonly string[]): CheckpointValue => {
    if (typeof value !== 'object' || value === null) return value;
    if (isList(value)) return value.map((item, i) => build(item, [...path, String(i)]));
    if (!isSpec(value)) return mapOf(value, path);
    const placed = place(value, path, reads);
    tensors.push(placed);
    return placed;
  };
  const mapOf = (
    value: { readonly [key: string]: Plain },
    path: readonly string[],
  ): ReadonlyMap<string, CheckpointValue> =>
    new Map(Object.entries(value).map(([key, item]) => [key, build(item, [...path, key])]));
  return { name, format, tree: mapOf(tree, []), tensors, skipped: [], close: () => Promise.resolve() };
}

function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value);
}

function isSpec(value: object): value is TensorSpec {
  return 'tensorOf' in value;
}

function place(
  { tensorOf: shape, dtype, first, values }: TensorSpec,
  path: readonly string[],
  reads: Reads,
): CheckpointTensor {
  const length = shape.reduce((product, n) => product * n, 1);
  return {
    kind: 'tensor',
    path,
    shape,
    dtype,
    read: (begin = 0, end = length) => {
      if (begin < 0 || end > length || begin > end)
        throw new RangeError(`${path.join('.')}: [${begin}, ${end}) of ${length}`);
      reads.push({ path: path.join('.'), begin, end });
      const elements = Array.from({ length: end - begin }, (_, i) => values?.[begin + i] ?? first + begin + i);
      return Promise.resolve(dtype === 'float64' ? new Float64Array(elements) : new Float32Array(elements));
    },
  };
}
