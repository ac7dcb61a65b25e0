/** What the groups of an optimizer say about the update, completed by what their layout's code does. */
import type { CheckpointTensor, CheckpointValue } from '../checkpoints/checkpoint.ts';
import { isTensor, numberOf, type TreeMap } from './checkpointTree.ts';
import type { FiledState } from './collectMomentum.ts';
import type { Layout } from './layouts/layout.ts';
import type { MuonSetting, MuonSettings } from './momentumMatrix.ts';

/** Tensors that hold a setting are read; anything longer is none. */
const LONGEST_SETTING = 3 * 100;

/** Options worth reading: dion keeps its learning rate on the device, optax its coefficients as an array. */
const READ_OPTIONS = ['lr', 'mu', 'momentum', 'weight_decay', 'ns_coeffs', 'ns_coefficients'] as const;

/** Settings of all groups once each, and which of them a parameter has. */
export interface GroupSettings {
  readonly settings: readonly MuonSettings[];
  indexOf(state: FiledState): number | null;
}

/**
 * @param found states that have momentum, with their layouts
 * @throws FormatError as CheckpointTensor.read
 */
export async function groupSettings(
  found: readonly { readonly state: FiledState; readonly layout: Layout }[],
): Promise<GroupSettings> {
  const settings: MuonSettings[] = [];
  const places = new Map<string, number>();
  const byOptions = new Map<TreeMap | null, number>();
  for (const { state, layout } of found) {
    const options = state.group?.options ?? null;
    if (byOptions.has(options)) continue;
    const group = state.group !== null && state.group.params.length > 1 ? state.group.index : null;
    const entry = settingsOf(layout, group, await readSettings(options ?? new Map()));
    const key = JSON.stringify(entry);
    const at = places.get(key) ?? settings.push(entry) - 1;
    places.set(key, at);
    byOptions.set(options, at);
  }
  return { settings, indexOf: (state) => byOptions.get(state.group?.options ?? null) ?? null };
}

async function readSettings(options: TreeMap): Promise<TreeMap> {
  const read = new Map(options);
  for (const key of READ_OPTIONS) {
    const value = options.get(key);
    if (isTensor(value) && isSetting(value)) read.set(key, await readNumbers(value));
  }
  return read;
}

function isSetting({ shape, dtype }: CheckpointTensor): boolean {
  const elements = shape.reduce((product, length) => product * length, 1);
  return shape.length <= 2 && elements <= LONGEST_SETTING && (dtype.startsWith('float') || dtype === 'bfloat16');
}

/** A number, a list, or a list of lists, as the shape has it. */
async function readNumbers(tensor: CheckpointTensor): Promise<CheckpointValue> {
  const values = [...(await tensor.read())];
  const [rows = 1, columns] = tensor.shape;
  if (tensor.shape.length === 0) return values[0] ?? null;
  if (columns === undefined) return values;
  return Array.from({ length: rows }, (_, i) => values.slice(i * columns, (i + 1) * columns));
}

function settingsOf(layout: Layout, group: number | null, options: TreeMap): MuonSettings {
  const learningRate = numberOf(options.get('lr'));
  const momentum = numberOf(options.get('momentum')) ?? numberOf(options.get('mu'));
  const nesterov = options.get('nesterov');
  const schedule = layout.newtonSchulz(options);
  const stated: MuonSetting[] = [...(schedule?.stated ?? [])];
  if (learningRate !== null) stated.push('learningRate');
  if (momentum !== null) stated.push('momentum');
  if (typeof nesterov === 'boolean') stated.push('nesterov');
  return {
    layout: layout.name,
    group,
    learningRate,
    momentum: momentum ?? layout.momentum,
    nesterov: typeof nesterov === 'boolean' ? nesterov : layout.nesterov,
    schedule: schedule?.schedule ?? null,
    stated,
  };
}
