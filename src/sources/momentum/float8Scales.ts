/**
 * Scales beside float8 momentum: "..._scale", "..._scale_inv" or "scale" next to the tensor they belong to.
 *
 * They are not applied: whether one multiplies or divides differs between writers. One scale for a matrix leaves its
 * normalised spectrum as it is; scales of blocks or rows do not, so such matrices are left out.
 */
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { shapeOf } from './matrixView.ts';
import { elementsOf } from './modelWeights.ts';
import type { SkippedMomentum } from './momentumMatrix.ts';
import type { OwnedMatrix } from './namedTensors.ts';

export interface Unscaled {
  readonly matrices: readonly OwnedMatrix[];
  readonly skipped: readonly SkippedMomentum[];
  readonly notes: readonly string[];
}

/** What stands behind the path of a tensor, or of the state it is in, in the path of its scales. */
const SCALE = /[._]?(?:scales?|scale_inv)$/;

export function withoutBlockScales(matrices: readonly OwnedMatrix[], checkpoints: readonly Checkpoint[]): Unscaled {
  const isFloat8 = ({ found }: OwnedMatrix): boolean => found.tensor.dtype.startsWith('float8');
  if (!matrices.some(isFloat8)) return { matrices, skipped: [], notes: [] };
  const scales = checkpoints.map(scalesOf);
  const owners = new Set(matrices.filter(isFloat8).flatMap(({ found }) => ownersOf(found.tensor.path)));
  const kept: OwnedMatrix[] = [];
  const skipped: SkippedMomentum[] = [];
  let scaled = 0;
  for (const matrix of matrices) {
    const { found, name, view } = matrix;
    const path = found.tensor.path.join('.');
    const leaveOut = (reason: string): void => {
      skipped.push({ name, shape: shapeOf(view), cause: 'dtype', reason });
    };
    const scale = isFloat8(matrix) ? scaleOf(found.tensor.path, scales[found.state.file]) : null;
    if (SCALE.test(path) && owners.has(path.replace(SCALE, ''))) leaveOut('scales of float8 momentum, no momentum');
    else if (scale !== null && elementsOf(scale) > 1)
      leaveOut(
        `float8 with scales of shape ${scale.join(' x ')} beside it, which are not applied: its spectrum would be another; save it as bfloat16`,
      );
    else {
      kept.push(matrix);
      if (scale !== null) scaled++;
    }
  }
  const what = scaled === 1 ? '1 float8 matrix has a scale' : `${scaled} float8 matrices have scales`;
  const note = `${what} beside it that is not applied: normalised singular values do not depend on it, the Frobenius norm is unscaled`;
  return { matrices: kept, skipped, notes: scaled === 0 ? [] : [note] };
}

/** Shapes of scales by the path of what they belong to. */
function scalesOf({ tensors }: Checkpoint): ReadonlyMap<string, readonly number[]> {
  const scales = tensors
    .map(({ path, shape }) => [path.join('.'), shape] as const)
    .filter(([path]) => SCALE.test(path));
  return new Map(scales.map(([path, shape]) => [path.replace(SCALE, ''), shape]));
}

function scaleOf(
  path: readonly string[],
  scales: ReadonlyMap<string, readonly number[]> | undefined,
): readonly number[] | null {
  return (
    ownersOf(path)
      .map((owner) => scales?.get(owner))
      .find((shape) => shape !== undefined) ?? null
  );
}

/** The tensor itself, and the state that it is a value of: {momentum_buffer, scale}. */
function ownersOf(path: readonly string[]): readonly string[] {
  return path.length > 1 ? [path.join('.'), path.slice(0, -1).join('.')] : [path.join('.')];
}
