/**
 * What a pickle says, as data: containers, numbers, text, and inert records of the classes it names.
 *
 * Nothing here does anything. A call that the pickle asks for stays a record of the callee's name and its arguments.
 */
export type PickleValue = null | boolean | number | bigint | string | PickleObject;

/** Everything that can be reached from two places, and so can be part of a cycle. */
export type PickleObject =
  | PickleBytes
  | PickleList
  | PickleTuple
  | PickleSet
  | PickleDict
  | PickleGlobal
  | PickleRecord
  | PersistentReference;

export interface PickleBytes {
  readonly kind: 'bytes';
  readonly bytes: Uint8Array;
}

export interface PickleList {
  readonly kind: 'list';
  readonly items: PickleValue[];
}

export interface PickleTuple {
  readonly kind: 'tuple';
  readonly items: readonly PickleValue[];
}

export interface PickleSet {
  readonly kind: 'set';
  readonly items: PickleValue[];
}

export interface PickleDict {
  readonly kind: 'dict';
  /** "dict", or the subclass it was: "collections.OrderedDict". */
  readonly of: string;
  /** Numbers and texts are keys by value, everything else by identity. */
  readonly entries: Map<PickleValue, PickleValue>;
}

/** A class, function or constant that is named and not called. */
export interface PickleGlobal {
  readonly kind: 'global';
  /** Module and name joined by a dot, e.g. "torch.float32". */
  readonly name: string;
}

/** A known callee with what it was given, or a known class with its state: what Python would make an object of. */
export interface PickleRecord {
  readonly kind: 'record';
  readonly of: string;
  readonly args: readonly PickleValue[];
  /** What BUILD gave it; undefined if nothing did. */
  state: PickleValue | undefined;
}

/** Something kept outside of the pickle: torch's storages. */
export interface PersistentReference {
  readonly kind: 'persistent';
  readonly id: PickleValue;
}

/** The objects that stand directly inside a value. */
export function objectsIn(value: PickleObject): readonly PickleObject[] {
  switch (value.kind) {
    case 'list':
    case 'tuple':
    case 'set':
      return objectsAmong(value.items);
    case 'dict':
      return objectsOfDict(value);
    case 'record':
      return objectsAmong([...value.args, value.state]);
    case 'persistent':
      return objectsAmong([value.id]);
    case 'bytes':
    case 'global':
      return [];
    default:
      return value satisfies never;
  }
}

function objectsAmong(values: readonly (PickleValue | undefined)[]): readonly PickleObject[] {
  return values.filter(isObject);
}

function objectsOfDict({ entries }: PickleDict): readonly PickleObject[] {
  const objects: PickleObject[] = [];
  for (const [key, item] of entries) {
    if (isObject(key)) objects.push(key);
    if (isObject(item)) objects.push(item);
  }
  return objects;
}

/** How many values stand directly inside a value, without listing them. */
export function childCount(value: PickleObject): number {
  switch (value.kind) {
    case 'list':
    case 'tuple':
    case 'set':
      return value.items.length;
    case 'dict':
      return 2 * value.entries.size;
    case 'record':
      return value.args.length + (value.state === undefined ? 0 : 1);
    case 'persistent':
      return 1;
    case 'bytes':
    case 'global':
      return 0;
    default:
      return value satisfies never;
  }
}

export function isObject(value: PickleValue | undefined): value is PickleObject {
  return typeof value === 'object' && value !== null;
}

/** What a value is, for messages: "a dict", "torch.float32", "text". */
export function describe(value: PickleValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'None';
  if (typeof value === 'string') return 'text';
  if (typeof value !== 'object') return String(value).slice(0, 40);
  if (value.kind === 'global') return value.name;
  if (value.kind === 'record') return `a ${value.of}`;
  return value.kind === 'persistent' ? 'a storage' : `a ${value.kind}`;
}
