/** The whole optimizer state of a ZeRO checkpoint: what every rank keeps, put together by parameter. */
import type { CheckpointTensor, CheckpointValue, SkippedTensor } from '../checkpoint.ts';
import { gatherGroup } from './partitions.ts';
import type { GroupShapes, RankState, ValueMap } from './zeroState.ts';

export interface Gathered {
  /** By parameter, then by key: "momentum_buffer", "step", ... */
  readonly state: ReadonlyMap<string, ReadonlyMap<string, CheckpointValue>>;
  /** Master weights by parameter; none under ZeRO-1 and 2. */
  readonly weights: ReadonlyMap<string, CheckpointTensor>;
  /** Options of the optimizer's groups, with the names of their parameters. */
  readonly groups: readonly ValueMap[];
  readonly skipped: readonly SkippedTensor[];
}

/**
 * @param ranks in their order, at least one
 * @param shapes of the flat groups
 * @param name of the checkpoint, for messages
 * @throws FormatError if ranks keep buffers of different types
 */
export function gatherRanks(ranks: readonly RankState[], shapes: readonly GroupShapes[], name: string): Gathered {
  const state = new Map<string, Map<string, CheckpointValue>>();
  const weights = new Map<string, CheckpointTensor>();
  const skipped: SkippedTensor[] = [];
  for (const [index, own] of shapes.entries()) {
    const group: FlatGroup = { index, shapes: own, ranks, name };
    for (const parameter of own.keys()) state.set(parameter, state.get(parameter) ?? new Map());
    for (const key of keysOf(group)) {
      const values = ranks.map((rank) => rank.state[index]?.get(key));
      const gathered = gatherKey(group, key, values, (parameter) => ['optimizer', 'state', parameter, key]);
      for (const [parameter, value] of gathered.values) state.get(parameter)?.set(key, value);
      skipped.push(...gathered.skipped);
    }
    if (ranks.some(({ fragments }) => fragments !== null)) continue; // whole weights are in the model's file
    const gathered = gatherKey(
      group,
      'fp32',
      ranks.map((rank) => rank.weights[index]),
      (parameter) => ['module', parameter],
    );
    for (const [parameter, value] of gathered.values) if (isTensor(value)) weights.set(parameter, value);
    skipped.push(...gathered.skipped);
  }
  return { state, weights, groups: namedGroups(ranks[0], shapes), skipped };
}

/** Parameters that share flat buffers. */
interface FlatGroup {
  readonly index: number;
  readonly shapes: GroupShapes;
  readonly ranks: readonly RankState[];
  readonly name: string;
}

/** Keys of a group's state on any rank. */
function keysOf({ index, ranks }: FlatGroup): ReadonlySet<string> {
  return new Set(ranks.flatMap((rank) => [...(rank.state[index]?.keys() ?? [])]));
}

/** Flat buffers become tensors of the parameters; numbers are the first rank's, for all of them. */
function gatherKey(
  { index, shapes, ranks, name }: FlatGroup,
  key: string,
  values: readonly (CheckpointValue | undefined)[],
  pathOf: (parameter: string) => readonly string[],
): { readonly values: ReadonlyMap<string, CheckpointValue>; readonly skipped: readonly SkippedTensor[] } {
  const buffers = values.filter(isTensor);
  const [first] = values;
  if (buffers.length === 0 || (isTensor(first) && first.shape.length === 0)) {
    const copies = [...shapes.keys()].map((parameter): [string, CheckpointValue] => [
      parameter,
      isTensor(first) ? { ...first, path: pathOf(parameter) } : (first ?? null),
    ]);
    return { values: new Map(copies), skipped: [] };
  }
  const where = `${name}: ${key} of group ${index}`;
  const fragments = fragmentsOf(ranks, index);
  const isWhole = buffers.length === ranks.length;
  const gathered = isWhole ? gatherGroup({ where, buffers, shapes, fragments }, pathOf) : null;
  return gathered === null
    ? { values: new Map(), skipped: lost(shapes, key, buffers, ranks.length) }
    : { values: gathered, skipped: [] };
}

/** Elements of each parameter in each rank's range; null under ZeRO-3. */
function fragmentsOf(ranks: readonly RankState[], index: number): readonly ReadonlyMap<string, number>[] | null {
  const own = ranks.flatMap(({ fragments }) => (fragments === null ? [] : [fragments[index] ?? new Map()]));
  return own.length === ranks.length ? own : null;
}

/** Every parameter of a group whose buffers do not hold what the shapes say. */
function lost(
  shapes: GroupShapes,
  key: string,
  buffers: readonly CheckpointTensor[],
  ranks: number,
): readonly SkippedTensor[] {
  const lengths = [...new Set(buffers.map(({ shape }) => shape.join('x')))].slice(0, 8).join(', ');
  const reason =
    buffers.length < ranks
      ? `kept by ${buffers.length} of ${ranks} ranks, as where state is offloaded to files; load the checkpoint and save it without`
      : `not recoverable: flat buffers of ${lengths} elements do not hold the shapes of their group; convert the checkpoint with the DeepSpeed that wrote it`;
  return [...shapes].map(([parameter, shape]) => ({ name: `optimizer.state.${parameter}.${key}`, shape, reason }));
}

function namedGroups(rank: RankState | undefined, shapes: readonly GroupShapes[]): readonly ValueMap[] {
  return (rank?.groups ?? []).map((options, group) => {
    const params = shapes.flatMap((own, flat) => (rank?.groupOf[flat] === group ? [...own.keys()] : []));
    return new Map<string, CheckpointValue>([...options, ['params', params]]);
  });
}

export function isTensor(value: CheckpointValue | undefined): value is CheckpointTensor {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'tensor';
}
