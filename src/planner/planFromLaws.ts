/** From laws to a plan: forecast each row at the target size, then choose its schedule. */
import { DomainError, UsageError } from '../base/errors.ts';
import { formatCount, significant } from '../base/numbers.ts';
import type { NsPrecision, NsSchedule } from '../newtonSchulz/schedule.ts';
import { forecast } from '../scaling/forecast.ts';
import type { Interval, Law, LawsDocument } from '../scaling/law.ts';
import { PUBLISHED_LADDER, PUBLISHED_SOURCE } from '../scaling/published/spectralLaws.ts';
import { lawNotes } from './lawNotes.ts';
import { layersOfDepths, type ModelShape, modelShapeAt, shapeOfRole } from './modelShape.ts';
import type { Plan } from './plan.ts';
import { type LayerForecast, planLayers } from './planLayers.ts';

/** The target and what is asked of it. */
export interface PlanOptions {
  /** Target size, in the size convention of the laws. */
  readonly params: number;
  /** Which direction must still be orthonormalised; 0.5 keeps half of them. */
  readonly quantile?: number;
  readonly floor?: number;
  readonly precision?: NsPrecision;
  /** To choose from; the catalogue at 1 to 10 steps if left out. */
  readonly schedules?: readonly NsSchedule[];
  /** Width and layers of the target; extrapolated from the ladder if left out. */
  readonly model?: ModelShape;
}

/**
 * A plan for a model of `params` parameters.
 *
 * One row for each law at the quantile. Quantile 0.5 is the default because keeping the top half of the directions
 * costs almost nothing (rank ablation of arXiv:2606.04058); floor 0.7 is where the usual schedules settle.
 *
 * @returns rows by role and depth; `flops` and `baseline` are of one training step, embedding and head left out
 * @throws UsageError if no law has this quantile, a role has no known shape, or a forecast is above 1
 */
export function planFromLaws(laws: LawsDocument, options: PlanOptions): Plan {
  const { params, quantile = 0.5, floor = 0.7, precision = 'float32', schedules } = options;
  const criterion = { quantile, floor, precision };
  const chosen = lawsAtQuantile(laws.laws, quantile);
  const { shape: model, warnings: shapeWarnings } = targetShape(laws, options);
  const rows = chosen.map((law) => layerForecast(law, chosen, params, model));
  const { warnings, ...layerPlan } = planLayers(rows, criterion, schedules ? { schedules } : {});
  return {
    schema: 'muonscope.plan/1',
    target: { params, width: model.width, layers: model.layers },
    criterion,
    source: laws.source,
    ...layerPlan,
    warnings: [...shapeWarnings, ...warnings],
  };
}

/** Laws of one quantile, by role in order of appearance, then by depth. */
function lawsAtQuantile(laws: readonly Law[], quantile: number): readonly Law[] {
  const found = laws.filter((law) => Math.abs(law.quantile - quantile) < 1e-9);
  if (found.length === 0) {
    const known = [...new Set(laws.map((law) => law.quantile))].sort((a, b) => a - b);
    throw new UsageError(
      `plan: no law has quantile ${quantile}; ` +
        (known.length === 0 ? 'the laws are empty, fit them first' : `use one of ${known.join(', ')}`),
    );
  }
  const roles = [...new Set(found.map((law) => law.role))];
  return roles.flatMap((role) => found.filter((law) => law.role === role).sort((a, b) => a.depth - b.depth));
}

function layerForecast(law: Law, all: readonly Law[], params: number, model: ModelShape): LayerForecast {
  const depths = all.filter(({ role }) => role === law.role).map(({ depth }) => depth);
  const matrices = layersOfDepths(depths, model.layers)[depths.indexOf(law.depth)] ?? 0;
  const empty = `No layer of a ${model.layers}-layer model is planned by this depth.`;
  return {
    role: law.role,
    depth: law.depth,
    sigma: sigmaOf(law, params),
    shape: shapeOfRole(law.role, model.width),
    matrices,
    notes: [...lawNotes(law, params), ...(matrices === 0 ? [empty] : [])],
  };
}

/** The forecast, its upper end cut at 1: no singular value of X / ||X||_F is larger. */
function sigmaOf(law: Law, params: number): Interval {
  const { value, low, high } = forecast(law, params);
  const where = `plan: ${law.role} at depth ${law.depth} and ${formatCount(params)} parameters`;
  if (Number.isNaN(value + low + high)) throw new DomainError(`${where}: the law gives no number; fit it again`);
  if (value > 1)
    throw new UsageError(
      `${where}: the law forecasts ${significant(value)}, but a normalised singular value is at most 1; ` +
        'choose a size nearer to the measured ones',
    );
  return { value, low, high: Math.min(1, high) };
}

/**
 * Width and layers of the target, and how they were come by. A ladder that varies its depth is followed; one of a
 * single depth says nothing about the depth of a larger model, so the published ladder's custom is taken instead.
 */
function targetShape(
  { ladder }: LawsDocument,
  { params, model }: PlanOptions,
): { readonly shape: ModelShape; readonly warnings: readonly string[] } {
  if (model) return { shape: model, warnings: [] };
  if (ladder.some((rung) => rung.params === params)) return { shape: modelShapeAt(ladder, params), warnings: [] };
  const oneDepth = new Set(ladder.map(({ layers }) => layers)).size === 1;
  const shape = modelShapeAt(oneDepth ? PUBLISHED_LADDER : ladder, params);
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

/** Ladders this shallow have their first layer at a depth that stands for many layers of a larger model. */
const SHALLOW_LAYERS = 5;

function firstLayerWarning(ladder: LawsDocument['ladder']): readonly string[] {
  const layers = Math.min(...ladder.map((rung) => rung.layers));
  if (layers > SHALLOW_LAYERS) return [];
  return [
    `With ${layers} layers, depth ${significant(1 / layers, 2)} is the first layer, which reads nothing but embeddings; ` +
      `the rows there hold for a first layer, and only with care for the first ${Math.round(100 / layers)} % of a deeper model.`,
  ];
}
