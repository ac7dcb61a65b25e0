/**
 * Where a tensor's elements lie, from the call that rebuilds it in Python.
 *
 * Views keep their storage: offset, size and strides count elements of it. DTensors are taken where this rank holds all
 * of them; a shard is not the tensor, and its spectrum would not be the tensor's.
 *
 * @source torch 2.15, torch/_utils.py (_rebuild_*), torch/_tensor.py (_rebuild_from_type_v2),
 *   torch/distributed/tensor/_api.py (DTensor)
 */
import { FormatError } from '../../../base/errors.ts';
import type { TensorDtype } from '../checkpoint.ts';
import { describe, isObject, type PickleRecord, type PickleValue } from '../pickle/pickleValue.ts';
import { TORCH_DTYPES, TORCH_STORAGES } from './torchDtypes.ts';

export interface StoredTensor {
  readonly kind: 'stored';
  readonly shape: readonly number[];
  readonly dtype: TensorDtype;
  /** Of its storage in the archive. */
  readonly key: string;
  /** Elements the storage is said to hold; bytes if its class tells no dtype. */
  readonly storageLength: number;
  readonly storageDtype: TensorDtype | null;
  readonly offset: number;
  readonly strides: readonly number[];
}

/** A tensor that is there and cannot be measured. */
export interface UnreadableTensor {
  readonly kind: 'unreadable';
  readonly shape: readonly number[] | null;
  readonly reason: string;
}

/**
 * @param where file and place in its tree, for messages
 * @returns null if the record is no tensor
 * @throws FormatError if a call does not have the arguments torch gives it
 */
export function torchTensor(record: PickleRecord, where: string): StoredTensor | UnreadableTensor | null {
  const rebuild = REBUILDS.get(record.of);
  return rebuild === undefined ? null : rebuild(record.args, where);
}

type Rebuild = (args: readonly PickleValue[], where: string) => StoredTensor | UnreadableTensor;

const REBUILDS: ReadonlyMap<string, Rebuild> = new Map<string, Rebuild>([
  ['torch._utils._rebuild_tensor', (args, where) => fromStorage(args.slice(0, 4), where)],
  ['torch._utils._rebuild_tensor_v2', rebuildV2],
  ['torch._utils._rebuild_tensor_v3', rebuildV3],
  ['torch._utils._rebuild_parameter', inner],
  ['torch._utils._rebuild_parameter_with_state', inner],
  ['torch._utils._rebuild_device_tensor_from_cpu_tensor', inner],
  ['torch._tensor._rebuild_from_type_v2', fromType],
  ['torch._utils._rebuild_wrapper_subclass', ([, , size]) => unreadable(size, 'a tensor subclass without its parts')],
  [
    'torch._utils._rebuild_meta_tensor_no_storage',
    ([, size]) => unreadable(size, 'on the meta device, without values'),
  ],
  ['torch._utils._rebuild_device_tensor_from_numpy', () => unreadable(undefined, 'kept as a NumPy array for a device')],
  ['torch._utils._rebuild_sparse_tensor', () => unreadable(undefined, 'sparse; save to_dense() of it')],
  ['torch._utils._rebuild_qtensor', ([, , size]) => unreadable(size, 'quantised; save dequantize() of it')],
  ['torch._utils._rebuild_nested_tensor', () => unreadable(undefined, 'nested; save its parts')],
]);

/** (storage, offset, size, strides, requires_grad, hooks, metadata) */
function rebuildV2(args: readonly PickleValue[], where: string): StoredTensor | UnreadableTensor {
  return plainValues(args[6], args) ?? fromStorage(args.slice(0, 4), where);
}

/** (storage, offset, size, strides, requires_grad, hooks, dtype, metadata): dtypes without a storage class. */
function rebuildV3(args: readonly PickleValue[], where: string): StoredTensor | UnreadableTensor {
  const dtype = isObject(args[6]) && args[6].kind === 'global' ? TORCH_DTYPES.get(args[6].name) : undefined;
  if (dtype === undefined) throw odd(where, 'a dtype of torch', describe(args[6]));
  return plainValues(args[7], args) ?? fromStorage(args.slice(0, 4), where, dtype);
}

/** Marks of a lazy negation or conjugation, under which the stored values are not the tensor's. */
function plainValues(metadata: PickleValue | undefined, args: readonly PickleValue[]): UnreadableTensor | null {
  const isMarked = isObject(metadata) && metadata.kind === 'dict' && [...metadata.entries.values()].includes(true);
  return isMarked ? unreadable(args[2], 'negated or conjugated lazily; save resolve_neg().resolve_conj() of it') : null;
}

/** (tensor, ...): parameters, and tensors of devices that were saved from the CPU. */
function inner([tensor]: readonly PickleValue[], where: string): StoredTensor | UnreadableTensor {
  const found = isObject(tensor) && tensor.kind === 'record' ? torchTensor(tensor, where) : null;
  if (found === null) throw odd(where, 'a tensor inside a parameter', describe(tensor));
  return found;
}

