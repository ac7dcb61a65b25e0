/**
 * The optimizer step as a graph: Muon on stacks of equal hidden matrices, AdamW on the rest.
 *
 * Muon, with G the gradient and mu the momentum coefficient:
 *   sum:      M <- mu M + G            Nesterov: X = G + mu M
 *   average:  M <- mu M + (1 - mu) G   Nesterov: X = (1 - mu) G + mu M      otherwise X = M
 *   W <- (1 - rate decay) W - rate s NS(X)
 * with s = sqrt(max(1, rows / columns)) ("original") or 0.2 sqrt(max(rows, columns)) ("rms"). Where the config asks for exact
 * directions instead of NS, X leaves by momentumGraph and the update comes in from outside.
 *
 * Every output is a fresh array: states are read from one set of arrays and written to another.
 */
import { createGraph, type Graph, type Tensor } from '../graph/graph.ts';
import { add, divide, multiply, scale, squareRoot, subtract } from '../graph/operators/elementwise.ts';
import type { NsSchedule } from '../newtonSchulz/schedule.ts';
import type { AdamWConfig, MuonConfig } from './config.ts';
import { orthogonalise } from './orthogonalise.ts';
import type { ParameterSpec } from './trainable.ts';

/** Hidden matrices of one shape and one schedule, orthogonalised together. */
export interface MuonStack {
  /** Key of the stack's tensors: "weights:KEY", "gradients:KEY", "momentum:KEY", "nsInput:KEY", "orthogonal:KEY". */
  readonly key: string;
  readonly parameters: readonly ParameterSpec[];
  readonly shape: readonly [number, number];
  readonly schedule: NsSchedule;
}

/** Scalars fed at every step; each is a tensor of shape []. */
export const UPDATE_SCALARS = ['muonRate', 'adamwRate', 'firstCorrection', 'secondCorrection'] as const;

/** Learning rates and AdamW's bias corrections 1 - beta^step. */
export type UpdateScalars = Readonly<Record<(typeof UPDATE_SCALARS)[number], number>>;

/** Groups Muon's matrices by shape and schedule, in the order of their first member. */
export function muonStacks(parameters: readonly ParameterSpec[], config: MuonConfig): readonly MuonStack[] {
  const stacks = new Map<string, MuonStack & { parameters: ParameterSpec[] }>();
  for (const parameter of parameters) {
    if (parameter.optimizer !== 'muon') continue;
    const schedule = config.schedules[parameter.name] ?? config.schedule;
    const identity = JSON.stringify([parameter.shape, schedule]);
    const stack = stacks.get(identity);
    if (stack) stack.parameters.push(parameter);
    else
      stacks.set(identity, {
        key: `stack${stacks.size}`,
        parameters: [parameter],
        shape: parameter.shape,
        schedule,
      });
  }
  return [...stacks.values()];
}

/** The whole step: inputs and outputs by the names of {@link MuonStack} and of the AdamW parameters. */
export function updateGraph(
  stacks: readonly MuonStack[],
  others: readonly ParameterSpec[],
  muon: MuonConfig,
  adamw: AdamWConfig,
): Graph {
  const graph = createGraph();
  const [muonRate, adamwRate, first, second] = UPDATE_SCALARS.map((name) => graph.input(name, [])) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ]; // as many tensors as names
  for (const stack of stacks) addMuonStep(graph, stack, muon, muonRate);
  for (const { name, shape } of others) addAdamWStep(graph, name, shape, adamw, adamwRate, { first, second });
  return graph;
}

/** The momentum of every stack alone: "next:momentum:KEY" and, with Nesterov, "nsInput:KEY". */
export function momentumGraph(stacks: readonly MuonStack[], muon: MuonConfig): Graph {
  const graph = createGraph();
  for (const stack of stacks) addMomentum(graph, stack, muon);
  return graph;
}

/** Factor on the orthonormalised update. */
export function updateScale(kind: MuonConfig['updateScale'], [rows, columns]: readonly [number, number]): number {
  return kind === 'original' ? Math.sqrt(Math.max(1, rows / columns)) : 0.2 * Math.sqrt(Math.max(rows, columns));
}

function addMuonStep(graph: Graph, stack: MuonStack, config: MuonConfig, rate: Tensor): void {
  const shape = [stack.parameters.length, ...stack.shape];
  const weights = graph.input(`weights:${stack.key}`, shape);
  const update =
    config.rank === undefined
      ? orthogonalise(graph, addMomentum(graph, stack, config), stack.schedule)
      : graph.input(`orthogonal:${stack.key}`, shape);
  const step = scale(graph, multiply(graph, update, rate), updateScale(config.updateScale, stack.shape));
  graph.output(`next:weights:${stack.key}`, subtract(graph, decayed(graph, weights, rate, config.weightDecay), step));
}

/** Momentum and, with Nesterov, its blend as outputs; returns what is orthonormalised. */
function addMomentum(graph: Graph, { key, parameters, shape }: MuonStack, config: MuonConfig): Tensor {
  const { momentum: mu, convention, nesterov } = config;
  const whole = [parameters.length, ...shape];
  const gradient = graph.input(`gradients:${key}`, whole);
  const old = graph.input(`momentum:${key}`, whole);
  const share = convention === 'sum' ? gradient : scale(graph, gradient, 1 - mu);
  const momentum = add(graph, scale(graph, old, mu), share);
  graph.output(`next:momentum:${key}`, momentum);
  if (!nesterov) return momentum;
  const blend = add(graph, share, scale(graph, momentum, mu));
  graph.output(`nsInput:${key}`, blend);
  return blend;
}

/** Loshchilov and Hutter 2019, arXiv:1711.05101; corrections are 1 - beta^step. */
function addAdamWStep(
  graph: Graph,
  name: string,
  shape: readonly number[],
  { betas: [beta1, beta2], epsilon, weightDecay }: AdamWConfig,
  rate: Tensor,
  corrections: { readonly first: Tensor; readonly second: Tensor },
): void {
  const weights = graph.input(`weights:${name}`, shape);
  const gradient = graph.input(`gradients:${name}`, shape);
  const blend = (old: Tensor, fresh: Tensor, beta: number): Tensor =>
    add(graph, scale(graph, old, beta), scale(graph, fresh, 1 - beta));
  const first = blend(graph.input(`first:${name}`, shape), gradient, beta1);
  const second = blend(graph.input(`second:${name}`, shape), multiply(graph, gradient, gradient), beta2);

  const direction = divide(
    graph,
    divide(graph, first, corrections.first),
    add(graph, squareRoot(graph, divide(graph, second, corrections.second)), graph.constant([epsilon], [])),
  );
  graph.output(`next:first:${name}`, first);
  graph.output(`next:second:${name}`, second);
  graph.output(
    `next:weights:${name}`,
    subtract(graph, decayed(graph, weights, rate, weightDecay), multiply(graph, direction, rate)),
  );
}

/** (1 - rate * weightDecay) W */
function decayed(graph: Graph, weights: Tensor, rate: Tensor, weightDecay: number): Tensor {
  if (weightDecay === 0) return weights;
  return multiply(graph, weights, subtract(graph, graph.constant([1], []), scale(graph, rate, weightDecay)));
}
