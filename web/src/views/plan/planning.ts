/** From the choices of the view to a plan: the same calls as `muonscope plan`, on what the page holds. */
import { FormatError, UsageError } from '../../../../src/base/errors.ts';
import { formatCount } from '../../../../src/base/numbers.ts';
import type { QuantileSpectrum } from '../../../../src/newtonSchulz/quantileSpectrum.ts';
import type { NsPrecision } from '../../../../src/newtonSchulz/schedule.ts';
import { parseModelConfig } from '../../../../src/planner/modelConfig.ts';
import type { ModelDescription } from '../../../../src/planner/modelFamilies/modelDescription.ts';
import { forecastModel, forecastSize, type ModelForecast } from '../../../../src/planner/modelForecast.ts';
import type { LawsDocument } from '../../../../src/scaling/law.ts';
import type { ExportFormat } from '../../../../src/workflows/planFile.ts';
import { numberParam, type Params } from '../../permalink.ts';

export const PRECISIONS: readonly [NsPrecision, ...NsPrecision[]] = ['float32', 'bf16', 'fp16', 'tf32'];

/** Parameters the slider reaches, and beyond which no law is worth reading. */
export const SIZES: readonly [number, number] = [1e7, 1e13];

/** A config of a mixture of experts takes about two thousand characters. */
const LONGEST_CONFIG = 16_000;

/** A model's config: its file's name, and what JSON.parse gave as text without spaces. */
export interface GivenConfig {
  readonly name: string;
  readonly text: string;
}

/** What is planned for. */
export interface PlanQuestion {
  readonly laws: LawsDocument;
  readonly model: ModelDescription | null;
  readonly params: number;
  readonly quantile: number;
  readonly floor: number;
  readonly confidence: number | null;
}

/** The file of each format, as the examples of the command name it. */
export const FILE_NAMES: Readonly<Record<ExportFormat, string>> = {
  torch: 'muon_plan.py',
  optax: 'muon_plan_optax.py',
  'emerging-optimizers': 'muon_plan_emerging_optimizers.py',
  dion: 'muon_plan_dion.py',
  json: 'plan.json',
  csv: 'plan.csv',
};

/** @param spectra see ForecastOptions */
export function forecastFor(
  question: PlanQuestion,
  precision: NsPrecision,
  spectra: Map<string, QuantileSpectrum> = new Map(),
): ModelForecast {
  const { laws, model, params, quantile, floor, confidence } = question;
  const options = { quantile, floor, precision, spectra, ...(confidence === null ? {} : { confidence }) };
  return model === null ? forecastSize(laws, params, options) : forecastModel(laws, model, options);
}

/** @throws FormatError in one sentence for a file that is no config.json */
export async function readConfig(file: File): Promise<GivenConfig> {
  if (file.size > 64 * LONGEST_CONFIG)
    throw new FormatError(
      `model config: expected a config.json of some kilobytes, got ${file.name} of ${formatCount(file.size)} bytes; give the config, not the weights`,
      file.name,
    );
  const text = JSON.stringify(parsed(await file.text(), file.name));
  const given = { name: file.name, text };
  modelOf(given);
  if (text.length > LONGEST_CONFIG)
    throw new FormatError(
      `model config: ${file.name} is longer than the ${LONGEST_CONFIG} characters that the page's address can hold; remove what does not describe the model`,
      file.name,
    );
  return given;
}

/** @throws FormatError as parseModelConfig, or if it is no JSON */
export function modelOf({ name, text }: GivenConfig): ModelDescription {
  return parseModelConfig(parsed(text, name), name);
}

/** A share that may be 0 to 1, held between two ends; for sliders. */
export function shareParam(
  params: Params,
  name: string,
  missing: number,
  [low, high]: readonly [number, number],
): number {
  return Math.min(high, Math.max(low, numberParam(params, name, missing)));
}

/** The law's quantile nearest to the one asked for. @throws UsageError for laws without any */
export function nearestQuantile(quantiles: readonly number[], wanted: number): number {
  if (quantiles.length === 0) throw new UsageError('plan: the laws are empty; choose other laws');
  return quantiles.reduce((best, q) => (Math.abs(q - wanted) < Math.abs(best - wanted) ? q : best));
}

function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FormatError(`model config: expected JSON in ${name} (${reason}); give a model's config.json`, name, {
      cause: error,
    });
  }
}