/** (function, type, arguments, state): tensors with attributes, and subclasses, of which DTensor is known. */
function fromType([callee, type, args, state]: readonly PickleValue[], where: string): StoredTensor | UnreadableTensor {
  const isCall = isObject(callee) && callee.kind === 'global' && isObject(args) && args.kind === 'tuple';
  if (!isCall || !isObject(type) || type.kind !== 'global')
    throw odd(where, 'a function, a type and arguments', `${describe(callee)}, ${describe(type)}, ${describe(args)}`);
  if (type.name.endsWith('.DTensor')) return fromDTensor(args.items, state, where);
  const found = torchTensor({ kind: 'record', of: callee.name, args: args.items, state: undefined }, where);
  if (found === null) throw odd(where, 'a function that rebuilds a tensor', callee.name);
  return found;
}

/** @param args (class, dtype, size, strides, ...) */
function fromDTensor(
  args: readonly PickleValue[],
  state: PickleValue | undefined,
  where: string,
): StoredTensor | UnreadableTensor {
  const attributes = attributesOf(state);
  const local = attributes.get('_local_tensor');
  const shape = lengthsOf(args[2]);
  const found = isObject(local) && local.kind === 'record' ? torchTensor(local, where) : null;
  if (found === null || shape === null) throw odd(where, 'a DTensor with its local tensor and size', describe(local));
  const placements = placementsOf(attributes.get('_spec'));
  if (placements.some((placement) => placement.includes('Partial')))
    return { kind: 'unreadable', shape, reason: 'a DTensor of partial sums; save full_tensor() of it' };
  if (found.kind === 'unreadable' || sameLengths(found.shape, shape)) return found;
  const reason = `a shard of shape [${found.shape}], ${placements.join(', ')}; save with torch.distributed.checkpoint, or full_tensor() of it`;
  return { kind: 'unreadable', shape, reason };
}

/** "Shard(0)", "Replicate", ... of a DTensorSpec, a dimension of the mesh each. */
function placementsOf(spec: PickleValue | undefined): readonly string[] {
  const placements = isObject(spec) && spec.kind === 'record' ? attributesOf(spec.state).get('placements') : undefined;
  if (!isObject(placements) || (placements.kind !== 'tuple' && placements.kind !== 'list')) return [];
  return placements.items.map((placement) => {
    if (!isObject(placement) || placement.kind !== 'record') return describe(placement);
    const name = placement.of.slice(placement.of.lastIndexOf('.') + 1);
    const dim = attributesOf(placement.state).get('dim') ?? placement.args[0];
    return typeof dim === 'number' ? `${name}(${dim})` : name;
  });
}

/** Attributes of an object by its state: a dict, or a tuple of a dict or None and the slots. */
export function attributesOf(state: PickleValue | undefined): ReadonlyMap<PickleValue, PickleValue> {
  if (!isObject(state)) return new Map();
  if (state.kind === 'dict') return state.entries;
  if (state.kind !== 'tuple') return new Map();
  return new Map(state.items.flatMap((part) => (isObject(part) && part.kind === 'dict' ? [...part.entries] : [])));
}

/** @param args (storage, offset, size, strides) */
function fromStorage(args: readonly PickleValue[], where: string, dtype?: TensorDtype): StoredTensor {
  const [storage, offset, size, stride] = args;
  const [shape, strides] = [lengthsOf(size), lengthsOf(stride)];
  if (!isObject(storage) || storage.kind !== 'persistent' || !isLength(offset) || shape === null || strides === null)
    throw odd(where, 'a storage, an offset, a size and strides', args.map(describe).join(', '));
  const stored = storageOf(storage.id, where);
  const elementDtype = dtype ?? stored.storageDtype;
  if (elementDtype === null) throw odd(where, 'a dtype for an untyped storage', 'none');
  return { kind: 'stored', shape, dtype: elementDtype, ...stored, offset, strides };
}

/** ("storage", class, key, location, length) */
function storageOf(id: PickleValue, where: string): Pick<StoredTensor, 'key' | 'storageLength' | 'storageDtype'> {
  const [tag, type, key, , length] = isObject(id) && id.kind === 'tuple' ? id.items : [];
  const storageDtype = isObject(type) && type.kind === 'global' ? TORCH_STORAGES.get(type.name) : undefined;
  if (tag !== 'storage' || storageDtype === undefined || typeof key !== 'string' || !isLength(length))
    throw odd(where, 'a storage with its class, key and length', [tag, type, key, length].map(describe).join(', '));
  return { key, storageLength: length, storageDtype };
}

/** Sizes or strides; null if the value is neither a tuple nor a list of counts. */
export function lengthsOf(value: PickleValue | undefined): readonly number[] | null {
  if (!isObject(value) || (value.kind !== 'tuple' && value.kind !== 'list')) return null;
  const lengths = value.items.flatMap((item) => (isLength(item) ? [item] : []));
  return lengths.length === value.items.length ? lengths : null;
}

export function isLength(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

export function sameLengths(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, i) => length === b[i]);
}

function unreadable(size: PickleValue | undefined, reason: string): UnreadableTensor {
  return { kind: 'unreadable', shape: lengthsOf(size), reason };
}

function odd(where: string, expected: string, got: string): FormatError {
  return new FormatError(`${where}: expected ${expected}, got ${got}; the file is damaged`);
}
