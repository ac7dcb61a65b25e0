/**
 * Optimizers kept as flat keys: distributed checkpoints, flattened pytrees, safetensors written by hand. What belongs to
 * one parameter is told by the words of each key, e.g. "optim.state.blocks.0.attn.w_q.weight.momentum".
 */
import { type Leaf, listOf, type TreeMap, wordsOf } from './checkpointTree.ts';
import {
  type OptimizerState,
  type ParameterGroup,
  type ParameterState,
  STATE_KEYS,
  type StateForm,
} from './optimizerState.ts';
import { parameterGroup } from './torchState.ts';

/** One leaf, read as a value of one parameter; an empty name is a value of the whole optimizer. */
interface Row {
  readonly form: StateForm;
  /** Words before the part that the form defines, joined by dots. */
  readonly prefix: string;
  readonly name: string;
  readonly key: string;
}

type MutableMap = Map<string, Leaf['value']>;

/** Rows of one form and prefix, put together. */
interface Rows {
  readonly form: StateForm;
  readonly prefix: string;
  readonly byName: Map<string, MutableMap>;
  /** Options by name of a parameter, or by number of a group. */
  readonly options: Map<string, MutableMap>;
}

/** First words that say only that optimizer state follows. */
const CONTAINERS: ReadonlySet<string> = new Set(['optimizer', 'optim', 'opt', 'opt_state', 'optimizer_state', 'state']);
/** Keys that may also stand first: save_file({f"momentum.{name}": buffer}). */
const LEADING_KEYS: ReadonlySet<string> = new Set(['momentum', 'momentum_buffer']);
/** Options of a group that a flattening writer may give a key an item: "params.0", "params.1", .... */
const LISTED_OPTIONS: ReadonlySet<string> = new Set(['params', 'param_names', 'names']);
/** Keys MLX gives the moments of a parameter; "v" alone is Muon's or SGD's. */
const MLX_KEYS: ReadonlySet<string> = new Set(['v', 'm', 'u']);
/** Arrays of MLX layers: only behind these is a "v" an optimizer's, not a projection of that name. */
const MLX_ARRAYS: ReadonlySet<string> = new Set(['weight', 'bias']);

/**
 * Optimizers among leaves that stand in no torch dictionary.
 *
 * @param file index of the checkpoint
 * @param ours whether this project wrote the checkpoint
 * @param momentumKey words of a key that the user named, looked for first
 */
export function flatOptimizers(
  leaves: readonly Leaf[],
  file: number,
  { ours = false, momentumKey = null }: { ours?: boolean; momentumKey?: string | null } = {},
): readonly OptimizerState[] {
  const wanted = momentumKey === null ? [] : wordsOf([momentumKey]);
  const collected = new Map<string, Rows>();
  for (const { path, value } of leaves) {
    const words = wordsOf(path);
    const row = namedRow(words, wanted, momentumKey) ?? optionRow(words) ?? stateRow(words, ours);
    if (!row) continue;
    const place = `${row.form}\n${row.prefix}`;
    const there = collected.get(place) ?? { form: row.form, prefix: row.prefix, byName: new Map(), options: new Map() };
    collected.set(place, there);
    addTo(row.key.startsWith('option ') ? there.options : there.byName, row, value);
  }
  return [...collected.values()].filter(isOptimizerState).map((found) => optimizerOf(found, file));
}

function addTo(rows: Map<string, MutableMap>, { name, key }: Row, value: Leaf['value']): void {
  const values: MutableMap = rows.get(name) ?? new Map();
  rows.set(name, values.set(key.replace(/^option /, ''), value));
}

/** "KEY.NAME" or "NAME.KEY" for a key the user named, behind containers and whatever ends in "state". */
function namedRow(words: readonly string[], wanted: readonly string[], momentumKey: string | null): Row | null {
  if (momentumKey === null || wanted.length === 0) return null;
  const isAt = (i: number): boolean => i >= 0 && wanted.every((word, k) => words[i + k] === word);
  const atEnd = words.length - wanted.length;
  const at = isAt(atEnd) ? atEnd : words.findIndex((_, i) => isAt(i));
  if (at < 0) return null;
  const behind = words.slice(at + wanted.length);
  const name = behind.length > 0 ? behind : withoutContainers(words.slice(0, at));
  return name.length === 0 ? null : { form: 'plain', prefix: '', name: name.join('.'), key: momentumKey };
}

