/** What stands in for the objects a pickle makes: plain data for containers, records for everything else. */
import { printable } from '../../../base/printable.ts';
import { currentName, type GlobalRule, meansHarm, ruleOf } from './knownGlobals.ts';
import { type PickleState, refusal } from './pickleState.ts';
import {
  describe,
  isObject,
  type PickleDict,
  type PickleGlobal,
  type PickleRecord,
  type PickleValue,
} from './pickleValue.ts';

/** What to do about a pickle that holds more than data. */
export const SAVE_PLAIN =
  'save plain state dicts instead: torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, path)';

/**
 * A name in the closed list.
 *
 * @throws FormatError with the full name if it is not in the list
 */
export function knownGlobal(state: PickleState, module: string, name: string): PickleGlobal {
  const full = currentName(module, name);
  if (ruleOf(full) !== undefined) return { kind: 'global', name: full };
  const got = `${printable(full)}, and nothing of it was run`;
  const remedy = meansHarm(full) ? 'loading this file in Python could run a program: delete it' : SAVE_PLAIN;
  throw refusal(state, 'only classes that checkpoints are made of', got, remedy);
}

/** What a call makes: REDUCE, NEWOBJ or NEWOBJ_EX of a global with arguments. */
export function construct(state: PickleState, callee: PickleValue, args: PickleValue): PickleValue {
  if (!isObject(callee) || callee.kind !== 'global') throw notCallable(state, describe(callee));
  if (!isObject(args) || args.kind !== 'tuple')
    throw oddCall(state, callee.name, `arguments that are ${describe(args)}`);
  const rule = ruleOf(callee.name)!; // globals are made by knownGlobal alone
  return CONSTRUCTORS[rule](state, callee.name, args.items);
}

/** Gives a record its state, once. */
export function build(state: PickleState, target: PickleValue, value: PickleValue): void {
  if (!isObject(target)) throw refusal(state, 'an object to give its state', describe(target), SAVE_PLAIN);
  if (target.kind === 'dict' && target.of === 'collections.OrderedDict') return; // attributes: _metadata of modules
  const isFresh = target.kind === 'record' && target.state === undefined;
  if (!isFresh || ruleOf(target.of) !== 'class')
    throw refusal(state, 'an object that has no state yet', describe(target), SAVE_PLAIN);
  target.state = value;
}

type Constructor = (state: PickleState, name: string, args: readonly PickleValue[]) => PickleValue;

const CONSTRUCTORS: Readonly<Record<GlobalRule, Constructor>> = {
  constant: (state, name) => {
    throw notCallable(state, name);
  },
  function: record,
  class: record,
  enum: (state, name, args) => {
    if (args.length !== 1 || isObject(args[0])) throw oddCall(state, name, `${args.length} arguments`);
    return record(state, name, args);
  },
  getattr: member,
  dict: dictOf,
  set: (state, name, args) => ({ kind: 'set', items: [...itemsOf(state, name, args, 'list')] }),
  tuple: (state, name, args) => ({ kind: 'tuple', items: itemsOf(state, name, args, 'tuple') }),
  bytes: bytesOf,
  encode,
};

function record(_: PickleState, name: string, args: readonly PickleValue[]): PickleRecord {
  return { kind: 'record', of: name, args, state: undefined };
}

/** A member of an enum by name; getattr of anything else could reach any attribute in Python. */
function member(state: PickleState, name: string, [of, member, ...more]: readonly PickleValue[]): PickleValue {
  const isEnum = isObject(of) && of.kind === 'global' && ruleOf(of.name) === 'enum';
  if (!isEnum || typeof member !== 'string' || more.length > 0)
    throw oddCall(
      state,
      name,
      `${describe(of)} and ${typeof member === 'string' ? printable(member, 40) : describe(member)}`,
    );
  return record(state, of.name, [member]);
}

function dictOf(state: PickleState, name: string, args: readonly PickleValue[]): PickleDict {
  const [first, ...more] = args;
  const isFactory =
    name === 'collections.defaultdict' && (first === null || (isObject(first) && first.kind === 'global'));
  const isCounts = name === 'collections.Counter' && isObject(first) && first.kind === 'dict';
  if (args.length > 0 && (more.length > 0 || !(isFactory || isCounts))) throw oddCall(state, name, listed(args));
  return { kind: 'dict', of: name, entries: isCounts ? new Map(first.entries) : new Map() };
}

/** Items of the only argument; none without one. */
function itemsOf(
  state: PickleState,
  name: string,
  args: readonly PickleValue[],
  kind: 'list' | 'tuple',
): readonly PickleValue[] {
  const [only, ...more] = args;
  if (args.length === 0) return [];
  if (more.length > 0 || !isObject(only) || only.kind !== kind) throw oddCall(state, name, listed(args));
  return only.items;
}

function bytesOf(state: PickleState, name: string, args: readonly PickleValue[]): PickleValue {
  const [only, ...more] = args;
  if (args.length === 0) return { kind: 'bytes', bytes: new Uint8Array(0) };
  if (more.length > 0 || !isObject(only) || only.kind !== 'bytes') throw oddCall(state, name, listed(args));
  return only;
}

/** Protocol 2 has no bytes: they are written as text whose characters are the bytes. */
function encode(state: PickleState, name: string, [text, encoding, ...more]: readonly PickleValue[]): PickleValue {
  if (typeof text !== 'string' || encoding !== 'latin1' || more.length > 0 || !isLatin1(text))
    throw oddCall(state, name, listed([text ?? null, encoding ?? null]));
  return { kind: 'bytes', bytes: Uint8Array.from(text, (character) => character.charCodeAt(0)) };
}

function isLatin1(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return false;
  return true;
}

function listed(args: readonly PickleValue[]): string {
  return args.length === 0 ? 'no argument' : args.slice(0, 4).map(describe).join(' and ');
}

function notCallable(state: PickleState, name: string) {
  return refusal(state, 'a class or function of checkpoints to call', `${name}, which is none`, SAVE_PLAIN);
}

function oddCall(state: PickleState, name: string, got: string) {
  return refusal(state, `${name} called as torch and Python do when they save`, got, SAVE_PLAIN);
}
