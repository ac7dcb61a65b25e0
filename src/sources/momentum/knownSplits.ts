/**
 * Fused projections that are taken apart without being told, because name and shapes leave one reading. Where they leave
 * several the matrix stays whole, under a role of its own, and a note says which flag tells.
 */
import type { CheckpointValue } from '../checkpoints/checkpoint.ts';
import { entriesOf, integerOf, listOf, mapOf, type TreeMap } from './checkpointTree.ts';
import { type Split, splitPart } from './splitRules.ts';

/** Numbers of attention heads, from flags or from the model's configuration in the checkpoint. */
export interface HeadCounts {
  readonly heads: number | null;
  /** Key and value heads, or query groups; as many as heads where nothing else is said. */
  readonly keyValueHeads: number | null;
}

/** A matrix as it is stored, and its neighbours. */
export interface FusedMatrix {
  readonly name: string;
  readonly role: string;
  readonly shape: readonly [number, number];
  /** Last two axes of another parameter; null where it is not known. */
  readonly shapeNamed: (name: string) => readonly [number, number] | null;
}

export interface KnownSplit {
  /** Of the matrix as a whole; another one where its shape contradicts the name. */
  readonly role: string;
  /** null: the matrix stays whole. */
  readonly split: Split | null;
  /** Why it stays whole; null where that is as it should be. */
  readonly note: string | null;
}

/** Per head, or per group of query heads: q, k, v, q, k, v, ... down the rows. */
const INTERLEAVED_QKV: RegExp = /(?:^|\.)linear_qkv(?:\.|$)|^(?:.*\.)?gpt_neox\..*query_key_value(?:\.|$)/;
/** Other orders hide behind these names: Falcon's, Bloom's and ChatGLM's; gpt-fast's and InternLM2's. */
const SEVERAL_ORDERS: RegExp = /(?:^|\.)(?:query_key_value|wqkv)(?:\.|$)/;

/** The output projection beside a fused q, k, v; its columns are those of the queries. */
const OUTPUT_BESIDE: readonly (readonly [RegExp, readonly string[]])[] = [
  [/qkv_proj/, ['o_proj', 'out_proj']],
  [/in_proj_weight|in_proj/, ['out_proj', 'out_proj.weight']],
  [/Wqkv/, ['out_proj', 'o_proj']],
  [/c_attn/, ['c_proj']],
  [/att_proj/, ['attn_out']],
  [/qkv/, ['proj', 'out_proj', 'dense']],
];

const TELL_HEADS = 'pass --heads N and --kv-heads N to split it';
const TELL_SPLIT = 'pass --split to take it apart';

/** What to do with a matrix whose role is a fused one; null for any other role. */
export function knownSplit(matrix: FusedMatrix, counts: HeadCounts): KnownSplit | null {
  if (matrix.role === 'attn.qkv') return qkvSplit(matrix, counts);
  if (matrix.role === 'mlp.gate_up') return gateUpSplit(matrix);
  if (matrix.role === 'mlp.up' && /linear_fc1(?:\.|$)/.test(matrix.name)) return gatedByDown(matrix, ['gate', 'up']);
  return null;
}

/** Heads of the model, where a configuration stands in the checkpoint. */
export function headCountsIn(tree: TreeMap): HeadCounts {
  const configs = CONFIG_KEYS.flatMap((key) => configsUnder(tree.get(key)));
  const first = (keys: readonly string[]): number | null =>
    configs.flatMap((config) => keys.map((key) => integerOf(config.get(key), 1))).find((n) => n !== null) ?? null;
  return { heads: first(HEAD_KEYS), keyValueHeads: first(KEY_VALUE_HEAD_KEYS) };
}

const CONFIG_KEYS = ['model_args', 'model_config', 'config', 'args', 'hparams', 'hyper_parameters', 'cfg'];
const HEAD_KEYS = ['num_attention_heads', 'n_head', 'n_heads', 'num_heads'];
const KEY_VALUE_HEAD_KEYS = ['num_key_value_heads', 'num_query_groups', 'n_kv_head', 'n_kv_heads'];

function configsUnder(value: CheckpointValue | undefined): readonly TreeMap[] {
  const map = mapOf(value);
  return map ? [map, ...CONFIG_KEYS.concat('model').map((key) => entriesOf(map.get(key)))] : [];
}

function qkvSplit(matrix: FusedMatrix, { heads, keyValueHeads }: HeadCounts): KnownSplit {
  const [rows, columns] = matrix.shape;
  const groups = keyValueHeads ?? heads;
  const headSize = heads === null || groups === null ? null : rows / (heads + 2 * groups);
  if (INTERLEAVED_QKV.test(matrix.name)) {
    if (heads === null || groups === null) return whole(matrix, `one block a head; ${TELL_HEADS}`);
    if (!Number.isInteger(headSize) || headSize === null || heads % groups !== 0)
      return whole(
        matrix,
        `${heads} heads and ${groups} key-value heads do not divide its ${rows} rows; ${TELL_SPLIT}`,
      );
    return split(matrix, qkv((heads / groups) * headSize, headSize, groups));
  }
  if (SEVERAL_ORDERS.test(matrix.name)) return whole(matrix, `models of this name order it differently; ${TELL_SPLIT}`);
  if (rows === 3 * columns) return split(matrix, qkv(columns, columns));
  if (columns === 3 * rows) return split(matrix, { ...qkv(rows, rows), axis: 'columns' }); // GPT-2's Conv1D stores (in, out)
  const queries = outputColumns(matrix) ?? (headSize === null || heads === null ? null : heads * headSize);
  const shared = queries === null ? null : (rows - queries) / 2;
  if (queries !== null && shared !== null && Number.isInteger(shared) && shared > 0 && shared <= queries)
    return split(matrix, qkv(queries, shared));
  return whole(matrix, `its ${rows} rows are not three times its ${columns} columns; ${TELL_HEADS}, or ${TELL_SPLIT}`);
}

