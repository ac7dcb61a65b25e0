/** The matrices of a momentum tensor: itself, those of a stack or bank, or a tensor of more axes seen as one matrix. */
import type { CheckpointTensor } from '../checkpoints/checkpoint.ts';
import { FLOAT_DTYPES, isFloatDtype } from '../checkpoints/elements.ts';
import { integerOf, listOf } from './checkpointTree.ts';
import { type FoundTensor, isStackOfGroup } from './collectMomentum.ts';
import { turnsOf } from './knownSplits.ts';
import { megatron } from './layouts/megatron.ts';
import { moddedNanogpt } from './layouts/moddedNanogpt.ts';
import { type MatrixView, wholeView } from './matrixView.ts';
import type { SkipCause, SkippedMomentum } from './momentumMatrix.ts';
import { type ParameterPlace, placeOf, UNNAMED } from './roles.ts';

/** A whole matrix with the name of its parameter. */
export interface NamedMatrix {
  /** With "[3]" behind it for the fourth of a stack. */
  readonly name: string;
  /** Without that: what patterns, roles and neighbours go by. */
  readonly parameter: string;
  readonly place: ParameterPlace;
  readonly view: MatrixView;
}

export interface Stacked {
  readonly matrices: readonly NamedMatrix[];
  readonly skipped: readonly SkippedMomentum[];
}

/** What is known of a tensor beside itself. */
export interface StackContext {
  /** Name by id; a number sign and the id where it is not known. */
  readonly nameOf: (id: string) => string;
  /** Rank whose share the tensor is; null where neither file name nor number of files tells. */
  readonly rank: number | null;
  readonly heads: number | null;
}

/** More matrices of one tensor are not listed one by one. */
const MOST_MATRICES = 65_536;

/** Every matrix of a tensor, or the reason why there is none. */
export function stackedMatrices(found: FoundTensor, context: StackContext): Stacked {
  const { tensor, state, layout } = found;
  const name = context.nameOf(state.id);
  const { shape } = tensor;
  const leaveOut = (cause: SkipCause, reason: string): Stacked => ({
    matrices: [],
    skipped: [{ name, shape, cause, reason }],
  });
  if (shape.some((length) => length === 0)) return leaveOut('empty', 'no elements');
  if (!isFloatDtype(tensor.dtype))
    return leaveOut(
      'dtype',
      `${tensor.dtype === 'other' ? 'another type' : tensor.dtype}: expected one of ${FLOAT_DTYPES.join(', ')}`,
    );
  if (shape.length < 2) return leaveOut(...vectorReason(found, name));
  if (matricesIn(shape) > MOST_MATRICES)
    return leaveOut('shape', `a stack of ${matricesIn(shape)} matrices; at most ${MOST_MATRICES} are listed`);
  if (isStackOfGroup(found)) return groupStack(found, context);
  if (layout === megatron && isLayerAxis(name, shape)) return layerStack(name, tensor);
  if (layout === moddedNanogpt) return bank(name, tensor, found, context);
  return higherAxes(name, found, leaveOut);
}

function matricesIn(shape: readonly number[]): number {
  return shape.slice(0, -2).reduce((product, length) => product * length, 1);
}

function vectorReason({ layout, tensor }: FoundTensor, name: string): [SkipCause, string] {
  const isFlat = tensor.shape.length === 1 && (layout.name === 'DeepSpeed' || name.includes('flat_param'));
  return isFlat
    ? ['shard', 'a flat partition of several parameters: open the whole checkpoint folder, or gather it before saving']
    : ['vector', `${tensor.shape.length}-D: Newton-Schulz needs a matrix`];
}

/** A rank's share of a group's parameters, padded with zeros to the share of the others. */
function groupStack({ state, tensor, layout }: FoundTensor, { nameOf, rank }: StackContext): Stacked {
  const [chunk = 0, m = 0, n = 0] = tensor.shape;
  const params = state.group?.params ?? [];
  const isKnown = rank !== null || chunk >= params.length;
  const start = (rank ?? 0) * chunk;
  const owned = Math.max(0, Math.min(chunk, params.length - start));
  const matrices = Array.from({ length: isKnown ? owned : chunk }, (_, i): NamedMatrix => {
    const name = isKnown ? nameOf(params[start + i] ?? '') : `${UNNAMED}${state.id}[${i}]`;
    return { name, parameter: name, place: placeOf(name), view: wholeView(tensor, i, m, n) };
  });
  const padding = chunk - matrices.length;
  const reason = `${layout.name} pads this rank's share of ${chunk} matrices with ${padding} of zeros`;
  return {
    matrices,
    skipped:
      padding > 0
        ? [{ name: `${UNNAMED}${state.id}[${matrices.length}...]`, shape: [padding, m, n], cause: 'padding', reason }]
        : [],
  };
}

