/**
 * A graph under construction: symbolic tensors, the ONNX nodes that compute them, and for each operator's
 * output the rule that carries a gradient back to its inputs.
 *
 * Shapes are fixed when the graph is built. Operators live in operators/, one file each, forward and gradient
 * side by side; gradients.ts walks the rules backwards.
 */
import { DomainError } from '../base/errors.ts';
import type { ElementType, OnnxAttribute, OnnxConstant, OnnxModel, OnnxNode, OnnxValue } from './onnx.ts';

/** A symbolic tensor: known shape, value only at run time. */
export interface Tensor {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
}

/**
 * Vector-Jacobian product of an operator with one output: from the gradient of the loss with respect to the
 * output to the gradients with respect to its differentiable inputs, in their order. Entries are only asked
 * for where `needed[i]` holds; null where it does not.
 */
export type GradientRule = (gradient: Tensor, needed: readonly boolean[]) => readonly (Tensor | null)[];

/** {@link GradientRule} of an operator with several outputs; null for an output the loss does not depend on. */
export type JointGradientRule = (
  gradients: readonly (Tensor | null)[],
  needed: readonly boolean[],
) => readonly (Tensor | null)[];

/** One differentiable operation of the graph. */
export interface Derivation {
  readonly outputs: readonly Tensor[];
  readonly inputs: readonly Tensor[];
  readonly rule: JointGradientRule;
}

/** Options of one emitted node. */
export interface NodeOptions {
  readonly attributes?: readonly OnnxAttribute[];
  readonly domain?: string;
  readonly type?: ElementType;
}

export interface Graph {
  input(name: string, shape: readonly number[], type?: ElementType): Tensor;
  /** Marks a tensor as a result under a stable name. */
  output(name: string, tensor: Tensor): void;
  /** Emits one node with one output of the given shape. */
  node(operator: string, inputs: readonly (Tensor | null)[], shape: readonly number[], options?: NodeOptions): Tensor;
  /** Emits one node with several outputs; a null shape leaves that output out. */
  nodes(
    operator: string,
    inputs: readonly (Tensor | null)[],
    shapes: readonly (readonly number[] | null)[],
    options?: NodeOptions,
  ): readonly Tensor[];
  /** float32 constant. */
  constant(values: ArrayLike<number>, shape: readonly number[]): Tensor;
  /** int64 constant, e.g. axes or a target shape; equal lists share one tensor. */
  integers(values: readonly number[], shape?: readonly number[]): Tensor;
  /** Says how a gradient passes from `output` to `inputs`. */
  differentiate(output: Tensor, inputs: readonly Tensor[], rule: GradientRule): Tensor;
  /** The same for an operator with several outputs. */
  differentiateJointly(derivation: Derivation): void;
  /** The operation that made a tensor, if it is differentiable. */
  derivationOf(tensor: Tensor): Derivation | undefined;
  /** The finished ONNX model. */
  model(): OnnxModel;
}

/** Number of entries of a shape; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** An empty graph. */
export function createGraph(): Graph {
  const nodes: OnnxNode[] = [];
  const constants: OnnxConstant[] = [];
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];
  const derivations = new Map<string, Derivation>();
  const sharedIntegers = new Map<string, Tensor>();
  let count = 0;

  const fresh = (type: ElementType, shape: readonly number[]): Tensor => ({ name: `t${count++}`, type, shape });

  const emit: Graph['nodes'] = (operator, sources, shapes, { attributes = [], domain = '', type = 'float32' } = {}) => {
    const results = shapes.map((shape) => (shape === null ? null : fresh(type, shape)));
    nodes.push({
      operator,
      domain,
      attributes,
      inputs: sources.map((source) => source?.name ?? ''),
      outputs: results.map((result) => result?.name ?? ''),
    });
    return results.filter((result) => result !== null);
  };

  const addConstant = (type: ElementType, shape: readonly number[], array: Float32Array | BigInt64Array): Tensor => {
    if (array.length !== sizeOf(shape))
      throw new DomainError(`graph constant: ${array.length} values do not fill shape [${shape}]`);
    const tensor = fresh(type, shape);
    constants.push({ ...tensor, bytes: new Uint8Array(array.buffer, array.byteOffset, array.byteLength) });
    return tensor;
  };

  return {
    nodes: emit,
    node: (operator, sources, shape, options) => emit(operator, sources, [shape], options)[0]!,
    input(name, shape, type = 'float32') {
      const tensor: Tensor = { name, type, shape };
      inputs.push(tensor);
      return tensor;
    },
    output(name, tensor) {
      nodes.push({ operator: 'Identity', domain: '', attributes: [], inputs: [tensor.name], outputs: [name] });
      outputs.push({ name, type: tensor.type, shape: tensor.shape });
    },
    constant: (values, shape) => addConstant('float32', shape, Float32Array.from(values)),
    integers(values, shape = [values.length]) {
      const key = `${values.join()}|${shape.join()}`;
      const tensor = sharedIntegers.get(key) ?? addConstant('int64', shape, BigInt64Array.from(values, BigInt));
      sharedIntegers.set(key, tensor);
      return tensor;
    },
    differentiate(output, sources, rule) {
      derivations.set(output.name, {
        outputs: [output],
        inputs: sources,
        rule: ([gradient], needed) => (gradient ? rule(gradient, needed) : []),
      });
      return output;
    },
    differentiateJointly(derivation) {
      for (const output of derivation.outputs) derivations.set(output.name, derivation);
    },
    derivationOf: (tensor) => derivations.get(tensor.name),
    model: () => ({ nodes, constants, inputs, outputs }),
  };
}
