/**
 * Optimizers that torch flattened before they were saved, put back: "state.NAME.KEY" and "param_groups.NAME.OPTION"
 * become {state: {NAME: {KEY: ...}}, param_groups: [{OPTION: ..., params: [NAME, ...]}]}.
 *
 * Names have dots, options have none, so options tell where names end. Parameters in turn with equal options were a group.
 *
 * @source torch 2.15, torch/distributed/checkpoint/state_dict.py (_flatten_optim_state_dict)
 */
import type { CheckpointValue } from '../checkpoint.ts';
import type { SavedPath } from './metadata.ts';

/** Where one saved key belongs. */
export type KeyPlace =
  | { readonly kind: 'path'; readonly path: SavedPath }
  /** An option of one parameter of the optimizer at `path`. */
  | { readonly kind: 'option'; readonly path: SavedPath; readonly parameter: string; readonly option: string };

/** Places of keys in the tree, by the paths they were saved under. */
export function keyPlaces(paths: ReadonlyMap<string, SavedPath>): ReadonlyMap<string, KeyPlace> {
  const parameters = new Map<string, Set<string>>();
  const places = new Map<string, KeyPlace>();
  for (const [fqn, path] of paths) {
    const option = optionPlace(path);
    places.set(fqn, option ?? { kind: 'path', path });
    if (option === null) continue;
    const optimizer = JSON.stringify(option.path);
    parameters.set(optimizer, (parameters.get(optimizer) ?? new Set()).add(option.parameter));
  }
  for (const [fqn, path] of paths) {
    const unflattened = statePath(path, parameters);
    if (unflattened !== null) places.set(fqn, { kind: 'path', path: unflattened });
  }
  return places;
}

/** "param_groups.NAME.OPTION", alone or behind a prefix with its dot. */
const FLAT_OPTION = /^(?:(.+)\.)?param_groups\.(.+)\.([^.]+)$/;

function optionPlace(path: SavedPath): (KeyPlace & { kind: 'option' }) | null {
  const [, prefix, parameter, option] = FLAT_OPTION.exec(lastKey(path)) ?? [];
  if (parameter === undefined || option === undefined) return null;
  return { kind: 'option', path: optimizerPath(path, prefix), parameter, option };
}

/** Path of "state.NAME.KEY" whose name is known from an option; null for everything else. */
function statePath(path: SavedPath, parameters: ReadonlyMap<string, ReadonlySet<string>>): SavedPath | null {
  const key = lastKey(path);
  for (let at = key.indexOf('state.'); at >= 0; at = key.indexOf('state.', at + 1)) {
    if (at > 0 && key[at - 1] !== '.') continue;
    const optimizer = optimizerPath(path, at === 0 ? undefined : key.slice(0, at - 1));
    const names = parameters.get(JSON.stringify(optimizer));
    const rest = key.slice(at + 'state.'.length);
    const end = names === undefined ? -1 : nameEnd(rest, names);
    if (end > 0) return [...optimizer, 'state', rest.slice(0, end), ...rest.slice(end + 1).split('.')];
  }
  return null;
}

/** Where the longest known name at the beginning of `text` ends; -1 if there is none. */
function nameEnd(text: string, names: ReadonlySet<string>): number {
  let end = text.lastIndexOf('.');
  while (end > 0 && !names.has(text.slice(0, end))) end = text.lastIndexOf('.', end - 1);
  return end;
}

function optimizerPath(path: SavedPath, prefix: string | undefined): SavedPath {
  return prefix === undefined ? path.slice(0, -1) : [...path.slice(0, -1), prefix];
}

function lastKey(path: SavedPath): string {
  const key = path.at(-1);
  return typeof key === 'string' ? key : '';
}

/** Groups of parameters with equal options, in the order of the parameters. */
export function groupsOf(
  options: ReadonlyMap<string, ReadonlyMap<string, CheckpointValue>>,
): readonly ReadonlyMap<string, CheckpointValue>[] {
  const groups: { text: string; options: ReadonlyMap<string, CheckpointValue>; params: string[] }[] = [];
  for (const [parameter, own] of options) {
    const text = textOf(own);
    const last = groups.at(-1);
    if (last?.text === text) last.params.push(parameter);
    else groups.push({ text, options: own, params: [parameter] });
  }
  return groups.map(({ options: own, params }) => (own.has('params') ? own : new Map([...own, ['params', params]])));
}

/** Equal for equal options; tensors are equal to themselves alone, by their path. */
function textOf(options: ReadonlyMap<string, CheckpointValue>): string {
  return JSON.stringify([...options], (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value instanceof Map ? [...value] : value,
  );
}
