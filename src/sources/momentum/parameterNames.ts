/**
 * Names of parameters that an optimizer knows by number: from the checkpoint's groups, from the user, or from the model's
 * own weights where order and shape leave one answer.
 */
import { FormatError, UsageError } from '../../base/errors.ts';
import type { ModelWeight } from './modelWeights.ts';
import type { ParameterGroup } from './optimizerState.ts';
import { placeOf, plainName } from './roles.ts';

/** Names in the order of the optimizer's parameters, or by id. */
export type GivenNames = readonly string[] | ReadonlyMap<string, string>;

/** An optimizer's parameters in its order, and the shape of those that have momentum. */
export interface NumberedParameters {
  readonly groups: readonly ParameterGroup[];
  /** Shape of one matrix; of a stack without its first axis. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Shapes of parameters with other state, which are named where that is easy. */
  readonly others: ReadonlyMap<string, readonly number[]>;
}

export interface ResolvedNames {
  readonly byId: ReadonlyMap<string, string>;
  readonly notes: readonly string[];
}

/**
 * Reads a file for --names: a name a line, a JSON list of names, or a JSON object from id to name or from name to id.
 *
 * @throws FormatError saying what is expected
 */
export function parseNames(text: string, file: string): GivenNames {
  if (!/^\s*[[{]/.test(text)) {
    const names = text.split(/\r?\n/).map((line) => line.trim());
    const given = names.filter((name) => name !== '');
    if (given.length === 0) throw unreadable('an empty file', file);
    return given;
  }
  const parsed = parseJson(text, file);
  if (Array.isArray(parsed)) return parsed.map((name) => requireText(name, file));
  const entries = Object.entries(parsed as Record<string, unknown>); // the text begins with a bracket
  const isInverse = entries.length > 0 && entries.every(([, id]) => Number.isSafeInteger(id));
  return new Map(entries.map(([key, value]) => (isInverse ? [String(value), key] : [key, requireText(value, file)])));
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unreadable(error instanceof Error ? error.message : 'no JSON', file);
  }
}

function requireText(value: unknown, file: string): string {
  if (typeof value !== 'string' || value === '') throw unreadable(JSON.stringify(value), file);
  return value;
}

function unreadable(got: string, file: string): FormatError {
  return new FormatError(
    `--names: expected a name a line, or JSON such as ["h.0.attn.c_attn.weight", ...] or {"0": "h.0.attn.c_attn.weight", ...}, got ${got} (${file})`,
    file,
  );
}

export interface NameSources {
  readonly given: GivenNames | null;
  /** The model's, in its order; empty if it is not known. */
  readonly weights: readonly ModelWeight[];
  /** Names of the model that belong to another optimizer. */
  readonly taken: ReadonlySet<string>;
}

/**
 * Names for ids, the surest source first: what the user gives, what the groups list, ids that are names, the model's weights.
 *
 * @throws UsageError if a list has neither of the two lengths
 */
export function resolveNames(optimizer: NumberedParameters, { given, weights, taken }: NameSources): ResolvedNames {
  const listed = new Map([...listedNames(optimizer), ...(given ? givenNames(optimizer, given) : [])]);
  const open = (shapes: ReadonlyMap<string, readonly number[]>): ReadonlyMap<string, readonly number[]> =>
    new Map([...shapes].filter(([id]) => !listed.has(id)));
  const unnamed = open(optimizer.shapes);
  const free = without(weights, [...taken, ...listed.values()]);
  const inferred = namesFromWeights(optimizer.groups, unnamed, free, isHidden);
  const rest = without(free, [...inferred.byId.values()]);
  const others = namesFromWeights(optimizer.groups, open(optimizer.others), rest, () => true);
  const left = unnamed.size - inferred.byId.size;
  const missing = `${left} parameter${left > 1 ? 's have' : ' has'} no name in the checkpoint`;
  const notes = left > 0 ? [`${missing}: pass --names FILE, or --model with the model's own weights`] : [];
  return { byId: new Map([...others.byId, ...inferred.byId, ...listed]), notes: [...inferred.notes, ...notes] };
}

function isHidden({ name }: ModelWeight): boolean {
  return placeOf(name).kind === 'matrix';
}

function without(weights: readonly ModelWeight[], names: readonly string[]): readonly ModelWeight[] {
  const left = new Set(names);
  return weights.filter(({ name }) => !left.has(name));
}

function listedNames({ groups, shapes, others }: NumberedParameters): readonly (readonly [string, string])[] {
  const named = groups.flatMap(({ params, names }) =>
    params.flatMap((id, i): [string, string][] => (names?.[i] === undefined ? [] : [[id, plainName(names[i])]])),
  );
  const ids = [...groups.flatMap(({ params }) => params), ...shapes.keys(), ...others.keys()];
  const selfNamed = ids.filter((id) => /[^\d]/.test(id)).map((id): [string, string] => [id, plainName(id)]);
  return [...selfNamed, ...named];
}

function givenNames({ groups, shapes }: NumberedParameters, given: GivenNames): readonly (readonly [string, string])[] {
  if (!isList(given)) return [...given].map(([id, name]) => [id, plainName(name)] as const);
  const all = groups.flatMap(({ params }) => params);
  const withMomentum = all.length > 0 ? all.filter((id) => shapes.has(id)) : [...shapes.keys()];
  const ids = [all, withMomentum].find(({ length }) => length === given.length);
  if (!ids)
    throw new UsageError(
      `--names: expected ${all.length} names, one for each parameter of the optimizer in its order` +
        `${withMomentum.length === all.length ? '' : `, or ${withMomentum.length} for those with momentum`}; got ${given.length}`,
    );
  return ids.map((id, i) => [id, plainName(given[i] ?? id)] as const);
}

function isList(given: GivenNames): given is readonly string[] {
  return Array.isArray(given);
}

/**
 * Parameters of one shape keep the model's order within their group, whatever sorts the group: torch lists them as given,
 * KellerJordan/Muon sorts by size without changing ties, nanochat groups by shape. So where a shape has as many parameters
 * in the optimizer as weights in the model, and all in one group, the i-th is the i-th.
 *
 * @param isLikely weights that count where all of a shape are too many
 */
function namesFromWeights(
  groups: readonly ParameterGroup[],
  shapes: ReadonlyMap<string, readonly number[]>,
  weights: readonly ModelWeight[],
  isLikely: (weight: ModelWeight) => boolean,
): ResolvedNames {
  const byId = new Map<string, string>();
  const notes: string[] = [];
  let usual = 0;
  const groupOf = new Map(groups.flatMap(({ params, index }) => params.map((id) => [id, index] as const)));
  for (const [shape, ids] of idsByShape(groups, shapes)) {
    const alike = weights.filter((weight) => weight.shape.join(' x ') === shape);
    const found = [alike, alike.filter(isLikely)].find(({ length }) => length === ids.length);
    const inOneGroup = new Set(ids.map((id) => groupOf.get(id))).size === 1;
    const isHiddenByFile = ids.length > 1 && found?.some(({ order }) => order === 'unknown') === true;
    if (isHiddenByFile)
      notes.push(
        `${ids.length} parameters of ${shape} could not be told apart: the model's file is sorted by name, which hides their order`,
      );
    else if (found && inOneGroup) {
      for (const [i, id] of ids.entries()) byId.set(id, found[i]?.name ?? id);
      if (ids.length > 1 && found.some(({ order }) => order === 'usual')) usual += ids.length;
    } else if (alike.length > 0)
      notes.push(
        `${ids.length} parameters of ${shape} could not be told apart: the model has ${alike.length} weights of that shape` +
          `${inOneGroup ? '' : ', and the optimizer keeps them in several groups'}`,
      );
  }
  if (byId.size > 0) notes.unshift(`${byId.size} names follow from order and shape of the model's weights`);
  if (usual > 0)
    notes.push(
      `${usual} of them by the usual order within a layer (q, k, v, o, gate, up, down): the model's file is sorted by name; give --names if its order is another`,
    );
  return { byId, notes };
}

/** Ids in the order of the optimizer, by the shape of their matrix. */
function idsByShape(
  groups: readonly ParameterGroup[],
  shapes: ReadonlyMap<string, readonly number[]>,
): ReadonlyMap<string, readonly string[]> {
  const order = groups.flatMap(({ params }) => params).filter((id) => shapes.has(id));
  const byShape = new Map<string, string[]>();
  for (const id of order.length > 0 ? order : shapes.keys()) {
    const key = shapes.get(id)?.join(' x ') ?? '';
    const ids = byShape.get(key);
    if (ids) ids.push(id);
    else byShape.set(key, [id]);
  }
  return byShape;
}
