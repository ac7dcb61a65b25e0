/** What a plan needs to know of a model: its hidden matrices layer by layer, and its counts of parameters. */

/** One hidden matrix, or several alike, of every layer that has it: what Muon trains. */
export interface MatrixKind {
  /** attn.q, ... of momentumSample.ts, or the raw name of a matrix that fuses or factors those. */
  readonly role: string;
  /** Which of several matrices of one role: "experts", "shared expert"; null where there is one. */
  readonly part: string | null;
  /**
   * Roles whose laws stand in where there is none of `role`; the one with the smallest forecast governs.
   */
  readonly standIns: readonly string[];
  /** Regular expression of the parameter's name without ".weight"; `{layer}` stands for the number of the layer. */
  readonly parameter: string;
  /** As stored. */
  readonly shape: readonly [number, number];
  /** Matrices a layer. */
  readonly copies: number;
  /** Of these, those a token passes through. */
  readonly active: number;
  /** Layers that have it, ascending, 0-based. */
  readonly layers: readonly number[];
}

/** A model as a planner sees it. */
export interface ModelDescription {
  /** model_type of its config, or "own". */
  readonly family: string;
  readonly layers: number;
  /** d, of the residual stream. */
  readonly width: number;
  /** All parameters, embeddings, gains and biases included. */
  readonly params: number;
  /** Without token and position embeddings and head. */
  readonly nonEmbeddingParams: number;
  /** Of `params`, those a token passes through. */
  readonly activeParams: number;
  /** Weights that multiply a token in the forward pass: active hidden ones and the head. */
  readonly weightsPerToken: number;
  readonly matrices: readonly MatrixKind[];
}

/** The part of a {@link ModelDescription} that the counts follow from. */
export interface ModelParts {
  readonly family: string;
  readonly layers: number;
  readonly width: number;
  readonly vocabulary: number;
  /** Whether head and embedding are one matrix. */
  readonly tied: boolean;
  /** Learned positions; 0 for rotary ones. */
  readonly positions: number;
  readonly matrices: readonly MatrixKind[];
  /** Gains, biases and routers of the whole model. */
  readonly otherParams: number;
}

/** Counts the parameters of a model from its parts. */
export function describeModel(parts: ModelParts): ModelDescription {
  const { family, layers, width, vocabulary, tied, positions, matrices, otherParams } = parts;
  const hidden = (copies: (kind: MatrixKind) => number): number =>
    matrices.reduce((sum, kind) => sum + copies(kind) * kind.layers.length * kind.shape[0] * kind.shape[1], 0);
  const all = hidden((kind) => kind.copies);
  const active = hidden((kind) => kind.active);
  const outside = (tied ? 1 : 2) * vocabulary * width + positions * width;
  return {
    family,
    layers,
    width,
    params: all + otherParams + outside,
    nonEmbeddingParams: all + otherParams,
    activeParams: active + otherParams + outside,
    weightsPerToken: active + vocabulary * width,
    matrices,
  };
}

/** 0, 1, ..., layers - 1. */
export function everyLayer(layers: number): readonly number[] {
  return Array.from({ length: layers }, (_, layer) => layer);
}

/** A matrix that every one of `layers` has once. */
export function singleMatrix(
  role: string,
  parameter: string,
  shape: readonly [number, number],
  layers: readonly number[],
  standIns: readonly string[] = [],
): MatrixKind {
  return { role, part: null, standIns, parameter, shape, copies: 1, active: 1, layers };
}
