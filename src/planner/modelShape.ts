/** Width, depth and matrix shapes of a model at a size that the ladder may not hold. */
import { requireInteger, requirePositive } from '../base/checks.ts';
import { UsageError } from '../base/errors.ts';
import { mean } from '../base/sums.ts';
import type { LawsDocument } from '../scaling/law.ts';

/** What the shapes of a transformer follow from. */
export interface ModelShape {
  /** d, of the residual stream. */
  readonly width: number;
  readonly layers: number;
}

type Ladder = LawsDocument['ladder'];

/** Rows and columns of one matrix in units of the width, as [out, in]. */
const SHAPES: Readonly<Record<string, readonly [number, number]>> = {
  'attn.q': [1, 1],
  'attn.k': [1, 1],
  'attn.v': [1, 1],
  'attn.o': [1, 1],
  'mlp.up': [4, 1],
  'mlp.gate': [4, 1],
  'mlp.down': [1, 4],
};

/**
 * Width and layers at `params`, log-log along the ladder.
 *
 * Between two rungs on the line through them; outside, from the nearest end with the least-squares slope of the whole
 * ladder. Rounded to integers.
 *
 * @throws UsageError if the ladder is too short to say
 */
export function modelShapeAt(ladder: Ladder, params: number): ModelShape {
  requirePositive('plan', 'params', params);
  return {
    width: alongLadder(ladder, params, ({ width }) => width),
    layers: alongLadder(ladder, params, ({ layers }) => layers),
  };
}

/**
 * [m, n] of a role's matrix: square projections of width d in attention, an MLP of 4 d.
 *
 * @throws UsageError for a role whose shape is not known
 */
export function shapeOfRole(role: string, width: number): readonly [number, number] {
  requireInteger('plan', 'width', width);
  const shape = SHAPES[role];
  if (!shape)
    throw new UsageError(
      `plan: the shape of role "${role}" is not known; known roles are ${Object.keys(SHAPES).join(', ')}`,
    );
  return [shape[0] * width, shape[1] * width];
}

/**
 * How many layers of a model each measured depth stands for.
 *
 * Layer l of L (from 1) has depth l / L and is planned by the smallest measured depth at or above its own; beyond the
 * last, by the last. So depth 0.25 of 0.25, 0.5, 0.75, 1 stands for the first quarter of the layers. Late layers fall
 * faster with size, so taking the deeper neighbour errs on the side of more steps.
 *
 * @param depths ascending, in (0, 1]
 * @returns same length as `depths`; sums to `layers`
 */
export function layersOfDepths(depths: readonly number[], layers: number): readonly number[] {
  requireInteger('plan', 'layers', layers);
  const counts = depths.map(() => 0);
  for (let layer = 1; layer <= layers; layer++) {
    const found = depths.findIndex((depth) => depth * layers >= layer - 1e-9);
    const index = found === -1 ? depths.length - 1 : found;
    counts[index] = counts[index]! + 1;
  }
  return counts;
}

function alongLadder(ladder: Ladder, params: number, side: (rung: Ladder[number]) => number): number {
  const points = ladder
    .map((rung) => ({ x: Math.log(rung.params), y: Math.log(side(rung)) }))
    .sort((a, b) => a.x - b.x);
  const x = Math.log(params);
  const exact = points.find((point) => Math.abs(point.x - x) < 1e-12);
  if (exact) return atLeastOne(exact.y);
  const above = points.findIndex((point) => point.x > x);
  const [left, right] = [points[above - 1], points[above]];
  if (left && right) return atLeastOne(left.y + ((right.y - left.y) * (x - left.x)) / (right.x - left.x));
  const end = right ?? points[points.length - 1];
  if (!end || points[0]!.x === points[points.length - 1]!.x)
    throw new UsageError('plan: shapes need a ladder of at least two sizes; give the width and layers of the target');
  return atLeastOne(end.y + slope(points) * (x - end.x));
}

function slope(points: readonly { readonly x: number; readonly y: number }[]): number {
  const [x0, y0] = [mean(points.map(({ x }) => x)), mean(points.map(({ y }) => y))];
  return mean(points.map(({ x, y }) => (x - x0) * (y - y0))) / mean(points.map(({ x }) => (x - x0) ** 2));
}

function atLeastOne(logSize: number): number {
  return Math.max(1, Math.round(Math.exp(logSize)));
}
