/** What a name means among its neighbours: how many layers there are, and which gate is a router. */
import { type ParameterPlace, placeOf } from './roles.ts';
import type { NamedMatrix } from './stackedMatrices.ts';

/**
 * Layers of every stack of a model: one more than the highest number that stands behind its name.
 *
 * @param places of the matrices with momentum
 * @param others names of the rest of the model, as far as it is known
 */
export function layerCounts(places: readonly ParameterPlace[], others: Iterable<string>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const see = ({ stack, layer }: ParameterPlace): void => {
    if (stack !== null && layer !== null) counts.set(stack, Math.max(counts.get(stack) ?? 0, layer + 1));
  };
  for (const place of places) see(place);
  for (const name of others) see(placeOf(name));
  return counts;
}

/** What neighbours of a name are needed for. */
export interface Neighbours {
  readonly names: ReadonlySet<string>;
  /** Modules that have experts: their "gate" routes tokens. */
  readonly withExperts: ReadonlySet<string>;
}

export function neighboursOf(names: readonly string[]): Neighbours {
  const withExperts = names.flatMap((name) => /^(.*?\.)(?:experts|local_experts)\./.exec(name)?.[1] ?? []);
  return { names: new Set(names), withExperts: new Set(withExperts) };
}

/**
 * The place of a matrix where its name alone misleads: the router of a mixture of experts is called "mlp.gate" as the gate
 * of an MLP may be; "w1" is the gate beside a "w3" and the way up without one.
 */
export function placeAmong(
  { parameter, place }: Pick<NamedMatrix, 'parameter' | 'place'>,
  { names, withExperts }: Neighbours,
): ParameterPlace {
  if (place.role !== 'mlp.gate') return place;
  const module = /^(.*\.)gate(?:\.weight|\.kernel)?$/.exec(parameter)?.[1];
  if (module !== undefined && withExperts.has(module)) return { ...place, role: place.starred };
  const isLoneW1 = /\.w1(?:\.|$)/.test(parameter) && !names.has(parameter.replace(/\.w1(?=\.|$)/, '.w3'));
  return isLoneW1 ? { ...place, role: 'mlp.up' } : place;
}
