/** What the groups of an optimizer say about the update, completed by what their layout's code does. */
import type { CheckpointTensor, CheckpointValue } from '../checkpoints/checkpoint.ts';
import { isTensor, numberOf, type TreeMap } from './checkpointTree.ts';
import type { FiledState } from './collectMomentum.ts';
import type { Layout } from './layouts/layout.ts';
import type { MuonSetting, MuonSettings } from './momentumMatrix.ts';

/** Tensors that hold a setting are read; anything longer is none. */
const LONGEST_SETTING = 3 * 100;

/** Groups whose tensors are read; flattened optimizers may have a group for every parameter. */
const MOST_READ = 64;

/** Options worth reading: dion keeps its learning rate on the device, optax its coefficients as an array. */
const READ_OPTIONS = ['lr', 'mu', 'momentum', 'weight_decay', 'ns_coeffs', 'ns_coefficients'] as const;

/** A parameter's state with its layout. */
export interface SettingsOwner {
  readonly state: FiledState;
  readonly layout: Layout;
}

/** Settings of all groups once each, and which of them a parameter has. */
export interface GroupSettings {
  readonly settings: readonly MuonSettings[];
  indexOf(owner: SettingsOwner): number | null;
}

/**
 * @param found states that have momentum, with their layouts
 * @throws FormatError as CheckpointTensor.read
 */
export async function groupSettings(found: readonly SettingsOwner[]): Promise<GroupSettings> {
  const settings: MuonSettings[] = [];
  const places = new Map<string, number>();
  const byOptions = new Map<TreeMap | Layout, number | null>();
  for (const owner of found) {
    if (byOptions.has(placeOf(owner))) continue;
    const { layout, state } = owner;
    const options: TreeMap = state.group?.options ?? new Map();
    const isShared = state.group !== null && state.group.params.length > 1;
    const read = byOptions.size < MOST_READ ? await readSettings(options) : options;
    const entry = settingsOf(layout, isShared ? (state.group?.index ?? null) : null, read);
    const key = saysNothing(entry) ? null : JSON.stringify(entry);
    const at = key === null ? null : (places.get(key) ?? settings.push(entry) - 1);
    if (key !== null && at !== null) places.set(key, at);
    byOptions.set(placeOf(owner), at);
  }
  return { settings, indexOf: (owner) => byOptions.get(placeOf(owner)) ?? null };
}

/** States of one group share its options; states without one share what their layout does. */
function placeOf({ state, layout }: SettingsOwner): TreeMap | Layout {
  return state.group?.options ?? layout;
}

/** Buffers without groups, of no code that is known. */
function saysNothing({ schedule, nesterov, momentum, learningRate }: MuonSettings): boolean {
  return schedule === null && nesterov === null && momentum === null && learningRate === null;
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
