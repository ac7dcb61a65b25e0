/** Width and layers of a target that is known by its size alone. */
import { significant } from '../base/numbers.ts';
import type { LawsDocument } from '../scaling/law.ts';
import { PUBLISHED_LADDER, PUBLISHED_SOURCE } from '../scaling/published/spectralLaws.ts';
import { type ModelShape, modelShapeAt } from './modelShape.ts';

/** Largest change of the number of layers that makes the measured depths whole layers. */
const NEARBY = 12;
/** Ladders this shallow have their first layer at a depth that stands for many layers of a larger model. */
const SHALLOW_LAYERS = 5;

/**
 * Width and layers of the target, and how they were come by. A ladder that varies its depth is followed; one of a
 * single depth says nothing about the depth of a larger model, so the published ladder's custom is taken instead.
 */
export function targetShape(
  { ladder }: LawsDocument,
  params: number,
): { readonly shape: ModelShape; readonly warnings: readonly string[] } {
  if (ladder.some((rung) => rung.params === params)) return { shape: modelShapeAt(ladder, params), warnings: [] };
  const oneDepth = new Set(ladder.map(({ layers }) => layers)).size === 1;
  const followed = oneDepth ? PUBLISHED_LADDER : ladder;
  const shape = withUsualWidth(modelShapeAt(followed, params), followed);
  const origin = oneDepth
    ? `follow the ladder of ${PUBLISHED_SOURCE}, since this one has a single depth`
    : `are read off the ladder's trend in ${ladder.length} sizes`;
  return {
    shape,
    warnings: [
      `The target's width ${shape.width} and ${shape.layers} layers ${origin}; flops depend on them, the choice of schedules hardly does.`,
      ...firstLayerWarning(ladder),
    ],
  };
}

/** The nearest multiple of the largest power of two that divides every width of the ladder. */
function withUsualWidth({ width, layers }: ModelShape, ladder: LawsDocument['ladder']): ModelShape {
  let unit = 1;
  while (ladder.every((rung) => rung.width % (2 * unit) === 0)) unit *= 2;
  return { width: Math.max(1, Math.round(width / unit)) * unit, layers };
}

function firstLayerWarning(ladder: LawsDocument['ladder']): readonly string[] {
  const layers = Math.min(...ladder.map((rung) => rung.layers));
  if (layers > SHALLOW_LAYERS) return [];
  return [
    `With ${layers} layers, depth ${significant(1 / layers, 2)} is the first layer, which reads nothing but embeddings; ` +
      `the rows there hold for a first layer, and only with care for the first ${Math.round(100 / layers)} % of a deeper model.`,
  ];
}

/**
 * The number of layers nearest to `layers` in which every measured depth is a whole layer; `layers` if none is near.
 *
 * A number read off a trend is not exact anyway, and a plan that has the measured depths shows their forecasts.
 *
 * @example layersAtDepths(187, [0.25, 0.5, 0.75, 1]) // 188
 */
export function layersAtDepths(layers: number, depths: readonly number[]): number {
  const isWhole = (count: number): boolean =>
    count > 0 && depths.every((depth) => Math.abs(depth * count - Math.round(depth * count)) < 1e-4);
  for (let change = 0; change <= NEARBY; change++)
    for (const count of [layers + change, layers - change]) if (isWhole(count)) return count;
  return layers;
}
