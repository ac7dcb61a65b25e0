/**
 * What each opcode does, as small steps on the state of a pickle. Opcodes that are not here are refused by name: those of
 * protocols 0 and 1 that torch never writes (INST, OBJ, PERSID, ...), extension codes, buffers outside of the file, and
 * POP, POP_MARK, DUP, which Python writes for tuples that contain themselves.
 *
 * @source CPython 3.14, Lib/pickletools.py; torch 2.15, torch/_weights_only_unpickler.py
 */
import { build, construct, knownGlobal } from './construct.ts';
import {
  advance,
  chargeEntries,
  chargePlaces,
  type PickleState,
  pop,
  popItems,
  popMark,
  push,
  refusal,
  take,
  takeLength8,
  takeLine,
  top,
} from './pickleState.ts';
import { describe, isObject, type PickleDict, type PickleValue } from './pickleValue.ts';

type Operation = (state: PickleState) => void;

/** Opcode to operation. STOP ends the reading and is not here. */
export const OPERATIONS: ReadonlyMap<number, Operation> = new Map<number, Operation>([
  [0x80, protocol],
  [0x95, frame],
  // constants
  [0x4e, (state) => push(state, null)],
  [0x88, (state) => push(state, true)],
  [0x89, (state) => push(state, false)],
  [0x4a, (state) => push(state, state.view.getInt32(advance(state, 4), true))],
  [0x4b, (state) => push(state, state.view.getUint8(advance(state, 1)))],
  [0x4d, (state) => push(state, state.view.getUint16(advance(state, 2), true))],
  [0x8a, (state) => longInteger(state, length1(state))],
  [0x8b, (state) => longInteger(state, length4(state))],
  [0x47, (state) => push(state, state.view.getFloat64(advance(state, 8)))],
  // text and bytes
  [0x8c, (state) => text(state, length1(state))],
  [0x58, (state) => text(state, length4(state))],
  [0x8d, (state) => text(state, takeLength8(state))],
  [0x55, (state) => latin1Text(state, length1(state))],
  [0x54, (state) => latin1Text(state, length4(state))],
  [0x43, (state) => bytes(state, length1(state))],
  [0x42, (state) => bytes(state, length4(state))],
  [0x8e, (state) => bytes(state, takeLength8(state))],
  [0x96, (state) => bytes(state, takeLength8(state))],
  // containers
  [0x28, mark],
  [0x29, (state) => push(state, { kind: 'tuple', items: [] })],
  [0x85, (state) => tuple(state, 1)],
  [0x86, (state) => tuple(state, 2)],
  [0x87, (state) => tuple(state, 3)],
  [0x74, (state) => push(state, { kind: 'tuple', items: popMark(state) })],
  [0x5d, (state) => push(state, { kind: 'list', items: [] })],
  [0x61, append],
  [0x65, (state) => addTo(state, 'list', popMark(state))],
  [0x8f, (state) => push(state, { kind: 'set', items: [] })],
  [0x90, (state) => addTo(state, 'set', popMark(state))],
  [0x91, (state) => push(state, { kind: 'set', items: popMark(state) })],
  [0x7d, (state) => push(state, { kind: 'dict', of: 'dict', entries: new Map() })],
  [0x73, setItem],
  [0x75, (state) => setItems(state, popMark(state))],
  // memo
  [0x71, (state) => memoise(state, state.view.getUint8(advance(state, 1)))],
  [0x72, (state) => memoise(state, length4(state))],
  [0x94, (state) => memoise(state, state.memo.length + state.farMemo.size)],
  [0x68, (state) => recall(state, state.view.getUint8(advance(state, 1)))],
  [0x6a, (state) => recall(state, length4(state))],
  // names and objects
  [0x63, globalFromLines],
  [0x93, globalFromStack],
  [0x69, instance],
  [0x52, reduce],
  [0x81, reduce],
  [0x92, newObjectWithKeywords],
  [0x62, buildTop],
  [0x51, (state) => push(state, { kind: 'persistent', id: pop(state) })],
]);

function protocol(state: PickleState): void {
  const version = state.view.getUint8(advance(state, 1));
  if (version > 5) throw refusal(state, 'a pickle of protocol 2 to 5', `protocol ${version}`, 'the file is damaged');
}

/** A frame says only how much to buffer. */
function frame(state: PickleState): void {
  const length = takeLength8(state);
  if (length > state.bytes.length - state.position)
    throw refusal(
      state,
      `a frame of ${length} bytes`,
      `${state.bytes.length - state.position}`,
      'the file is truncated',
    );
}

function length1(state: PickleState): number {
  return state.view.getUint8(advance(state, 1));
}

function length4(state: PickleState): number {
  return state.view.getUint32(advance(state, 4), true);
}

