/**
 * What every matrix of a model must be planned for: laws at a few depths, a description of the model, a criterion.
 *
 * Method, in named steps
 * 1. forecast: each law at the target size, then along depth (`interpolateDepths`) at every layer.
 * 2. stand-ins: a matrix without a law of its own takes the smallest forecast of the roles it stands for.
 * 3. what must meet the criterion: the forecast, or with a confidence the low end of its interval.
 * 4. in another precision than float32, the spectrum that rounding acts on: that of the next measured depth, at or beyond
 *    the layer; the noise of rounding depends little on it, since the top direction holds most of the norm everywhere.
 */
import { UsageError } from '../base/errors.ts';
import type { QuantileSpectrum } from '../newtonSchulz/quantileSpectrum.ts';
import type { NsPrecision } from '../newtonSchulz/schedule.ts';
import { type InterpolatedForecast, interpolateDepths } from '../scaling/depthInterpolation.ts';
import type { Law, LawsDocument } from '../scaling/law.ts';
import { extrapolationOf, modelWarnings } from './extrapolation.ts';
import { spectrumOfShape } from './forecastSpectrum.ts';
import { degreesOfFreedom, intervalRatio, lawsAtQuantile, sigmaOf } from './lawForecasts.ts';
import { weaknesses } from './lawNotes.ts';
import type { MatrixKind, ModelDescription } from './modelFamilies/modelDescription.ts';
import { modelOfSize } from './modelFamilies/ownModel.ts';
import type { Extrapolation, Plan, PlanCriterion } from './plan.ts';
import type { LayerForecast } from './planLayers.ts';
import { layersAtDepths, targetShape } from './targetShape.ts';

/** What a plan must hold for. */
export interface ForecastOptions {
  /** Size at which the laws are read, in their convention; the model's own if left out. */
  readonly params?: number;
  /** Which direction must still be orthonormalised; 0.5 keeps half of them. */
  readonly quantile?: number;
  readonly floor?: number;
  readonly precision?: NsPrecision;
  /** Plan on the low end of the two-sided interval of this confidence, e.g. 0.95; on the forecast if left out. */
  readonly confidence?: number;
  /**
   * Spectra known from other forecasts of the same laws, by role, depth, size and shape; those found are added. What is
   * modelled of a spectrum is kept by its identity.
   */
  readonly spectra?: Map<string, QuantileSpectrum>;
}

/** A model at its target size, before any schedule is chosen. */
export interface ModelForecast {
  readonly target: Plan['target'];
  readonly criterion: PlanCriterion;
  /** Of the laws. */
  readonly source: string;
  /** By kind of matrix in the model's order, then by layer. */
  readonly rows: readonly LayerForecast[];
  readonly extrapolation: Extrapolation;
  readonly warnings: readonly string[];
  readonly model: ModelDescription;
}

/**
 * Every layer and kind of matrix of a model.
 *
 * @throws UsageError if no law has this quantile, no law can stand in for a matrix, or a forecast is above 1
 */
export function forecastModel(
  laws: LawsDocument,
  model: ModelDescription,
  options: ForecastOptions = {},
): ModelForecast {
  const { quantile = 0.5, floor = 0.7, precision = 'float32', confidence } = options;
  const params = options.params ?? (laws.sizeConvention === 'total' ? model.params : model.nonEmbeddingParams);
  const criterion: PlanCriterion = { quantile, floor, precision, ...(confidence === undefined ? {} : { confidence }) };
  const chosen = lawsAtQuantile(laws.laws, quantile);
  const spectra = options.spectra ?? new Map<string, QuantileSpectrum>();
  const courses = coursesOf(chosen, laws.laws, { params, confidence, spectra });
  const extrapolation = extrapolationOf(chosen, params);
  const { family, width, layers, nonEmbeddingParams, activeParams } = model;
  return {
    target: { params, width, layers, family, nonEmbeddingParams, activeParams },
    criterion,
    source: laws.source,
    rows: model.matrices.flatMap((kind) => rowsOf(kind, model, coursesFor(kind, courses), criterion)),
    extrapolation,
    warnings: modelWarnings(model, courses, extrapolation, params, laws),
    model,
  };
}

