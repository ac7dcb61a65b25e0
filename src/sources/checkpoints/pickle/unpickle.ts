/**
 * Reads a pickle as data. Nothing is executed, imported or looked up.
 *
 * 1. Opcodes of protocols 2 to 5, as torch and torch.distributed.checkpoint write them, build containers and records.
 * 2. A name is taken only from a closed list (knownGlobals.ts); anything else is refused with its full name where it
 *    stands, before what follows is read.
 * 3. The result is checked to contain itself nowhere and to nest within a limit, so that whoever walks it ends.
 *
 * Time and memory grow with the length of the pickle. The same object may stand in many places: walking all ways to it can
 * take exponential time, so walkers count their steps.
 */
import { FormatError } from '../../../base/errors.ts';
import { OPCODE_NAMES } from './opcodes.ts';
import { OPERATIONS } from './operations.ts';
import {
  advance,
  PICKLE_LIMITS,
  type PickleLimits,
  type PickleState,
  pop,
  refusal,
  startPickle,
} from './pickleState.ts';
import { childCount, isObject, objectsIn, type PickleObject, type PickleValue } from './pickleValue.ts';

/**
 * The value a pickle holds.
 *
 * @param bytes the whole pickle; bytes values are views of it
 * @param where file and entry, for messages
 * @throws FormatError if the pickle is damaged, names what is not in the list, or is larger or deeper than the limits
 */
export function unpickle(
  bytes: Uint8Array,
  where: string,
  { limits = PICKLE_LIMITS }: { limits?: PickleLimits } = {},
): PickleValue {
  const state = startPickle(bytes, where, limits);
  for (let opcode = nextOpcode(state); opcode !== STOP; opcode = nextOpcode(state)) {
    const operation = OPERATIONS.get(opcode);
    if (operation === undefined) throw unknownOpcode(state, opcode);
    operation(state);
  }
  const value = pop(state);
  if (state.stack.length > 0 || state.marks.length > 0)
    throw refusal(state, 'one value at the end', 'more', 'the file is damaged');
  state.memo.length = 0; // as large as all objects, and not needed any more
  state.farMemo.clear();
  requireTree(value, where, limits.depth);
  return value;
}

/** Whether bytes begin as a pickle of protocol 2 to 5. */
export function isPickle(head: Uint8Array): boolean {
  const [opcode, version = 0] = head;
  return opcode === 0x80 && version >= 2 && version <= 5;
}

const STOP = 0x2e;

function nextOpcode(state: PickleState): number {
  state.opcodePosition = state.position;
  return state.view.getUint8(advance(state, 1));
}

function unknownOpcode(state: PickleState, opcode: number): FormatError {
  const name = OPCODE_NAMES.get(opcode);
  const got = name ?? `a byte ${opcode}, which is none`;
  const remedy = name === undefined ? 'the file is damaged' : 'save it again with torch.save';
  return refusal(state, 'opcodes that torch.save writes', got, remedy);
}

/**
 * Depth-first, each object once: time grows with the number of objects.
 *
 * @throws FormatError if an object contains itself, or objects nest deeper than `depth`
 */
function requireTree(root: PickleValue, where: string, depth: number): void {
  if (!isObject(root)) return;
  /** Levels below and including an object; null while they are being counted. */
  const levels = new Map<PickleObject, number | null>();
  const open: Visit[] = [startVisit(root, levels)];
  for (let visit = open.at(-1); visit !== undefined; visit = open.at(-1)) {
    const child = visit.children[visit.next++];
    if (child === undefined) {
      open.pop();
      levels.set(visit.object, visit.levels);
      const parent = open.at(-1);
      if (parent) parent.levels = Math.max(parent.levels, visit.levels + 1);
    } else {
      const known = isSmallLeaf(child) ? 1 : levels.get(child);
      if (known === null)
        throw new FormatError(
          `${where}: expected data that ends, got a ${child.kind} that contains itself; save plain dicts and lists`,
          where,
        );
      if (known === undefined) open.push(startVisit(child, levels));
      else visit.levels = Math.max(visit.levels, known + 1);
    }
    if (open.length > depth || visit.levels > depth)
      throw new FormatError(
        `${where}: expected at most ${depth} containers inside each other, got more; save a flatter dict`,
        where,
      );
  }
}

/** Sizes, options, names: most objects are such, and keeping a record of each would take more memory than they do. */
function isSmallLeaf(object: PickleObject): boolean {
  return childCount(object) <= SMALL && objectsIn(object).length === 0;
}

/** Values that are looked at again wherever the object stands. */
const SMALL = 16;

interface Visit {
  readonly object: PickleObject;
  readonly children: readonly PickleObject[];
  next: number;
  levels: number;
}

function startVisit(object: PickleObject, levels: Map<PickleObject, number | null>): Visit {
  levels.set(object, null);
  return { object, children: objectsIn(object), next: 0, levels: 1 };
}
