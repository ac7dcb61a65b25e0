/**
 * What `.metadata` of a distributed checkpoint says: tensors with the chunks that make them up, objects, and the place of
 * each in the tree that was saved.
 *
 * @source torch 2.15, torch/distributed/checkpoint/metadata.py, filesystem.py (_StorageInfo) and _nested_dict.py
 *   (planner_data: flattened key to path)
 */
import { FormatError } from '../../../base/errors.ts';
import { printable } from '../../../base/printable.ts';
import type { SkippedTensor, TensorDtype } from '../checkpoint.ts';
import type { ChunkPlace } from '../chunkedTensor.ts';
import { describe, isObject, type PickleDict, type PickleRecord, type PickleValue } from '../pickle/pickleValue.ts';
import { unpickle } from '../pickle/unpickle.ts';
import { TORCH_DTYPES } from '../torch/torchDtypes.ts';
import { attributesOf, isLength, lengthsOf } from '../torch/torchTensor.ts';

/** Bytes of one file. */
export interface StoredPart {
  readonly file: string;
  readonly begin: number;
  readonly byteLength: number;
}

export interface StoredChunk extends ChunkPlace, StoredPart {}

/** Keys from the root of the tree; numbers are indices of lists. */
export type SavedPath = readonly (string | number)[];

export interface SavedTensor {
  /** Fully qualified name: the key it was saved under. */
  readonly fqn: string;
  readonly path: SavedPath;
  readonly shape: readonly number[];
  readonly dtype: TensorDtype;
  readonly chunks: readonly StoredChunk[];
}

/** Anything but a tensor, saved by torch.save. */
export interface SavedObject extends StoredPart {
  readonly fqn: string;
  readonly path: SavedPath;
}

export interface DistributedMetadata {
  readonly tensors: readonly SavedTensor[];
  readonly objects: readonly SavedObject[];
  readonly skipped: readonly SkippedTensor[];
}

const PACKAGE = 'torch.distributed.checkpoint';

/**
 * @param bytes of `.metadata`
 * @param where its name, for messages
 * @throws FormatError if it is damaged, names what no metadata does, or lacks the place of a chunk
 */
export function parseMetadata(bytes: Uint8Array, where: string): DistributedMetadata {
  const metadata = attributes(unpickle(bytes, where), `${PACKAGE}.metadata.Metadata`, where);
  const places = storagePlaces(dictOf(metadata.get('storage_data'), 'storage_data', where), where);
  const paths = metadata.get('planner_data');
  const tensors: SavedTensor[] = [];
  const objects: SavedObject[] = [];
  const skipped: SkippedTensor[] = [];
  for (const [fqn, entry] of dictOf(metadata.get('state_dict_metadata'), 'state_dict_metadata', where)) {
    if (typeof fqn !== 'string') throw odd(where, 'names as keys', describe(fqn));
    const path = pathOf(paths, fqn, where);
    const own = places.get(fqn) ?? [];
    const compressed = own.find(({ transform }) => transform !== null);
    if (compressed) {
      skipped.push({ name: fqn, shape: null, reason: `compressed by ${compressed.transform}; save it without` });
    } else if (isRecord(entry, 'metadata.BytesStorageMetadata')) {
      objects.push({ fqn, path, ...partOf(own, 'an object', fqn, where) });
    } else {
      tensors.push(tensorOf(fqn, path, entry, own, where));
    }
  }
  return { tensors, objects, skipped };
}

interface StoragePlace extends StoredPart {
  /** Index of the chunk's first element, joined by commas; null for objects. */
  readonly offsets: string | null;
  /** What has to be undone before reading, as torch names it. */
  readonly transform: string | null;
}

/** Places by name, from {MetadataIndex: _StorageInfo}. */
function storagePlaces(
  storage: ReadonlyMap<PickleValue, PickleValue>,
  where: string,
): ReadonlyMap<string, readonly StoragePlace[]> {
  const places = new Map<string, StoragePlace[]>();
  for (const [index, info] of storage) {
    const key = attributes(index, `${PACKAGE}.metadata.MetadataIndex`, where);
    const place = attributes(info, `${PACKAGE}.filesystem._StorageInfo`, where);
    const fqn = key.get('fqn');
    const [file, begin, byteLength] = [place.get('relative_path'), place.get('offset'), place.get('length')];
    if (typeof fqn !== 'string' || typeof file !== 'string' || !isLength(begin) || !isLength(byteLength))
      throw odd(where, 'a file, an offset and a length', [file, begin, byteLength].map(describe).join(', '));
    const own = places.get(fqn) ?? [];
    const transform = transformOf(place.get('transform_descriptors'));
    own.push({ file, begin, byteLength, offsets: lengthsOf(key.get('offset'))?.join() ?? null, transform });
    places.set(fqn, own);
  }
  return places;
}