/**
 * {@link forecastModel} for a target known by its size alone: width and layers follow the ladder of the laws, roles are
 * those of the laws, one matrix of each a layer.
 *
 * The number of layers is the nearest in which every measured depth is a whole layer.
 */
export function forecastSize(
  laws: LawsDocument,
  params: number,
  options: Omit<ForecastOptions, 'params'> = {},
): ModelForecast {
  const chosen = lawsAtQuantile(laws.laws, options.quantile ?? 0.5);
  const { shape, warnings } = targetShape(laws, params);
  const depths = chosen.map(({ depth }) => depth);
  const layers = warnings.length === 0 ? shape.layers : layersAtDepths(shape.layers, depths);
  const roles = [...new Set(chosen.map(({ role }) => role))];
  const model = modelOfSize(params, { width: shape.width, layers }, roles);
  const found = forecastModel(laws, model, { ...options, params });
  const rounded = warnings.map((warning) => warning.replace(`${shape.layers} layers`, `${layers} layers`));
  return { ...found, warnings: [...rounded, ...found.warnings] };
}

/** Depths closer than this are the same, see interpolateDepths. */
const SAME_DEPTH = 1e-9;

/** The forecast of one role along depth. */
interface RoleCourse {
  /** By depth. */
  readonly laws: readonly Law[];
  /** By how much the 95 % interval of each law is stretched in ln to what is planned for; 0 plans on the forecast. */
  readonly stretches: readonly number[];
  /** Why not to lean on each law, in sentences. */
  readonly weaknesses: readonly (readonly string[])[];
  /** What the reader should know of a forecast between these laws. */
  readonly notesOf: (between: readonly [number, number], depth: number) => readonly string[];
  /** All quantiles at one of these depths, of a matrix of this shape; one object however often it is asked for. */
  readonly spectrumOf: (law: Law, shape: readonly [number, number]) => QuantileSpectrum;
  readonly at: (depth: number) => InterpolatedForecast;
}

/** The course of each role, roles in order of appearance. */
function coursesOf(
  laws: readonly Law[],
  allQuantiles: readonly Law[],
  {
    params,
    confidence,
    spectra,
  }: {
    readonly params: number;
    readonly confidence: number | undefined;
    readonly spectra: Map<string, QuantileSpectrum>;
  },
): ReadonlyMap<string, RoleCourse> {
  const roles = [...new Set(laws.map(({ role }) => role))];
  const ratios = new Map<number, number>(); // some milliseconds each, and mostly one for all laws
  const ratioOf = (law: Law, asked: number): number => {
    const degrees = degreesOfFreedom(law);
    const ratio = ratios.get(degrees) ?? intervalRatio(law, asked);
    ratios.set(degrees, ratio);
    return ratio;
  };
  return new Map(
    roles.map((role) => {
      const own = laws.filter((law) => law.role === role);
      const at = interpolateDepths(own.map((law) => ({ depth: law.depth, ...sigmaOf(law, params) })));
      const stretches = own.map((law) => (confidence === undefined ? 0 : ratioOf(law, confidence)));
      const spectrumOf: RoleCourse['spectrumOf'] = ({ depth }, shape) => {
        const key = `${role} ${depth} ${params} ${shape}`;
        const found = spectra.get(key) ?? spectrumOfShape(allQuantiles, { role, depth, params }, () => shape);
        spectra.set(key, found);
        return found;
      };
      const weaknesses = own.map(weakNotes);
      return [role, { laws: own, stretches, weaknesses, notesOf: createNotes(own, weaknesses), spectrumOf, at }];
    }),
  );
}

