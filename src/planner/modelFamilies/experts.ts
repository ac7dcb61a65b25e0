/** The three matrices of a gated MLP, once a layer or once an expert. */
import type { MatrixKind } from './modelDescription.ts';

/** Where a gated MLP stands and what it is called. */
export interface GatedMlp {
  /** "experts", "shared expert", or null for the only MLP of a layer. */
  readonly part: string | null;
  /** Regular expression of the name up to the matrix. */
  readonly prefix: string;
  /** Last parts of the three names, e.g. gate_proj, up_proj, down_proj. */
  readonly names: readonly [gate: string, up: string, down: string];
  readonly width: number;
  readonly inner: number;
  readonly copies: number;
  readonly active: number;
  readonly layers: readonly number[];
}

export const PROJECTIONS: readonly [gate: string, up: string, down: string] = ['gate_proj', 'up_proj', 'down_proj'];

/** Nothing where no layer has it. */
export function gatedMlp(mlp: GatedMlp): readonly MatrixKind[] {
  const { part, prefix, names, width, inner, copies, active, layers } = mlp;
  if (layers.length === 0) return [];
  const [gate, up, down] = names.map((name) => `${prefix}\\.${name}`) as [string, string, string];
  const common = { part, copies, active, layers };
  return [
    { ...common, role: 'mlp.gate', standIns: ['mlp.up'], parameter: gate, shape: [inner, width] },
    { ...common, role: 'mlp.up', standIns: [], parameter: up, shape: [inner, width] },
    { ...common, role: 'mlp.down', standIns: [], parameter: down, shape: [width, inner] },
  ];
}
