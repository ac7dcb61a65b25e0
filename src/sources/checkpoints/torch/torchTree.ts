/**
 * The tree of a checkpoint from what its pickle holds: dicts become maps, tuples and sets lists, classes maps of their
 * attributes, enums the name or value of their member, names of dtypes and types text, bytes text of as many characters.
 */
import { FormatError } from '../../../base/errors.ts';
import { printable } from '../../../base/printable.ts';
import { bytesInMemory } from '../../bytes/bytesInMemory.ts';
import { windowOf } from '../../bytes/byteWindow.ts';
import type { CheckpointTensor, CheckpointValue, SkippedTensor } from '../checkpoint.ts';
import { ELEMENT_BYTES } from '../elements.ts';
import { ruleOf } from '../pickle/knownGlobals.ts';
import {
  describe,
  isObject,
  type PickleDict,
  type PickleObject,
  type PickleRecord,
  type PickleValue,
} from '../pickle/pickleValue.ts';
import { columnMajorStrides } from '../tensorBoxes.ts';
import { tensorAt } from '../tensorBytes.ts';
import { numpyArray, numpyScalar } from './numpyObjects.ts';
import type { TorchArchive } from './torchArchive.ts';
import { attributesOf, type StoredTensor, torchTensor } from './torchTensor.ts';

/** A node with everything found below it. */
export interface TorchTree {
  readonly value: CheckpointValue;
  readonly tensors: readonly CheckpointTensor[];
  readonly skipped: readonly SkippedTensor[];
}

/**
 * What an archive holds.
 *
 * @param path keys from the root of the checkpoint to this value
 * @throws FormatError if a tensor leaves its storage, or there are more nodes than a checkpoint has
 */
export function torchTree(archive: TorchArchive, path: readonly string[] = []): TorchTree {
  const maxNodes = Math.min(MAX_NODES, FEW_NODES + NODES_A_BYTE * archive.pickleBytes);
  const walk: Walk = { archive, tensors: [], skipped: [], nodes: 0, maxNodes };
  const value = convert(walk, archive.value, path);
  return { value: value === LEFT_OUT ? null : value, tensors: walk.tensors, skipped: walk.skipped };
}

interface Walk {
  readonly archive: Pick<TorchArchive, 'name' | 'bigEndian' | 'storage'>;
  readonly tensors: CheckpointTensor[];
  readonly skipped: SkippedTensor[];
  /** Counted, because a small pickle may hold the same list in exponentially many places. */
  nodes: number;
  readonly maxNodes: number;
}

/** A node that stands in `skipped` instead. */
const LEFT_OUT = Symbol('left out');
type Converted = CheckpointValue | typeof LEFT_OUT;

/** A model of 100,000 parameters has two million. */
const MAX_NODES = 4_000_000;
/** Two bytes of a pickle name again what was there before: a tuple of betas, a dict of defaults. */
const NODES_A_BYTE = 64;
/** Whatever the length of the pickle. */
const FEW_NODES = 10_000;
/** Longer ones are nothing a scan could use. */
const MAX_BYTES_TEXT = 65_536;

function convert(walk: Walk, value: PickleValue, path: readonly string[]): Converted {
  if (++walk.nodes > walk.maxNodes)
    throw new FormatError(
      `${walk.archive.name}: expected at most ${walk.maxNodes} values, got more; keep only the optimizer state in the file`,
      walk.archive.name,
    );
  return isObject(value) ? convertObject(walk, value, path) : value;
}

function convertObject(walk: Walk, value: PickleObject, path: readonly string[]): Converted {
  switch (value.kind) {
    case 'dict':
      return convertDict(walk, value, path);
    case 'list':
    case 'tuple':
    case 'set':
      return convertItems(walk, value.items, path);
    case 'bytes':
      return bytesText(walk, value.bytes, path);
    case 'global':
      return value.name;
    case 'persistent':
      return leaveOut(walk, path, null, 'a storage without a tensor; save the tensor');
    case 'record':
      return convertRecord(walk, value, path);
    default:
      return value satisfies never;
  }
}

function convertDict(walk: Walk, { entries }: Pick<PickleDict, 'entries'>, path: readonly string[]): CheckpointValue {
  const map = new Map<string, CheckpointValue>();
  for (const [key, value] of entries) {
    const text = keyText(key);
    if (map.has(text))
      throw new FormatError(
        `${walk.archive.name}: expected keys that differ as text, got ${printable([...path, text].join('.'))} twice; save one of them under another key`,
        walk.archive.name,
      );
    const converted = convert(walk, value, [...path, text]);
    if (converted !== LEFT_OUT) map.set(text, converted);
  }
  return map;
}

