/** Which matrices of a checkpoint are measured. */
import { UsageError } from '../base/errors.ts';
import type { MomentumMatrix } from '../sources/momentum/momentumMatrix.ts';

/** All that is given must hold. */
export interface MatrixChoice {
  /** Roles, or beginnings of them up to a dot: "attn" stands for attn.q, attn.k, ... */
  readonly roles?: readonly string[];
  /** Of each, the layer nearest to it, in (0, 1]. */
  readonly depths?: readonly number[];
  /** At most this many, spread evenly over roles and, within a role, over layers. */
  readonly sample?: number;
}

/**
 * The matrices asked for, in the order they are found in.
 *
 * @throws UsageError listing the roles there are, if one of those asked for is not among them
 */
export function chooseMatrices<M extends Pick<MomentumMatrix, 'role' | 'layer' | 'layers'>>(
  matrices: readonly M[],
  { roles, depths, sample }: MatrixChoice,
): readonly M[] {
  let chosen = matrices;
  if (roles !== undefined) chosen = ofRoles(chosen, roles);
  if (depths !== undefined) chosen = atDepths(chosen, depths);
  return sample === undefined ? chosen : sampleOf(chosen, sample);
}

function ofRoles<M extends Pick<MomentumMatrix, 'role'>>(
  matrices: readonly M[],
  roles: readonly string[],
): readonly M[] {
  const matches = (role: string, asked: string): boolean => role === asked || role.startsWith(`${asked}.`);
  const unknown = roles.find((asked) => !matrices.some(({ role }) => matches(role, asked)));
  if (unknown !== undefined) {
    const known = [...new Set(matrices.map(({ role }) => role))];
    throw new UsageError(
      `--role: no matrix has role "${unknown}"; there ${known.length === 0 ? 'are no matrices' : `are ${known.join(', ')}`}`,
    );
  }
  return matrices.filter(({ role }) => roles.some((asked) => matches(role, asked)));
}

/** Layers of models differ in number: each matrix's own `layers` says where a depth lies. */
function atDepths<M extends Pick<MomentumMatrix, 'layer' | 'layers'>>(
  matrices: readonly M[],
  depths: readonly number[],
): readonly M[] {
  return matrices.filter(({ layer, layers }) => depths.some((depth) => layerAt(depth, layers) === layer));
}

/** The 0-based layer whose depth (layer + 1) / layers is nearest. */
function layerAt(depth: number, layers: number): number {
  return Math.min(layers, Math.max(1, Math.round(depth * layers))) - 1;
}

function sampleOf<M extends Pick<MomentumMatrix, 'role'>>(matrices: readonly M[], count: number): readonly M[] {
  const ofRole = new Map<string, M[]>();
  for (const matrix of matrices) ofRole.set(matrix.role, [...(ofRole.get(matrix.role) ?? []), matrix]);
  const quotas = quotasOf(
    [...ofRole.values()].map((group) => group.length),
    Math.min(count, matrices.length),
  );
  const chosen = new Set([...ofRole.values()].flatMap((group, i) => spread(group, quotas[i] ?? 0)));
  return matrices.filter((matrix) => chosen.has(matrix));
}

/** One for each group in turn until `count` are given out; none gets more than it has. */
function quotasOf(sizes: readonly number[], count: number): readonly number[] {
  const quotas = sizes.map(() => 0);
  for (let given = 0; given < count; )
    for (const [i, size] of sizes.entries())
      if (given < count && (quotas[i] ?? 0) < size) {
        quotas[i] = (quotas[i] ?? 0) + 1;
        given++;
      }
  return quotas;
}

/** `count` of a list, evenly spaced, the last one among them. */
function spread<M>(list: readonly M[], count: number): readonly M[] {
  return Array.from({ length: count }, (_, k) => list[Math.ceil(((k + 1) * list.length) / count) - 1]).filter(
    (item) => item !== undefined,
  );
}