/** Two's complement, little-endian. */
function longInteger(state: PickleState, length: number): void {
  const { integerBytes } = state.limits;
  if (length > integerBytes)
    throw refusal(state, `integers of at most ${integerBytes} bytes`, `${length}`, 'the file is damaged');
  const hex = Array.from(take(state, length).toReversed(), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const integer = BigInt.asIntN(8 * length, BigInt(`0x0${hex}`));
  push(state, Number.isSafeInteger(Number(integer)) ? Number(integer) : integer);
}

/** Half of a surrogate pair, which Python keeps in file names that are not UTF-8, is replaced by U+FFFD. */
function text(state: PickleState, length: number): void {
  push(state, UTF8.decode(take(state, length)));
}

const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Text of Python 2. */
function latin1Text(state: PickleState, length: number): void {
  push(state, Array.from(take(state, length), (byte) => String.fromCharCode(byte)).join(''));
}

function bytes(state: PickleState, length: number): void {
  push(state, { kind: 'bytes', bytes: take(state, length) });
}

function mark(state: PickleState): void {
  chargePlaces(state, 1);
  state.marks.push(state.stack.length);
}

function tuple(state: PickleState, length: number): void {
  push(state, { kind: 'tuple', items: popItems(state, length) });
}

function append(state: PickleState): void {
  const item = pop(state);
  addTo(state, 'list', [item]);
}

/** Adds items to the list or set on top of the stack. */
function addTo(state: PickleState, kind: 'list' | 'set', items: readonly PickleValue[]): void {
  const target = top(state);
  if (!isObject(target) || target.kind !== kind)
    throw refusal(state, `a ${kind} to add to`, describe(target), 'the file is damaged');
  chargePlaces(state, items.length);
  for (const item of items) target.items.push(item);
}

function setItem(state: PickleState): void {
  const value = pop(state);
  const key = pop(state);
  setItems(state, [key, value]);
}

/** @param items keys and values in turn */
function setItems(state: PickleState, items: readonly PickleValue[]): void {
  const target = top(state);
  if (!isObject(target) || target.kind !== 'dict')
    throw refusal(state, 'a dict to add to', describe(target), 'the file is damaged');
  if (items.length % 2 !== 0) throw refusal(state, 'a value for every key', 'a key without', 'the file is damaged');
  chargeEntries(state, items.length / 2);
  for (let i = 0; i < items.length; i += 2) setKey(state, target, items[i] ?? null, items[i + 1] ?? null);
}

function setKey(state: PickleState, { entries }: PickleDict, key: PickleValue, value: PickleValue): void {
  if (entries.has(key))
    throw refusal(state, 'every key of a dict once', `${describe(key)} twice`, 'the file is damaged');
  entries.set(key, value);
}

function memoise(state: PickleState, index: number): void {
  if (index <= state.memo.length) {
    chargePlaces(state, 1);
    state.memo[index] = top(state);
  } else {
    chargeEntries(state, 1);
    state.farMemo.set(index, top(state));
  }
}

function recall(state: PickleState, index: number): void {
  const value = index < state.memo.length ? state.memo[index] : state.farMemo.get(index);
  if (value === undefined) throw refusal(state, `something remembered as ${index}`, 'nothing', 'the file is damaged');
  chargePlaces(state, 1);
  state.stack.push(value);
}

function globalFromLines(state: PickleState): void {
  const [module, name] = [UTF8.decode(takeLine(state)), UTF8.decode(takeLine(state))];
  push(state, knownGlobal(state, module, name));
}

function globalFromStack(state: PickleState): void {
  const name = pop(state);
  const module = pop(state);
  if (typeof module !== 'string' || typeof name !== 'string')
    throw refusal(state, 'a module and a name', `${describe(module)} and ${describe(name)}`, 'the file is damaged');
  push(state, knownGlobal(state, module, name));
}

/** Protocol 0's call of a class: never written by torch, so what it names is told and refused. */
function instance(state: PickleState): void {
  const [module, name] = [UTF8.decode(takeLine(state)), UTF8.decode(takeLine(state))];
  const known = knownGlobal(state, module, name);
  throw refusal(
    state,
    'the opcodes of pickle protocols 2 to 5',
    `INST of ${known.name}`,
    'save it again with torch.save',
  );
}

/** Calls in Python; here a record is made. NEWOBJ differs only in what Python calls. */
function reduce(state: PickleState): void {
  const args = pop(state);
  const callee = pop(state);
  push(state, construct(state, callee, args));
}

function newObjectWithKeywords(state: PickleState): void {
  const keywords = pop(state);
  if (!isObject(keywords) || keywords.kind !== 'dict' || keywords.entries.size > 0)
    throw refusal(state, 'an object made without keywords', describe(keywords), 'save it again with torch.save');
  reduce(state);
}

function buildTop(state: PickleState): void {
  const value = pop(state);
  build(state, top(state), value);
}