function qkv(queries: number, shared: number, repeats = 1): Split {
  return { axis: 'rows', parts: [splitPart('q', queries), splitPart('k', shared), splitPart('v', shared)], repeats };
}

function outputColumns({ name, shapeNamed }: FusedMatrix): number | null {
  const [fused, outputs] = OUTPUT_BESIDE.find(([pattern]) => pattern.test(name)) ?? [];
  if (!fused || !outputs) return null;
  return (
    outputs.map((output) => shapeNamed(replaceLast(name, fused, output))?.[1]).find((n) => n !== undefined) ?? null
  );
}

/** gate_up_proj: gate first. OLMo's ff_proj: up first, and not gated unless the way down has half its rows. */
function gateUpSplit(matrix: FusedMatrix): KnownSplit {
  if (/ff_proj(?:\.|$)/.test(matrix.name)) return gatedByDown({ ...matrix, role: 'mlp.up' }, ['up', 'gate']);
  const [rows, columns] = matrix.shape;
  const down = shapeOfDown(matrix);
  const halves: Split = { axis: 'rows', parts: [splitPart('gate', null), splitPart('up', null)], repeats: 1 };
  if (down === null && /experts/.test(matrix.name))
    return whole(matrix, `the shape of its down_proj, which tells its axis, is not in the checkpoint; ${TELL_SPLIT}`);
  if (rows % 2 === 0 && (down === null || (2 * down[1] === rows && down[0] === columns))) return split(matrix, halves);
  return whole(matrix, `gate and up lie along its columns, in halves or alternating; ${TELL_SPLIT}`);
}

/** Two parts if the way down takes half as many columns as this matrix has rows; one matrix of its role if not. */
function gatedByDown(matrix: FusedMatrix, labels: readonly [string, string]): KnownSplit {
  const down = shapeOfDown(matrix);
  if (down === null || 2 * down[1] !== matrix.shape[0]) return { role: matrix.role, split: null, note: null };
  return split(matrix, { axis: 'rows', parts: labels.map((label) => splitPart(label, null)), repeats: 1 });
}

function shapeOfDown({ name, shapeNamed }: FusedMatrix): readonly [number, number] | null {
  const pairs = [
    [/gate_up_proj/, 'down_proj'],
    [/ff_proj/, 'ff_out'],
    [/linear_fc1/, 'linear_fc2'],
  ] as const;
  const [up, down] = pairs.find(([pattern]) => pattern.test(name)) ?? [];
  return up && down ? shapeNamed(replaceLast(name, up, down)) : null;
}

/** The last match replaced; a name may hold the word in a module before. */
function replaceLast(name: string, word: RegExp, by: string): string {
  const found = [...name.matchAll(new RegExp(word, 'g'))].at(-1);
  return found ? name.slice(0, found.index) + by + name.slice(found.index + found[0].length) : name;
}

function split(matrix: FusedMatrix, how: Split): KnownSplit {
  return { role: matrix.role, split: how, note: null };
}

function whole(matrix: FusedMatrix, note: string): KnownSplit {
  return { role: matrix.role, split: null, note };
}

/** Parts of a stack whose matrices take turns: banks of modded-nanogpt, and projections kept as (3, m, n) or (4, m, n). */
export function turnsOf(role: string, matrices: number): readonly string[] | null {
  if (role === 'attn.qkv') return matrices === 3 ? ['attn.q', 'attn.k', 'attn.v'] : null;
  if (role === 'attn.qkvo') return matrices % 4 === 0 ? ['attn.q', 'attn.k', 'attn.v', 'attn.o'] : null;
  if (role === 'attn.vo') return ['attn.v', 'attn.o'];
  return role === 'mlp.up_down' ? ['mlp.up', 'mlp.down'] : null;
}

/** split_sizes of a group, as microsoft/dion takes them: rows of a fused matrix that NS sees apart. */
export function splitOfGroup(options: TreeMap, role: string, rows: number): Split | null {
  const sizes = (listOf(options.get('split_sizes')) ?? []).map((size) => integerOf(size, 1));
  const whole = sizes.flatMap((size) => (size === null ? [] : [size]));
  if (whole.length < 2 || whole.length !== sizes.length || whole.reduce((sum, size) => sum + size, 0) !== rows)
    return null;
  const known = role === 'attn.qkv' && whole.length === 3 ? ['q', 'k', 'v'] : null;
  const parts = whole.map((size, k) =>
    known ? splitPart(known[k] ?? '', size) : { label: `part${k}`, role: `${role}.part${k}`, size },
  );
  return { axis: 'rows', parts, repeats: 1 };
}