/** Megatron's homogeneous layers: "decoder.layers.mlp.linear_fc1.weight" (layers, [experts,] m, n). */
function isLayerAxis(name: string, shape: readonly number[]): boolean {
  return shape.length > 2 && /(?:^|\.)layers\.(?!\d)/.test(name) && placeOf(name).layer === null;
}

function layerStack(name: string, tensor: CheckpointTensor): Stacked {
  const [layers = 0, ...inner] = tensor.shape;
  const [m = 0, n = 0] = inner.slice(-2);
  const each = matricesIn(inner);
  const matrices = Array.from({ length: layers * each }, (_, i): NamedMatrix => {
    const parameter = name.replace(/(^|\.)layers\./, `$1layers.${Math.floor(i / each)}.`);
    const suffix = inner.length > 2 ? `[${i % each}]` : '';
    return { name: parameter + suffix, parameter, place: placeOf(parameter), view: wholeView(tensor, i, m, n) };
  });
  return { matrices, skipped: [] };
}

/**
 * A bank of modded-nanogpt, or a rank's share of one. Matrices take turns: up, down in mlp_bank, v, o in vo_bank, q, k, v, o
 * in attn_bank; in qk_bank every pair of heads is a matrix, first all of a layer's queries, then its keys.
 */
function bank(name: string, tensor: CheckpointTensor, { state }: FoundTensor, { rank, heads }: StackContext): Stacked {
  const [m = 0, n = 0] = tensor.shape.slice(-2);
  const place = placeOf(name);
  const chunk = matricesIn(tensor.shape);
  const all = integerOf(listOf(state.group?.options.get('reshape'))?.[0], 1) ?? chunk;
  const start = chunk < all ? (rank ?? 0) * chunk : 0;
  const turns = place.role === 'attn.qk' && heads !== null ? pairTurns(heads) : turnsOf(place.role, all);
  const matrices = Array.from({ length: chunk }, (_, i): NamedMatrix => {
    const index = start + i;
    const turn = turns?.[index % turns.length];
    const layered = turns
      ? { ...place, role: turn ?? place.role, layer: Math.floor(index / turns.length), stack: name }
      : place;
    return { name: `${name}[${index}]`, parameter: name, place: layered, view: wholeView(tensor, i, m, n) };
  });
  return { matrices, skipped: [] };
}

function pairTurns(heads: number): readonly string[] {
  return Array.from({ length: heads }, (_, i) => (2 * i < heads ? 'attn.q' : 'attn.k'));
}

function higherAxes(
  name: string,
  { tensor, layout, state }: FoundTensor,
  leaveOut: (cause: SkipCause, reason: string) => Stacked,
): Stacked {
  const { shape } = tensor;
  const place = placeOf(name);
  const [first = 0, second = 0] = shape;
  const [m = 0, n = 0] = shape.slice(-2);
  const elements = shape.reduce((product, length) => product * length, 1);
  const single = (rows: number): Stacked => ({
    matrices: [{ name, parameter: name, place, view: wholeView(tensor, 0, rows, elements / rows) }],
    skipped: [],
  });
  if (shape.length === 2) return single(first);
  const axes = layout.higherAxes(state.group?.options ?? new Map());
  if (axes === 'flatten' || (axes === 'stack or convolution' && shape.length === 4)) return single(first);
  if (place.kind === 'convolution')
    return leaveOut(
      'convolution',
      `a convolution of ${shape.length - 2} axis: its slices of ${m} x ${n} are no weight matrices`,
    );
  if (axes === 'by name' && shape.length === 3 && /^attn\.[qkv]$/.test(place.role)) return single(first); // (in, heads, size)
  if (axes === 'by name' && shape.length === 3 && place.role === 'attn.o') return single(first * second); // (heads, size, out)
  if (axes === 'by name' && shape.length > 3)
    return leaveOut('shape', 'more than three axes, and MuonDimensionNumbers are not in the checkpoint');
  const turns = turnsOf(place.role, first);
  const matrices = Array.from({ length: matricesIn(shape) }, (_, i): NamedMatrix => {
    const role = turns?.[i % turns.length] ?? place.role;
    return { name: `${name}[${i}]`, parameter: name, place: { ...place, role }, view: wholeView(tensor, i, m, n) };
  });
  return { matrices, skipped: [] };
}
