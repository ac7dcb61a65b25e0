/** From laws to a plan: forecast each row at the target size, then choose its schedule. */
import type { Remedy } from '../newtonSchulz/remedy.ts';
import type { NsPrecision, NsSchedule } from '../newtonSchulz/schedule.ts';
import type { Law, LawsDocument } from '../scaling/law.ts';
import { spectrumOfShape } from './forecastSpectrum.ts';
import { lawsAtQuantile, sigmaOf } from './lawForecasts.ts';
import { lawNotes } from './lawNotes.ts';
import { layersOfDepths, type ModelShape, shapeOfRole } from './modelShape.ts';
import type { Plan } from './plan.ts';
import { type LayerForecast, planLayers } from './planLayers.ts';
import { targetShape } from './targetShape.ts';

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
  /** What may be done where rounding loses a direction; all if left out. */
  readonly remedies?: readonly Remedy[];
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
  const { params, quantile = 0.5, floor = 0.7, precision = 'float32', schedules, remedies } = options;
  const criterion = { quantile, floor, precision };
  const chosen = lawsAtQuantile(laws.laws, quantile);
  const { shape: model, warnings: shapeWarnings } = options.model
    ? { shape: options.model, warnings: [] }
    : targetShape(laws, params);
  const rows = chosen.map((law): LayerForecast => {
    const row = layerForecast(law, chosen, params, model);
    if (precision === 'float32') return row;
    return { ...row, spectrum: spectrumOfShape(laws.laws, { ...law, params }, () => row.shape) };
  });
  const { warnings, ...layerPlan } = planLayers(rows, criterion, {
    ...(schedules ? { schedules } : {}),
    ...(remedies ? { remedies } : {}),
  });
  return {
    schema: 'muonscope.plan/1',
    target: { params, width: model.width, layers: model.layers },
    criterion,
    source: laws.source,
    ...layerPlan,
    warnings: [...shapeWarnings, ...warnings],
  };
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