/** Notes of one place after another; layers between the same laws share them. */
function createNotes(laws: readonly Law[], weak: readonly (readonly string[])[]): RoleCourse['notesOf'] {
  const known = new Map<number, readonly string[]>();
  return ([left, right], depth) => {
    const { depth: measured } = laws[left]!;
    const side = left !== right ? 0 : depth < measured - SAME_DEPTH ? 1 : depth > measured + SAME_DEPTH ? 2 : 3;
    const key = 4 * right + side; // `left` is `right` or the one before
    const found = known.get(key) ?? [
      ...whereFrom(laws[left]!, laws[right]!, depth),
      ...[...new Set([left, right])].flatMap((index) => weak[index]!),
    ];
    known.set(key, found);
    return found;
  };
}

/** Its own law's, or those of its stand-ins. */
function coursesFor({ role, standIns }: MatrixKind, courses: ReadonlyMap<string, RoleCourse>): readonly RoleCourse[] {
  const own = courses.get(role);
  if (own) return [own];
  const found = standIns.flatMap((standIn) => courses.get(standIn) ?? []);
  if (found.length > 0) return found;
  throw new UsageError(
    `plan: no law covers "${role}"${standIns.length > 0 ? `, nor ${standIns.join(' or ')} in its place` : ''}; ` +
      `there are laws of ${[...courses.keys()].join(', ')}`,
  );
}

function rowsOf(
  kind: MatrixKind,
  model: ModelDescription,
  courses: readonly RoleCourse[],
  { precision }: PlanCriterion,
): readonly LayerForecast[] {
  const { role, shape, copies, part, parameter } = kind;
  const spectra = new Map<Law, QuantileSpectrum>();
  const spectrumOf = ({ course, law }: DepthForecast): QuantileSpectrum => {
    const found = spectra.get(law) ?? course.spectrumOf(law, shape);
    spectra.set(law, found);
    return found;
  };
  return kind.layers.map((layer) => {
    const depth = (layer + 1) / model.layers;
    let governing = forecastAt(courses[0]!, depth);
    for (const course of courses.slice(1)) {
      const other = forecastAt(course, depth);
      if (other.plannedFor < governing.plannedFor) governing = other;
    }
    const { sigma, notes, plannedFor, weak } = governing;
    return {
      role,
      depth,
      sigma,
      shape,
      matrices: copies,
      notes,
      ...(precision === 'float32' ? {} : { spectrum: spectrumOf(governing) }),
      plannedFor,
      place: part === null ? { layer, parameter, weak } : { layer, part, parameter, weak },
    };
  });
}

/** What a course says at one depth. */
interface DepthForecast extends Required<Pick<LayerForecast, 'sigma' | 'plannedFor' | 'notes'>> {
  readonly course: RoleCourse;
  /** At or beyond the depth: rounding acts on its spectrum. */
  readonly law: Law;
  readonly weak: boolean;
}

function forecastAt(course: RoleCourse, depth: number): DepthForecast {
  const { between, value, low, high } = course.at(depth);
  const [left, right] = between;
  const stretch = Math.max(course.stretches[left]!, course.stretches[right]!);
  return {
    course,
    law: course.laws[right]!,
    sigma: { value, low, high: Math.min(1, high) },
    plannedFor: stretch === 0 ? value : value * (low / value) ** stretch,
    notes: course.notesOf(between, depth),
    weak: course.weaknesses[left]!.length > 0 || course.weaknesses[right]!.length > 0,
  };
}

function whereFrom(left: Law, right: Law, depth: number): readonly string[] {
  if (left !== right)
    return [`The forecast lies between the laws of ${right.role} at depths ${left.depth} and ${right.depth}.`];
  if (depth < left.depth - SAME_DEPTH)
    return [`No law of ${left.role} was measured before depth ${left.depth}; the forecast is the one there.`];
  return depth > left.depth + SAME_DEPTH
    ? [`No law of ${left.role} was measured beyond depth ${left.depth}; the forecast is the one there.`]
    : [];
}

function weakNotes(law: Law): readonly string[] {
  return weaknesses(law).map((sentence) => `${law.role} at depth ${law.depth}: ${sentence}`);
}