/** "PREFIX.param_groups.NAME.OPTION" and "PREFIX.param_groups.0.OPTION". */
function optionRow(words: readonly string[]): Row | null {
  const at = words.indexOf('param_groups');
  if (at < 0 || words.length < at + 3) return null;
  const isOption = words.length === at + 3 || LISTED_OPTIONS.has(words[at + 2] ?? '');
  const inGroup = /^\d+$/.test(words[at + 1] ?? '') && isOption; // a parameter may be called "0.weight"
  const [name, option] = inGroup
    ? [words[at + 1] ?? '', words.slice(at + 2).join('.')]
    : [words.slice(at + 1, -1).join('.'), words.at(-1) ?? ''];
  return { form: 'named', prefix: words.slice(0, at).join('.'), name, key: `option ${option}` };
}

function stateRow(words: readonly string[], ours: boolean): Row | null {
  const last = words.at(-1) ?? '';
  const row = (form: StateForm, prefix: number, from: number, to: number, key: string): Row => ({
    form,
    prefix: words.slice(0, prefix).join('.'),
    name: words.slice(from, to).join('.'),
    key,
  });
  const end = words.length;
  const state = words.indexOf('state');
  const behindState = words[state + 1] ?? '';
  if (state > 0 && words[state - 1] === 'optimizer' && STATE_KEYS.has(behindState) && end > state + 2)
    return row('megatron', state - 1, state + 2, end, behindState);
  if (state >= 0 && STATE_KEYS.has(last) && end > state + 2) return row('named', state, state + 1, end - 1, last);
  const moment = words.findIndex((word) => word === 'mu' || word === 'nu');
  if (moment >= 0 && end > moment + 1) return row('optax', moment, moment + 1, end, words[moment] ?? '');
  if (last === 'ns_coeffs') return row('optax', end - 1, 0, 0, last);
  if (LEADING_KEYS.has(words[0] ?? '') && end > 1) return row(ours ? 'muonscope' : 'plain', 0, 1, end, words[0] ?? '');
  if (STATE_KEYS.has(last) && end > 1) return row('plain', 0, end - withoutContainers(words).length, end - 1, last);
  if (MLX_KEYS.has(last) && MLX_ARRAYS.has(words.at(-2) ?? '')) {
    const states = words.indexOf('states') + 1; // MultiOptimizer: states.0, states.1, ...
    const from = states > 0 ? states + 1 : end - withoutContainers(words).length;
    return row('mlx', states > 0 ? from : 0, from, end - 1, last);
  }
  return null;
}

function withoutContainers(words: readonly string[]): readonly string[] {
  const state = words.indexOf('state');
  const rest = state >= 0 ? words.slice(state + 1) : words;
  const first = rest.findIndex((word) => !CONTAINERS.has(word));
  return first < 0 ? [] : rest.slice(first);
}

/** Flattened moments are an optimizer's only with Muon's coefficients or the second moments beside them. */
function isOptimizerState({ form, prefix, byName }: Rows): boolean {
  if (form !== 'optax') return byName.size > 0;
  const keys = new Set([...byName.values()].flatMap((values) => [...values.keys()]));
  return keys.has('mu') && (keys.has('ns_coeffs') || keys.has('nu') || prefix.split('.').includes('muon'));
}

function optimizerOf({ form, prefix, byName, options }: Rows, file: number): OptimizerState {
  const whole: TreeMap = byName.get('') ?? new Map();
  const numbered = numberedGroups(options);
  const groupOf = new Map(numbered.flatMap((group) => group.params.map((id) => [id, group] as const)));
  const groups: ParameterGroup[] = [...numbered];
  const shared: ParameterGroup | null = whole.size > 0 ? { index: 0, params: [], names: null, options: whole } : null;
  const parameters = [...byName].flatMap(([id, values]): ParameterState[] => {
    if (id === '') return [];
    const own = options.get(id);
    const group = groupOf.get(id) ?? (own ? { index: groups.length, params: [id], names: null, options: own } : shared);
    if (own && group) groups.push(group);
    return [{ id, values, group }];
  });
  const path = prefix === '' ? [] : prefix.split('.');
  return { form, path, file, parameters, groups: shared ? [shared, ...groups] : groups };
}

/** Groups under "param_groups.0", "param_groups.1", ...; their ids are single keys "params.0", "params.1", .... */
function numberedGroups(options: ReadonlyMap<string, TreeMap>): readonly ParameterGroup[] {
  return [...options]
    .filter(([name]) => /^\d+$/.test(name))
    .map(([name, flat]) => {
      const group = new Map(flat);
      for (const key of LISTED_OPTIONS) {
        const items = new Map(
          [...flat].filter(([k]) => k.startsWith(`${key}.`)).map(([k, v]) => [k.slice(key.length + 1), v]),
        );
        const list = listOf(items);
        if (list) group.set(key, list);
      }
      return parameterGroup(group, Number(name));
    });
}
