/** Coefficients for an interval or a spectrum, as a document. */
import { UsageError } from '../base/errors.ts';
import { formatCount } from '../base/numbers.ts';
import { bestPublished, type Rival } from '../newtonSchulz/bestPublished.ts';
import { type DesignOptions, designComposition, POLAR_EXPRESS_CUSHION, type StepKind } from '../newtonSchulz/design.ts';
import { designForSpectrum, MOST_PRODUCTS, type SpectrumDesignOptions } from '../newtonSchulz/designForSpectrum.ts';
import { type NsDocument, type NsScheduleRecord, type RivalRecord, recordOf } from '../newtonSchulz/document.ts';
import { precisionModel } from '../newtonSchulz/precisionModel.ts';
import type { QuantileSpectrum } from '../newtonSchulz/quantileSpectrum.ts';
import { outputRange } from '../newtonSchulz/response.ts';
import type { NsPrecision, NsSchedule } from '../newtonSchulz/schedule.ts';
import { designTarget, LOW_PRECISION_ROOM } from '../newtonSchulz/spectrumObjective.ts';
import { forecastSpectrum } from '../planner/forecastSpectrum.ts';
import { readSpectrumFile } from './spectrumFile.ts';
import { savedLaws } from './studyLaws.ts';

export type { StepKind } from '../newtonSchulz/design.ts';
export type { DesignRecord, IntervalRecord, RoundedRecord } from '../newtonSchulz/document.ts';
export type { DesignObjective } from '../newtonSchulz/spectrumObjective.ts';

/** Where a spectrum comes from: a file, or laws at a size. */
export type SpectrumSource =
  | { readonly file: string }
  | { readonly laws: string; readonly role: string; readonly depth: number; readonly params: number };

/** A spectrum and what to call it. */
export interface NamedSpectrum {
  readonly spectrum: QuantileSpectrum;
  readonly name: string;
}

/** A minimax composition as it is asked for. */
export interface IntervalRequest {
  readonly lower: number;
  /** Matrix products, or the steps themselves. */
  readonly size: number | readonly StepKind[];
  readonly precision: NsPrecision;
  /** What is left out is 0 and 1 in float32 and tf32, and that of arXiv:2505.16932 in bf16 and fp16. */
  readonly room: Pick<DesignOptions, 'cushion' | 'safety' | 'safetyFoldedInto'>;
}

/**
 * @throws FormatError for a file that holds no spectrum
 * @throws UsageError for a role or depth that the laws do not have
 */
export function spectrumFrom(source: SpectrumSource): NamedSpectrum {
  if ('file' in source) return { spectrum: readSpectrumFile(source.file), name: source.file };
  const { laws, role, depth, params } = source;
  return {
    spectrum: forecastSpectrum(savedLaws(laws), { role, depth, params }),
    name: `${role} at depth ${depth}, ${formatCount(params)} parameters (laws: ${laws})`,
  };
}

/** The schedule designed for a spectrum, what it is worth, and the best published one of the same cost. */
export function designOnSpectrum(
  source: SpectrumSource,
  products: number,
  options: Required<SpectrumDesignOptions>,
): NsDocument {
  return { schema: 'muonscope.ns/1', schedules: [designRecord(spectrumFrom(source), products, options)] };
}

/** {@link designOnSpectrum} for a spectrum at hand. */
export function designRecord(
  named: NamedSpectrum,
  products: number,
  options: Required<SpectrumDesignOptions>,
): NsScheduleRecord {
  const { spectrum, name } = named;
  const { objective, quantile, precision } = options;
  const { schedule, value, above, highest, bound } = designForSpectrum(spectrum, products, options);
  const rival = bestPublished(designTarget(spectrum, schedule, { objective, quantile, precision }), products);
  return {
    ...recordOf(schedule),
    rounded: roundedOn(schedule, named, precision),
    design: {
      objective,
      quantile,
      precision,
      spectrum: name,
      value,
      above,
      highest,
      bound,
      rival: rival && rivalRecord(rival, value, objective === 'distance', roundedOn(rival.schedule, named, precision)),
    },
  };
}

function rivalRecord(
  { schedule: { name }, value: theirs }: Rival,
  ours: number,
  smallerIsBetter: boolean,
  { outputs }: NonNullable<NsScheduleRecord['rounded']>,
): RivalRecord {
  const [better, worse] = smallerIsBetter ? [theirs, ours] : [ours, theirs];
  return {
    name,
    value: theirs,
    margin: worse > 0 ? better / worse : null,
    outputs: outputs.map(({ output }) => output),
  };
}

/**
 * The minimax composition of arXiv:2505.16932 for [lower, 1]: the steps given, or quintics, and cubics where products are
 * left over.
 *
 * @throws UsageError for fewer than two products, or more than thirty
 */
export function designOnInterval({ lower, size, precision, room }: IntervalRequest): NsDocument {
  const coarse = precision === 'bf16' || precision === 'fp16';
  const {
    cushion = coarse ? POLAR_EXPRESS_CUSHION : 0,
    safety = coarse ? LOW_PRECISION_ROOM : 1,
    safetyFoldedInto = 'interval',
  } = room;
  const kinds = typeof size === 'number' ? stepsOf(size) : size;
  requireProducts(kinds);
  const designed = designComposition(lower, kinds, { cushion, safety, safetyFoldedInto });
  const schedule: NsSchedule = { ...designed, precision };
  const record: NsScheduleRecord = {
    ...recordOf(schedule),
    foldedIn:
      safety === 1 ? 'nothing' : `safety ${safety} in every step but the last, by way of the ${safetyFoldedInto}`,
    interval: { lower, outputs: outputRange(schedule, [lower, 1]), cushion, safety, safetyFoldedInto },
  };
  return { schema: 'muonscope.ns/1', schedules: [record] };
}

/** What a precision leaves of a spectrum at its quantiles. */
export function roundedOn(
  schedule: NsSchedule,
  { spectrum, name }: NamedSpectrum,
  precision: NsPrecision,
): NonNullable<NsScheduleRecord['rounded']> {
  const quantiles = spectrum.quantiles.length <= SHOWN.length ? spectrum.quantiles : SHOWN;
  const outputs = precisionModel(spectrum, precision).outputs(schedule, quantiles);
  return {
    precision,
    spectrum: name,
    outputs: outputs.map((at, i) => ({ quantile: quantiles[i]!, ...at })),
  };
}

/** Quantiles of a spectrum that lists every direction. */
const SHOWN: readonly number[] = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];

/** 15 -> five quintics; 14 -> four and a cubic; 16 -> four and two cubics. */
function stepsOf(products: number): readonly StepKind[] {
  if (!Number.isInteger(products) || products < 2)
    throw new UsageError(`ns design: --products must be at least 2, got ${products}; a cubic step takes two`);
  const cubics = [0, 2, 1][products % 3]!;
  const quintics = (products - 2 * cubics) / 3;
  return [...Array<StepKind>(quintics).fill('quintic'), ...Array<StepKind>(cubics).fill('cubic')];
}

function requireProducts(kinds: readonly StepKind[]): void {
  const products = kinds.reduce((sum, kind) => sum + (kind === 'cubic' ? 2 : 3), 0);
  if (products > MOST_PRODUCTS)
    throw new UsageError(`ns design: expected at most ${MOST_PRODUCTS} products, got ${products}; use fewer steps`);
}
