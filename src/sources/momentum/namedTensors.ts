/** From the optimizers of a checkpoint to whole matrices with names: names resolved, stacks taken apart, ranks put together. */
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { rankOfPath } from './checkpointFiles.ts';
import { type Collected, type FoundTensor, isStackOfGroup } from './collectMomentum.ts';
import { moddedNanogpt } from './layouts/moddedNanogpt.ts';
import type { ModelWeight } from './modelWeights.ts';
import type { SkippedMomentum } from './momentumMatrix.ts';
import { type GivenNames, resolveNames } from './parameterNames.ts';
import { UNNAMED } from './roles.ts';
import { type NamedMatrix, stackedMatrices } from './stackedMatrices.ts';

/** A matrix of Muon's with what it came from. */
export interface OwnedMatrix extends NamedMatrix {
  readonly found: FoundTensor;
}

export interface NamedTensors {
  readonly matrices: readonly OwnedMatrix[];
  readonly skipped: readonly SkippedMomentum[];
  /** All parameters of an optimizer that has momentum, with shapes, where every one of them has state. */
  readonly states: readonly ModelWeight[] | null;
  readonly notes: readonly string[];
}

export interface NamingContext {
  readonly checkpoints: readonly Checkpoint[];
  readonly given: GivenNames | null;
  readonly weights: readonly ModelWeight[];
  readonly heads: number | null;
}

/** @throws UsageError if a list of names has the wrong length */
export function namedTensors(collected: readonly Collected[], context: NamingContext): NamedTensors {
  const known = collected.filter(({ found, leftOut }) => found.length + leftOut.length > 0);
  const taken = new Set<string>(); // Muon's parameters are named first: what is left is others'
  const inTurn = [...known].sort((a, b) => Number(a.found.length === 0) - Number(b.found.length === 0));
  const byOptimizer = new Map(
    inTurn.map((one) => [one, tensorsOf(one, context, { taken, isAlone: known.length === 1 })]),
  );
  const parts = known.flatMap((one) => byOptimizer.get(one) ?? []);
  return {
    matrices: parts.flatMap(({ matrices }) => matrices),
    skipped: parts.flatMap(({ skipped }) => skipped),
    states:
      parts.length > 0 && parts.every(({ states }) => states !== null)
        ? parts.flatMap(({ states }) => states ?? [])
        : null,
    notes: [...new Set(parts.flatMap(({ notes }) => notes))],
  };
}

/** @param taken names of the model that other optimizers have; those found here are added */
function tensorsOf(
  collected: Collected,
  context: NamingContext,
  { taken, isAlone }: { readonly taken: Set<string>; readonly isAlone: boolean },
): NamedTensors {
  const { optimizer, found, leftOut } = collected;
  const shapes = momentumShapes(found);
  const others = new Map(leftOut.flatMap(({ id, shape }) => (shape === null ? [] : [[id, shape] as const])));
  const given = found.length > 0 ? context.given : null; // names are for the optimizer that has momentum
  const weights = optimizer.form === 'banks' ? context.weights.flatMap(matricesOfBank) : context.weights;
  const { byId, notes } = resolveNames({ groups: groupsOf(collected), shapes, others }, { given, weights, taken });
  for (const name of byId.values()) taken.add(name);
  const prefix = isAlone || optimizer.path.length === 0 ? '' : `${optimizer.path.join('.')}.`;
  const nameOf = (id: string): string => byId.get(id) ?? `${UNNAMED}${prefix}${id}`;
  const stacks = found.map((one) => {
    const stacked = stackedMatrices(one, { nameOf, rank: rankOf(one, context.checkpoints), heads: context.heads });
    return { ...stacked, matrices: stacked.matrices.map((matrix): OwnedMatrix => ({ ...matrix, found: one })) };
  });
  const leftWith = new Map(leftOut.map(({ id, ...why }) => [`${id}\n${why.cause}`, { name: nameOf(id), ...why }]));
  return {
    matrices: stacks.flatMap(({ matrices }) => matrices),
    skipped: [...stacks.flatMap(({ skipped }) => skipped), ...leftWith.values()],
    states: statesOf(collected, nameOf),
    notes,
  };
}

/** Groups as ids see them; parameters without groups are one. */
function groupsOf({ optimizer, found }: Collected): Collected['optimizer']['groups'] {
  if (optimizer.groups.some(({ params }) => params.length > 0)) return optimizer.groups;
  return [{ index: 0, params: found.map(({ state }) => state.id), names: null, options: new Map() }];
}

/** Shape of the matrix each id stands for; every parameter of a stacked group has the stack's. */
function momentumShapes(found: readonly FoundTensor[]): ReadonlyMap<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  for (const one of found) {
    const { state, tensor, layout } = one;
    const isStack = isStackOfGroup(one);
    const inner = isStack || layout === moddedNanogpt ? tensor.shape.slice(-2) : tensor.shape;
    for (const id of isStack ? (state.group?.params ?? []) : [state.id]) shapes.set(id, inner);
  }
  return shapes;
}

function matricesOfBank({ name, shape }: ModelWeight): readonly ModelWeight[] {
  return shape.length > 2 ? [{ name, shape: shape.slice(-2) }] : [{ name, shape }];
}

/** By the file's name; else by its place among several, which are then all there are. */
function rankOf({ state }: FoundTensor, checkpoints: readonly Checkpoint[]): number | null {
  return rankOfPath(checkpoints[state.file]?.name ?? '') ?? (checkpoints.length > 1 ? state.file : null);
}

/** Shapes of everything the optimizer keeps state for, if that is every parameter and none of it is a share. */
function statesOf(
  { optimizer, found, leftOut }: Collected,
  nameOf: (id: string) => string,
): readonly ModelWeight[] | null {
  const shapes = new Map<string, readonly number[]>();
  for (const { state, tensor } of found) shapes.set(state.id, tensor.shape);
  for (const { id, shape } of leftOut) if (shape !== null) shapes.set(id, shape);
  const isShare = found.some((one) => isStackOfGroup(one) || one.layout === moddedNanogpt);
  const isWhole = optimizer.groups.every(({ params }) => params.every((id) => shapes.has(id)));
  if (isShare || !isWhole) return null;
  return [...shapes].map(([id, shape]) => ({ name: nameOf(id), shape }));
}
