/**
 * Runs graphs on ONNX Runtime. Inputs and outputs are typed arrays that belong to the caller and are read and
 * written in place: a step allocates nothing.
 */
import { EngineError } from '../base/errors.ts';
import type { Graph } from './graph.ts';
import { sizeOf } from './graph.ts';
import { encodeModel, type OnnxValue } from './onnx.ts';

/** Where a graph runs. "cpu" is always there; the others need their libraries or a GPU. */
export type EngineName = 'cpu' | 'webgpu' | 'cuda';

/** Storage of a tensor of a program. */
export type TensorData = Float32Array | BigInt64Array;

/** By tensor name. */
export type Bindings = Readonly<Record<string, TensorData>>;

/** A compiled graph with bound arrays: each run reads the inputs and overwrites the outputs. */
export interface BoundProgram {
  run(): Promise<void>;
}

/** A compiled graph. */
export interface Program {
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /**
   * Ties arrays to names.
   *
   * @throws EngineError if a name is missing or an array has the wrong type or length
   */
  bind(inputs: Bindings, outputs: Bindings): BoundProgram;
  close(): Promise<void>;
}

export interface Engine {
  readonly name: EngineName;
  compile(graph: Graph): Promise<Program>;
}

export interface EngineOptions {
  readonly name?: EngineName;
  /** Threads of one run; the result does not depend on timing, but may depend on this number. */
  readonly threads: number;
}

type Runtime = typeof import('onnxruntime-node');
type Session = import('onnxruntime-node').InferenceSession;

/**
 * An engine over onnxruntime-node.
 *
 * @throws EngineError if the runtime cannot be loaded or does not offer `name`
 */
export async function createEngine({ name = 'cpu', threads }: EngineOptions): Promise<Engine> {
  const runtime = await loadRuntime();
  const offered = runtime.listSupportedBackends().map((backend) => backend.name);
  if (!offered.includes(name))
    throw new EngineError(`engine: "${name}" is not in this build of ONNX Runtime; it offers ${offered.join(', ')}`);
  return {
    name,
    async compile(graph) {
      const model = graph.model();
      const session = await createSession(runtime, encodeModel(model), name, threads);
      return programOf(runtime, session, model.inputs, model.outputs);
    },
  };
}

async function loadRuntime(): Promise<Runtime> {
  try {
    const module = await import('onnxruntime-node');
    return (module as unknown as { default?: Runtime }).default ?? module; // a CommonJS package: both shapes occur
  } catch (cause) {
    throw new EngineError('engine: onnxruntime-node cannot be loaded; reinstall with npm ci', { cause });
  }
}

async function createSession(runtime: Runtime, bytes: Uint8Array, name: EngineName, threads: number): Promise<Session> {
  try {
    return await runtime.InferenceSession.create(bytes, {
      executionProviders: [name],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
      // A run's threads would go on spinning after it ends and take the cores from the next program.
      extra: { session: { force_spinning_stop: '1' } },
    });
  } catch (cause) {
    throw new EngineError(`engine: ${name} refused a graph: ${messageOf(cause)}`, { cause });
  }
}

function programOf(
  runtime: Runtime,
  session: Session,
  inputs: readonly OnnxValue[],
  outputs: readonly OnnxValue[],
): Program {
  const tensorsOf = (values: readonly OnnxValue[], bindings: Bindings) =>
    Object.fromEntries(values.map((value) => [value.name, bindTensor(runtime, value, bindings[value.name])]));
  return {
    inputs,
    outputs,
    bind(inputData, outputData) {
      const feeds = tensorsOf(inputs, inputData);
      const fetches = tensorsOf(outputs, outputData);
      return {
        async run() {
          try {
            await session.run(feeds, fetches);
          } catch (cause) {
            throw new EngineError(`engine: a run failed: ${messageOf(cause)}`, { cause });
          }
        },
      };
    },
    close: () => session.release(),
  };
}

function bindTensor(runtime: Runtime, value: OnnxValue, data: TensorData | undefined) {
  const expected = sizeOf(value.shape);
  const rightType = value.type === 'int64' ? data instanceof BigInt64Array : data instanceof Float32Array;
  if (!data || !rightType || data.length !== expected)
    throw new EngineError(
      `engine: tensor "${value.name}" needs ${expected} ${value.type} values, got ${data ? `${data.length} in ${data.constructor.name}` : 'none'}`,
    );
  return data instanceof BigInt64Array
    ? new runtime.Tensor('int64', data, value.shape)
    : new runtime.Tensor('float32', data, value.shape);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