function transformOf(descriptors: PickleValue | undefined): string | null {
  if (!isObject(descriptors) || (descriptors.kind !== 'list' && descriptors.kind !== 'tuple')) return null;
  return descriptors.items.length === 0 ? null : printable(descriptors.items.map(describeText).join(' and '), 80);
}

function describeText(value: PickleValue): string {
  return typeof value === 'string' ? value : describe(value);
}

function tensorOf(
  fqn: string,
  path: SavedPath,
  entry: PickleValue,
  places: readonly StoragePlace[],
  where: string,
): SavedTensor {
  const tensor = attributes(entry, `${PACKAGE}.metadata.TensorStorageMetadata`, where);
  const shape = lengthsOf(tensor.get('size'));
  const chunks = tensor.get('chunks');
  if (shape === null || !isObject(chunks) || chunks.kind !== 'list')
    throw odd(where, `a size and chunks of ${printable(fqn)}`, `${describe(tensor.get('size'))}, ${describe(chunks)}`);
  const byOffsets = new Map(places.map((place) => [place.offsets, place]));
  return {
    fqn,
    path,
    shape,
    dtype: dtypeOf(tensor.get('properties'), where),
    chunks: chunks.items.map((chunk) => {
      const place = attributes(chunk, `${PACKAGE}.metadata.ChunkStorageMetadata`, where);
      const [offsets, sizes] = [lengthsOf(place.get('offsets')), lengthsOf(place.get('sizes'))];
      if (offsets === null || sizes === null) throw odd(where, `chunks of ${printable(fqn)}`, describe(chunk));
      const own = byOffsets.get(offsets.join());
      return { offsets, sizes, ...partOf(own ? [own] : [], `the chunk at [${offsets}]`, fqn, where) };
    }),
  };
}

/** Of TensorProperties, whose state is a tuple that begins with it. */
function dtypeOf(properties: PickleValue | undefined, where: string): TensorDtype {
  const state = isRecord(properties, 'metadata.TensorProperties') ? properties.state : undefined;
  const dtype = isObject(state) && state.kind === 'tuple' ? state.items[0] : undefined;
  const found = isObject(dtype) && dtype.kind === 'global' ? TORCH_DTYPES.get(dtype.name) : undefined;
  if (found === undefined) throw odd(where, 'a dtype of torch', describe(dtype));
  return found;
}

function partOf(places: readonly StoragePlace[], what: string, fqn: string, where: string): StoredPart {
  const [place, ...more] = places;
  if (place === undefined || more.length > 0)
    throw odd(where, `one place in the files for ${what} of ${printable(fqn)}`, `${places.length}`);
  const { file, begin, byteLength } = place;
  return { file, begin, byteLength };
}

/** Longest path that is taken for one. */
const MAX_PATH = 100;

/** Where the flattened key stood; the key itself if the planner did not flatten. */
function pathOf(paths: PickleValue | undefined, fqn: string, where: string): SavedPath {
  const path = isObject(paths) && paths.kind === 'dict' ? paths.entries.get(fqn) : undefined;
  if (path === undefined) return [fqn];
  const items = isObject(path) && (path.kind === 'tuple' || path.kind === 'list') ? path.items : [];
  const keys = items.flatMap((key) => (typeof key === 'string' || isLength(key) ? [key] : []));
  if (keys.length === 0 || keys.length !== items.length || keys.length > MAX_PATH || typeof keys[0] !== 'string')
    throw odd(where, `a path of keys and indices for ${printable(fqn)}`, describe(path));
  return keys;
}

/** Attributes of a record of the class. */
function attributes(value: PickleValue, name: string, where: string): ReadonlyMap<PickleValue, PickleValue> {
  if (!isObject(value) || value.kind !== 'record' || value.of !== name) throw odd(where, name, describe(value));
  return attributesOf(value.state);
}

function isRecord(value: PickleValue | undefined, name: string): value is PickleRecord {
  return isObject(value) && value.kind === 'record' && value.of === `${PACKAGE}.${name}`;
}

function dictOf(value: PickleValue | undefined, name: string, where: string): PickleDict['entries'] {
  if (isObject(value) && value.kind === 'dict') return value.entries;
  throw odd(where, `a dict of ${name}`, describe(value));
}

function odd(where: string, expected: string, got: string): FormatError {
  return new FormatError(
    `${where}: expected ${expected}, got ${got}; the file is damaged or of an unknown writer`,
    where,
  );
}