/** Python's str() of a key, as far as keys of checkpoints go. */
function keyText(key: PickleValue): string {
  if (!isObject(key)) return typeof key === 'boolean' ? (key ? 'True' : 'False') : key === null ? 'None' : String(key);
  if (key.kind === 'tuple') return `(${key.items.map(keyText).join(', ')})`;
  return describe(key);
}

/** What is left out of a list becomes null, so that the others keep their places. */
function convertItems(walk: Walk, items: readonly PickleValue[], path: readonly string[]): CheckpointValue {
  return items.map((item, i) => {
    const converted = convert(walk, item, [...path, String(i)]);
    return converted === LEFT_OUT ? null : converted;
  });
}

function bytesText(walk: Walk, bytes: Uint8Array, path: readonly string[]): Converted {
  if (bytes.length > MAX_BYTES_TEXT) return leaveOut(walk, path, null, `${bytes.length} bytes, not a tensor`);
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}

function convertRecord(walk: Walk, record: PickleRecord, path: readonly string[]): Converted {
  const tensor = torchTensor(record, `${walk.archive.name}: ${printable(path.join('.'))}`);
  if (tensor?.kind === 'stored') return addTensor(walk, storedTensor(walk, tensor, path));
  if (tensor) return leaveOut(walk, path, tensor.shape, tensor.reason);
  const array = numpyArray(record);
  if (array) {
    const { columnMajor, bytes, shape, ...rest } = array;
    const strides = columnMajor ? { strides: columnMajorStrides(shape) } : {};
    const source = bytesInMemory(walk.archive.name, bytes);
    return addTensor(walk, tensorAt({ ...rest, ...strides, path, shape, bytes: source }));
  }
  const scalar = numpyScalar(record);
  return scalar ?? convertOther(walk, record, path);
}

function convertOther(walk: Walk, { of, args, state }: PickleRecord, path: readonly string[]): Converted {
  if (of === 'torch.device') return args.map((part) => (isObject(part) ? describe(part) : String(part))).join(':');
  if (of.startsWith('pathlib.'))
    return args
      .filter((part) => typeof part === 'string')
      .join('/')
      .replace(/^\/\//, '/');
  if (ruleOf(of) === 'enum' || of === 'torch.serialization._get_layout' || of === 'torch.torch_version.TorchVersion')
    return convert(walk, args[0] ?? null, path);
  if (of.startsWith('numpy.')) return leaveOut(walk, path, null, 'a NumPy object that holds no plain numbers');
  if (state === undefined) return convertItems(walk, args, path);
  return convertDict(walk, { entries: new Map(attributesOf(state)) }, path);
}

function storedTensor(walk: Walk, tensor: StoredTensor, path: readonly string[]): CheckpointTensor {
  const { archive } = walk;
  const { key, shape, dtype, offset, strides } = tensor;
  const where = `${archive.name}: tensor ${printable(path.join('.'))}`;
  const storage = archive.storage(key);
  if (storage === null)
    throw new FormatError(
      `${where}: expected its storage ${printable(key)} in the file, got none; the file is damaged`,
      archive.name,
    );
  const elementBytes = tensor.storageDtype === null ? 1 : ELEMENT_BYTES[tensor.storageDtype];
  const promised = tensor.storageLength * elementBytes;
  if (promised > storage.byteLength)
    throw new FormatError(
      `${where}: expected a storage of ${promised} bytes, got ${storage.byteLength}; the file is truncated or damaged`,
      archive.name,
    );
  const bytes = elementBytes === 0 ? storage : windowOf(storage, storage.name, 0, promised);
  return tensorAt({ path, shape, dtype, bytes, offset, strides, bigEndian: archive.bigEndian });
}

function addTensor(walk: Walk, tensor: CheckpointTensor): CheckpointTensor {
  walk.tensors.push(tensor);
  return tensor;
}

function leaveOut(
  walk: Walk,
  path: readonly string[],
  shape: readonly number[] | null,
  reason: string,
): typeof LEFT_OUT {
  walk.skipped.push({ name: path.join('.'), shape, reason });
  return LEFT_OUT;
}
