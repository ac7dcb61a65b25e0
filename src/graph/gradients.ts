/** Reverse-mode differentiation over the rules that operators left in the graph. */
import { DomainError } from '../base/errors.ts';
import type { Derivation, Graph, Tensor } from './graph.ts';
import { add } from './operators/elementwise.ts';

/**
 * Gradients of a scalar with respect to parameters; extends `graph` by the nodes that compute them.
 *
 * @param loss shape []
 * @param parameters tensors that `loss` depends on
 * @returns one tensor a parameter, of its shape
 * @throws DomainError if `loss` is no scalar or does not depend on a parameter
 */
export function gradients(graph: Graph, loss: Tensor, parameters: readonly Tensor[]): readonly Tensor[] {
  if (loss.shape.length !== 0) throw new DomainError(`gradients: the loss must be a scalar, got shape [${loss.shape}]`);
  const order = operationsBehind(graph, loss);
  const needed = tensorsBetween(order, parameters);
  const gradientOf = new Map<string, Tensor>([[loss.name, graph.constant([1], [])]]);

  for (const { outputs, inputs, rule } of order.reverse()) {
    if (!outputs.some((output) => needed.has(output.name))) continue;
    const wanted = inputs.map((input) => needed.has(input.name));
    const contributions = rule(
      outputs.map((output) => gradientOf.get(output.name) ?? null),
      wanted,
    );
    inputs.forEach((input, i) => {
      const contribution = contributions[i];
      if (!wanted[i] || !contribution) return;
      const sum = gradientOf.get(input.name);
      gradientOf.set(input.name, sum ? add(graph, sum, contribution) : contribution);
    });
  }
  return parameters.map((parameter) => {
    const gradient = gradientOf.get(parameter.name);
    if (!gradient) throw new DomainError(`gradients: the loss does not depend on "${parameter.name}"`);
    return gradient;
  });
}

/** Operations that `loss` depends on, each after those that feed it. */
function operationsBehind(graph: Graph, loss: Tensor): Derivation[] {
  const order: Derivation[] = [];
  const seen = new Set<Derivation>();
  const visit = (tensor: Tensor): void => {
    const derivation = graph.derivationOf(tensor);
    if (!derivation || seen.has(derivation)) return;
    seen.add(derivation);
    derivation.inputs.forEach(visit);
    order.push(derivation);
  };
  visit(loss);
  return order;
}

/** Names of the tensors that depend on a parameter, the parameters included. */
function tensorsBetween(order: readonly Derivation[], parameters: readonly Tensor[]): Set<string> {
  const names = new Set(parameters.map((parameter) => parameter.name));
  for (const { outputs, inputs } of order)
    if (inputs.some((input) => names.has(input.name))) for (const output of outputs) names.add(output.name);
  return names;
}
