/** Which of the matrices with momentum are measured: hidden ones, whole ones, each once. */
import { printable } from '../../base/printable.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { isStackOfGroup } from './collectMomentum.ts';
import { moddedNanogpt } from './layouts/moddedNanogpt.ts';
import { shapeOf } from './matrixView.ts';
import { elementsOf } from './modelWeights.ts';
import type { SkipCause, SkippedMomentum } from './momentumMatrix.ts';
import type { OwnedMatrix } from './namedTensors.ts';
import { assignedRole, type RoleRule } from './roleRules.ts';
import type { ParameterPlace } from './roles.ts';

export interface Admitted {
  readonly matrices: readonly OwnedMatrix[];
  readonly skipped: readonly SkippedMomentum[];
  readonly notes: readonly string[];
}

/** Why a kind of parameter is no matter for Muon; null where it is. */
const REASONS: Readonly<Record<ParameterPlace['kind'], readonly [SkipCause, string] | null>> = {
  matrix: null,
  convolution: null, // where it is one matrix, it is a hidden one
  embedding: ['embedding', 'an embedding: its rows are looked up one by one, and Muon is for hidden matrices'],
  head: ['head', 'the output head: Muon is for hidden matrices'],
  norm: ['norm', 'gains of a norm, not a hidden matrix'],
  bias: ['vector', 'a bias, not a hidden matrix'],
};

/**
 * @param weightShapes of the model's parameters, by name; empty where the model is not known
 * @param rules roles the user assigns, which admit what its name would leave out
 */
export function admitMatrices(
  matrices: readonly OwnedMatrix[],
  weightShapes: ReadonlyMap<string, readonly number[]>,
  { rules, checkpoints }: { readonly rules: readonly RoleRule[]; readonly checkpoints: readonly Checkpoint[] },
): Admitted {
  const skipped: SkippedMomentum[] = [];
  const hidden: OwnedMatrix[] = [];
  for (const matrix of matrices) {
    const role = assignedRole(rules, matrix.parameter);
    const why = role === null ? (REASONS[matrix.place.kind] ?? shardReason(matrix, weightShapes)) : null;
    if (why) skipped.push({ name: matrix.name, shape: shapeOf(matrix.view), cause: why[0], reason: why[1] });
    else hidden.push(role === null ? matrix : { ...matrix, place: { ...matrix.place, role, starred: role } });
  }
  const once = eachOnce(hidden, checkpoints);
  return { ...once, skipped: [...skipped, ...once.skipped] };
}

/** A piece that holds fewer elements than the model's parameter of that name. */
function shardReason(
  { parameter, view, found }: OwnedMatrix,
  weightShapes: ReadonlyMap<string, readonly number[]>,
): readonly [SkipCause, string] | null {
  const weight = weightShapes.get(parameter);
  if (weight === undefined || found.layout === moddedNanogpt) return null;
  const shape = isStackOfGroup(found) ? shapeOf(view) : found.tensor.shape;
  if (elementsOf(shape) >= elementsOf(weight)) return null;
  return [
    'shard',
    `a shard of ${shape.join(' x ')} of the parameter's ${weight.join(' x ')}: Newton-Schulz needs the whole matrix`,
  ];
}

/** One of several files may hold a replica; pieces of different shapes under one name are no matrix at all. */
function eachOnce(matrices: readonly OwnedMatrix[], checkpoints: readonly Checkpoint[]): Admitted {
  const byName = new Map<string, OwnedMatrix[]>();
  for (const matrix of matrices) {
    const same = byName.get(matrix.name);
    if (same) same.push(matrix);
    else byName.set(matrix.name, [matrix]);
  }
  const kept: OwnedMatrix[] = [];
  const skipped: SkippedMomentum[] = [];
  let replicas = 0;
  for (const [name, [first, ...others]] of byName) {
    if (!first) continue;
    const shapes = [...new Set([first, ...others].map(({ view }) => shapeOf(view).join(' x ')))];
    if (shapes.length > 1) {
      const reason = `refused: its files hold pieces of ${shapes.join(' and ')}, shards that nothing says how to join`;
      skipped.push({ name, shape: null, cause: 'conflict', reason });
      continue;
    }
    kept.push(first);
    replicas += others.length;
    for (const { view, found } of others) {
      const reason = `the same name and shape again in ${fileOf(found.state.file, checkpoints)}; the first is measured`;
      skipped.push({ name, shape: shapeOf(view), cause: 'duplicate', reason });
    }
  }
  const what = replicas > 1 ? `${replicas} matrices stand` : '1 matrix stands';
  const note = `${what} in several files with one shape: replicas are taken once, shards have to be gathered first`;
  const notes = replicas > 0 ? [note] : [];
  return { matrices: kept, skipped, notes };
}

function fileOf(index: number, checkpoints: readonly Checkpoint[]): string {
  return printable(checkpoints[index]?.name ?? 'another file');
}
