/** The three programs of a run: loss with gradients, loss alone, optimizer step. */
import type { Engine, Program } from '../graph/engine.ts';
import { gradients } from '../graph/gradients.ts';
import { createGraph, type Graph, type Tensor } from '../graph/graph.ts';
import type { TrainConfig } from './config.ts';
import { gptLoss, type ParameterSpec } from './gpt.ts';
import { type MuonStack, updateGraph } from './updateGraph.ts';

export interface TrainingPrograms {
  /** weights:NAME, tokens, targets -> loss, gradients:NAME */
  readonly gradient: Program;
  /** weights:NAME, tokens, targets -> loss */
  readonly loss: Program;
  /** See updateGraph. */
  readonly update: Program;
}

/** Compiles the programs of a run. */
export async function compilePrograms(
  engine: Engine,
  config: TrainConfig,
  parameters: readonly ParameterSpec[],
  stacks: readonly MuonStack[],
): Promise<TrainingPrograms> {
  const others = parameters.filter(({ optimizer }) => optimizer === 'adamw');
  return {
    gradient: await engine.compile(gradientGraph(config, parameters)),
    loss: await engine.compile(lossGraph(config, parameters).graph),
    update: await engine.compile(updateGraph(stacks, others, config.muon, config.adamw)),
  };
}

/** Loss and the gradient of every parameter. */
export function gradientGraph(
  config: Pick<TrainConfig, 'model' | 'batch'>,
  parameters: readonly ParameterSpec[],
): Graph {
  const { graph, loss, weights } = lossGraph(config, parameters);
  const gradientOf = gradients(graph, loss, weights);
  parameters.forEach(({ name }, i) => {
    graph.output(`gradients:${name}`, gradientOf[i]!);
  });
  return graph;
}

function lossGraph(
  { model, batch }: Pick<TrainConfig, 'model' | 'batch'>,
  parameters: readonly ParameterSpec[],
): { graph: Graph; loss: Tensor; weights: readonly Tensor[] } {
  const graph = createGraph();
  const tokens = graph.input('tokens', [model.context * batch], 'int64');
  const targets = graph.input('targets', [model.context * batch], 'int64');
  const weights = parameters.map(({ name, shape }) => graph.input(`weights:${name}`, shape));
  const byName = new Map(parameters.map(({ name }, i) => [name, weights[i]!]));
  const loss = gptLoss(graph, model, byName, tokens, targets);
  graph.output('loss', loss);
  return { graph, loss, weights };
}
