/** Runs small graphs in tests. */
import { createEngine } from '../../src/graph/engine.ts';
import { gradients } from '../../src/graph/gradients.ts';
import { createGraph, type Graph, sizeOf, type Tensor } from '../../src/graph/graph.ts';
import { multiply } from '../../src/graph/operators/elementwise.ts';
import { reduceSum } from '../../src/graph/operators/reduce.ts';
import { reshape } from '../../src/graph/operators/shape.ts';

export interface Input {
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

/** Builds a graph over the inputs and returns its outputs by name. */
export async function evaluate(
  inputs: readonly Input[],
  build: (graph: Graph, tensors: readonly Tensor[]) => Readonly<Record<string, Tensor>>,
  { threads = 2, runs = 1 }: { readonly threads?: number; readonly runs?: number } = {},
): Promise<readonly Readonly<Record<string, Float32Array>>[]> {
  const graph = createGraph();
  const tensors = inputs.map(({ shape, data }, i) =>
    graph.input(`in${i}`, shape, data instanceof BigInt64Array ? 'int64' : 'float32'),
  );
  const outputs = build(graph, tensors);
  for (const [name, tensor] of Object.entries(outputs)) graph.output(name, tensor);
  const engine = await createEngine({ threads });
  const program = await engine.compile(graph);
  const feeds = Object.fromEntries(inputs.map(({ data }, i) => [`in${i}`, data]));
  const results: Readonly<Record<string, Float32Array>>[] = [];
  for (let run = 0; run < runs; run++) {
    const fetches = Object.fromEntries(
      Object.entries(outputs).map(([name, { shape }]) => [name, new Float32Array(sizeOf(shape)).fill(Number.NaN)]),
    );
    await program.bind(feeds, fetches).run();
    results.push(fetches);
  }
  await program.close();
  return results;
}

/** Value and gradients of sum(weights * f(inputs)) with respect to the float inputs. */
export async function valueAndGradients(
  inputs: readonly Input[],
  weights: Float32Array,
  f: (graph: Graph, tensors: readonly Tensor[]) => Tensor,
): Promise<{ readonly value: Float32Array; readonly gradients: readonly Float32Array[] }> {
  const [result] = await evaluate(inputs, (graph, tensors) => {
    const y = f(graph, tensors);
    const weighted = multiply(graph, y, graph.constant(weights, y.shape));
    const loss = reshape(
      graph,
      reduceSum(
        graph,
        weighted,
        y.shape.map((_, i) => i),
      ),
      [],
    );
    const parameters = tensors.filter(({ type }) => type === 'float32');
    const slopes = gradients(graph, loss, parameters);
    return { value: y, ...Object.fromEntries(slopes.map((slope, i) => [`gradient${i}`, slope])) };
  });
  const { value, ...rest } = result!;
  return { value: value!, gradients: Object.keys(rest).map((_, i) => rest[`gradient${i}`]!) };
}
