/**
 * The order of a model's weights, by which parameters that an optimizer knows by number get their names.
 *
 * torch keeps the order in which modules were made. safetensors sorts by name: layers.10 stands before layers.2, k before
 * q. Where a file is sorted so, the order is that of the layers and, within one, the usual order of modules; weights whose
 * place in it is not known have none.
 */
import { grouped } from '../../base/grouped.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import type { ModelWeight } from './modelWeights.ts';
import { type ParameterPlace, placeOf } from './roles.ts';

/** Within a layer, as Llama, Qwen, Mistral, Gemma, OLMo, GPT-2 and BERT make them. */
const USUAL_ORDER: readonly string[] = [
  'attn.qkv',
  'attn.q',
  'attn.k',
  'attn.v',
  'attn.o',
  'mlp.gate_up',
  'mlp.gate',
  'mlp.up',
  'mlp.down',
];

/** @param weights of the checkpoint, in the order of the file */
export function inModuleOrder({ format }: Checkpoint, weights: readonly ModelWeight[]): readonly ModelWeight[] {
  const isSafetensors = format === 'safetensors' || format === 'safetensors-sharded';
  if (!isSafetensors || !isSorted(weights)) return weights;
  return grouped(weights, ({ shape }) => shape.join()).flatMap(inUsualOrder);
}

function isSorted(weights: readonly ModelWeight[]): boolean {
  return weights.every(({ name }, i) => i === 0 || name > weights[i - 1]!.name);
}

/** Weights of one shape. Those of several stacks, as of encoder and decoder, have no usual order. */
function inUsualOrder(alike: readonly ModelWeight[]): readonly ModelWeight[] {
  const isHidden = ({ name }: ModelWeight): boolean => placeOf(name).kind === 'matrix';
  const hidden = alike.filter(isHidden);
  const others = alike.filter((weight) => !isHidden(weight));
  const keyed = hidden.map((weight) => ({ weight, key: orderOf(weight.name) }));
  const stacks = new Set(keyed.map(({ key }) => key?.[0]));
  const isKnown = stacks.size === 1 && keyed.every(({ key }) => key !== null);
  if (!isKnown) return [...hidden.map((weight) => ({ ...weight, order: 'unknown' as const })), ...others];
  const sorted = keyed.sort((a, b) => compare(a.key ?? [], b.key ?? []));
  return [...sorted.map(({ weight }) => ({ ...weight, order: 'usual' as const })), ...others];
}

type SortKey = readonly (number | string)[];

/** Layer, attention before MLP, the module (experts by number), the place within it; null where the name does not tell. */
function orderOf(name: string): SortKey | null {
  const { layer, stack, role }: ParameterPlace = placeOf(name);
  const rank = USUAL_ORDER.indexOf(role);
  if (layer === null || stack === null || rank < 0) return null;
  const parent = name.split('.').slice(0, -2).join('.');
  return [stack, layer, role.startsWith('attn') ? 0 : 1, padded(parent), rank];
}

/** Numbers of equal length, so that text sorts as they do. */
function padded(text: string): string {
  return text.replace(/\d+/g, (digits) => digits.padStart(9, '0'));
}

function compare(a: SortKey, b: SortKey): number {
  for (const [i, value] of a.entries()) {
    const other = b[i] ?? value;
    if (value !== other) return value < other ? -1 : 1;
  }
  return 0;
}
