/** The three programs of a run: loss with gradients, loss alone, optimizer step. */
import type { Engine, Program } from '../graph/engine.ts';
import { gradients } from '../graph/gradients.ts';
import { createGraph, type Graph, type Tensor } from '../graph/graph.ts';
import type { Recipe } from './config.ts';
import type { Trainable } from './trainable.ts';
import { type MuonStack, momentumGraph, updateGraph } from './updateGraph.ts';

export interface TrainingPrograms {
  /** weights:NAME and the model's inputs -> loss, gradients:NAME */
  readonly gradient: Program;
  /** weights:NAME and the model's inputs -> loss */
  readonly loss: Program;
  /** See momentumGraph; null where Newton-Schulz is part of the update. */
  readonly momentum: Program | null;
  /** See updateGraph. */
  readonly update: Program;
}

/** Compiles the programs of a run. */
export async function compilePrograms(
  engine: Engine,
  { muon, adamw }: Recipe,
  model: Trainable<never>,
  stacks: readonly MuonStack[],
): Promise<TrainingPrograms> {
  const others = model.parameters.filter(({ optimizer }) => optimizer === 'adamw');
  return {
    gradient: await engine.compile(gradientGraph(model)),
    loss: await engine.compile(lossGraph(model).graph),
    momentum: muon.rank === undefined ? null : await engine.compile(momentumGraph(stacks, muon)),
    update: await engine.compile(updateGraph(stacks, others, muon, adamw)),
  };
}

/** Loss and the gradient of every parameter. */
export function gradientGraph(model: Trainable<never>): Graph {
  const { graph, loss, weights } = lossGraph(model);
  const gradientOf = gradients(graph, loss, weights);
  model.parameters.forEach(({ name }, i) => {
    graph.output(`gradients:${name}`, gradientOf[i]!);
  });
  return graph;
}

function lossGraph({ parameters, inputs, loss: lossOf }: Trainable<never>): {
  graph: Graph;
  loss: Tensor;
  weights: readonly Tensor[];
} {
  const graph = createGraph();
  const given = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, type }]) => [name, graph.input(name, shape, type)]),
  );
  const weights = parameters.map(({ name, shape }) => graph.input(`weights:${name}`, shape));
  const byName = new Map(parameters.map(({ name }, i) => [name, weights[i]!]));
  const loss = lossOf(graph, byName, given);
  graph.output('loss', loss);
  return { graph, loss, weights };
}
