/** Pickles made by hand from a description, as Python's pickler writes them; what it never writes is given as raw bytes. */

/** A value to pickle. Objects are dicts; classes of this file say what JSON cannot. */
export type Made =
  | null
  | boolean
  | number
  | string
  | Tuple
  | Call
  | Instance
  | Persistent
  | Raw
  | readonly Made[]
  | ReadonlyMap<Made, Made>;

export class Tuple {
  readonly items: readonly Made[];
  constructor(...items: readonly Made[]) {
    this.items = items;
  }
}

/** A global by module and name; called if there are arguments. */
export class Call {
  readonly module: string;
  readonly name: string;
  readonly args: readonly Made[] | null;
  constructor(module: string, name: string, args: readonly Made[] | null = null) {
    this.module = module;
    this.name = name;
    this.args = args;
  }
}

/** An object of a class with its state. */
export class Instance {
  readonly module: string;
  readonly name: string;
  readonly state: Made;
  constructor(module: string, name: string, state: Made) {
    this.module = module;
    this.name = name;
    this.state = state;
  }
}

export class Persistent {
  readonly id: Made;
  constructor(id: Made) {
    this.id = id;
  }
}

/** Opcodes as they are. */
export class Raw {
  readonly bytes: Uint8Array;
  constructor(...bytes: readonly (number | string)[]) {
    this.bytes = Buffer.concat(
      bytes.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part, 'latin1'))),
    );
  }
}

/** A pickle of protocol 2. */
export function makePickle(value: Made): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat([Buffer.of(0x80, 2), encode(value), Buffer.from('.')]));
}

function encode(value: Made): Buffer {
  if (value === null) return Buffer.from('N');
  if (typeof value === 'boolean') return Buffer.of(value ? 0x88 : 0x89);
  if (typeof value === 'number') return Number.isInteger(value) ? integer(value) : float(value);
  if (typeof value === 'string') return sized('X', Buffer.from(value));
  if (value instanceof Raw) return Buffer.from(value.bytes);
  if (value instanceof Tuple) return Buffer.concat([Buffer.from('('), ...value.items.map(encode), Buffer.from('t')]);
  if (value instanceof Persistent) return Buffer.concat([encode(value.id), Buffer.from('Q')]);
  if (value instanceof Call) {
    const named = Buffer.from(`c${value.module}\n${value.name}\n`);
    return value.args === null ? named : Buffer.concat([named, encode(new Tuple(...value.args)), Buffer.from('R')]);
  }
  if (value instanceof Instance)
    return Buffer.concat([
      Buffer.from(`c${value.module}\n${value.name}\n)\x81`, 'latin1'),
      encode(value.state),
      Buffer.from('b'),
    ]);
  if (value instanceof Map) {
    const entries = [...value].flatMap(([key, item]) => [encode(key), encode(item)]);
    return Buffer.concat([Buffer.from('}('), ...entries, Buffer.from('u')]);
  }
  return Buffer.concat([Buffer.from(']('), ...(value as readonly Made[]).map(encode), Buffer.from('e')]); // all else is above
}

/** LONG1 where four bytes do not hold it. */
function integer(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  if (value >= -(2 ** 31) && value < 2 ** 31) {
    bytes.writeInt32LE(value);
    return Buffer.concat([Buffer.from('J'), bytes.subarray(0, 4)]);
  }
  bytes.writeBigInt64LE(BigInt(value));
  return Buffer.concat([Buffer.of(0x8a, 8), bytes]);
}

function float(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return Buffer.concat([Buffer.from('G'), bytes]);
}

function sized(opcode: string, bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([Buffer.from(opcode), length, bytes]);
}
