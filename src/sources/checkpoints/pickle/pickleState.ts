/** The state of a pickle being read: bytes, stack, marks, memo, and how much memory its objects take. */
import { FormatError } from '../../../base/errors.ts';
import { isObject, type PickleObject, type PickleValue } from './pickleValue.ts';

export interface PickleLimits {
  /** Memory that the objects of a pickle may take here. */
  readonly memoryBytes: number;
  /** Containers inside each other. */
  readonly depth: number;
  /** Of an integer. */
  readonly integerBytes: number;
}

/**
 * 1 GiB holds the metadata of 300,000 chunks: 300 ranks of 1,000 tensors. State dicts nest some ten levels deep, Python's own
 * pickler stops before 1,000. The longest integers of checkpoints, states of random generators, have 16 bytes.
 */
export const PICKLE_LIMITS: PickleLimits = { memoryBytes: 1_073_741_824, depth: 200, integerBytes: 1024 };

export interface PickleState {
  /** For messages: file and entry. */
  readonly where: string;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly limits: PickleLimits;
  /** Of the next byte. */
  position: number;
  /** Of the opcode under way. */
  opcodePosition: number;
  readonly stack: PickleValue[];
  /** Heights of the stack at the marks that are open. */
  readonly marks: number[];
  /** What was remembered, by number; picklers count from 0. */
  readonly memo: PickleValue[];
  /** What was remembered under a number beyond the next one, which no pickler writes. */
  readonly farMemo: Map<number, PickleValue>;
  memoryBytes: number;
}

export function startPickle(bytes: Uint8Array, where: string, limits: PickleLimits): PickleState {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const start = { position: 0, opcodePosition: 0, memoryBytes: 0 };
  return { where, bytes, view, limits, ...start, stack: [], marks: [], memo: [], farMemo: new Map() };
}

/** The next `count` bytes, not copied. */
export function take(state: PickleState, count: number): Uint8Array {
  const begin = advance(state, count);
  return state.bytes.subarray(begin, begin + count);
}

/** Passes over `count` bytes; returns where they begin. */
export function advance(state: PickleState, count: number): number {
  const begin = state.position;
  if (count > state.bytes.length - begin)
    throw refusal(state, `${count} more bytes`, `${state.bytes.length - begin}`, 'the file is truncated or damaged');
  state.position = begin + count;
  return begin;
}

/** Bytes up to the next newline, which is passed over. */
export function takeLine(state: PickleState): Uint8Array {
  const end = state.bytes.indexOf(0x0a, state.position);
  if (end < 0) throw refusal(state, 'a line', 'no end of it', 'the file is truncated or damaged');
  const line = take(state, end - state.position);
  state.position++;
  return line;
}

/** A length of 8 bytes; beyond 2^53 it is rounded, which is longer than any file. */
export function takeLength8(state: PickleState): number {
  return Number(state.view.getBigUint64(advance(state, 8), true));
}

/** Puts what an opcode made on the stack. */
export function push(state: PickleState, value: PickleValue): void {
  charge(state, value);
  state.stack.push(value);
}

/** Removes the top of the stack; what lies below an open mark is out of reach. */
export function pop(state: PickleState): PickleValue {
  const value = state.stack.length > (state.marks.at(-1) ?? 0) ? state.stack.pop() : undefined;
  if (value === undefined) throw underflow(state);
  return value;
}

/** The top of the stack. */
export function top(state: PickleState): PickleValue {
  const value = pop(state);
  state.stack.push(value);
  return value;
}

/** Removes the upper `count` values, in their order. */
export function popItems(state: PickleState, count: number): PickleValue[] {
  const begin = state.stack.length - count;
  if (begin < (state.marks.at(-1) ?? 0)) throw underflow(state);
  return state.stack.splice(begin);
}

/** Removes everything down to the last mark, and the mark. */
export function popMark(state: PickleState): PickleValue[] {
  const mark = state.marks.pop();
  if (mark === undefined) throw underflow(state);
  return state.stack.splice(mark);
}

/** Counts the memory of `count` more places in a list, the memo or on the stack. */
export function chargePlaces(state: PickleState, count: number): void {
  spend(state, PLACE_BYTES * count);
}

/** Counts the memory of `count` more entries in a dict, or far places in the memo. */
export function chargeEntries(state: PickleState, count: number): void {
  spend(state, ENTRY_BYTES * count);
}

/** Of an array. */
const PLACE_BYTES = 8;
/** Of a Map: key, value, link and the room that it grows into. */
const ENTRY_BYTES = 50;

function charge(state: PickleState, value: PickleValue): void {
  if (isObject(value)) spend(state, sizeOf(value));
  else spend(state, typeof value === 'string' ? 24 + 2 * value.length : PLACE_BYTES);
}

/** As V8 lays objects out in 64 bits; a Map has room for four entries when it is made. */
function sizeOf(value: PickleObject): number {
  switch (value.kind) {
    case 'bytes':
      return 150 + value.bytes.length;
    case 'dict':
      return 270 + ENTRY_BYTES * value.entries.size;
    case 'list':
    case 'tuple':
    case 'set':
      return 90 + PLACE_BYTES * value.items.length;
    case 'record':
      return 100 + PLACE_BYTES * value.args.length;
    case 'global':
    case 'persistent':
      return 40;
    default:
      return value satisfies never;
  }
}

function spend(state: PickleState, bytes: number): void {
  state.memoryBytes += bytes;
  if (state.memoryBytes > state.limits.memoryBytes)
    throw refusal(
      state,
      `objects of at most ${state.limits.memoryBytes} bytes`,
      'more',
      'split the checkpoint, or keep only the optimizer state in it',
    );
}

function underflow(state: PickleState): FormatError {
  return refusal(state, 'a value on the stack', 'none', 'the file is damaged');
}

/** *where: what was expected, what was got; what to do*, with the byte where it went wrong. */
export function refusal(state: PickleState, expected: string, got: string, remedy: string): FormatError {
  const { where, opcodePosition } = state;
  return new FormatError(`${where}: expected ${expected} at byte ${opcodePosition}, got ${got}; ${remedy}`, where);
}
