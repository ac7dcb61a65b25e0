/** From a config.json to the matrices a plan is made for. */
import { FormatError } from '../base/errors.ts';
import { type ConfigFields, configFields } from './modelFamilies/configFields.ts';
import { DEEPSEEK_FAMILIES, deepseekModel } from './modelFamilies/deepseek.ts';
import { gpt2Model } from './modelFamilies/gpt2.ts';
import { LLAMA_FAMILIES, llamaModel } from './modelFamilies/llama.ts';
import type { ModelDescription } from './modelFamilies/modelDescription.ts';
import { ownModel } from './modelFamilies/ownModel.ts';

const FAMILIES: ReadonlyMap<string, (config: ConfigFields) => ModelDescription> = new Map([
  ['gpt2', gpt2Model],
  ...LLAMA_FAMILIES.map((family) => [family, (config: ConfigFields) => llamaModel(family, config)] as const),
  ...DEEPSEEK_FAMILIES.map((family) => [family, (config: ConfigFields) => deepseekModel(family, config)] as const),
]);

/** The values of model_type that {@link parseModelConfig} reads. */
export function modelFamilies(): readonly string[] {
  return [...FAMILIES.keys()];
}

/**
 * The model that a config describes: one of Hugging Face transformers by its model_type, or our own
 * {layers, width, vocabulary}.
 *
 * Embedding, head, routers, gains and biases are counted as parameters, but are no matrices of the plan: Muon trains the
 * hidden matrices.
 *
 * @param config what JSON.parse gave
 * @param file named in errors
 * @throws FormatError naming the key that is missing or malformed, or listing the known model types
 * @example parseModelConfig({ layers: 4, width: 32, vocabulary: 256 }, 'model.json').params // 65536
 */
export function parseModelConfig(config: unknown, file: string): ModelDescription {
  const fields = configFields(config, file);
  const type = fields.text('model_type');
  if (type !== null) return familyOf(type, file)(fields);
  if (fields.has('layers') || fields.has('width')) return ownModel(fields);
  throw new FormatError(
    `model config: the key "model_type" is missing (${file}); give one of ${modelFamilies().join(', ')}, or layers, width and vocabulary`,
    file,
  );
}

function familyOf(type: string, file: string): (config: ConfigFields) => ModelDescription {
  const family = FAMILIES.get(type);
  if (family) return family;
  throw new FormatError(
    `model config: model_type "${type}" is not known (${file}); known are ${modelFamilies().join(', ')}; or describe it by layers, width and vocabulary`,
    file,
  );
}
