/** Whether an engine works here, asked in a process of its own: GPU drivers print to stderr, and may crash. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { EngineError } from '../base/errors.ts';
import type { EngineName } from '../graph/engine.ts';
import { createGraph } from '../graph/graph.ts';
import { encodeModel } from '../graph/onnx.ts';
import { add } from '../graph/operators/elementwise.ts';

/** Milliseconds a driver may take to start. */
const LIMIT = 60_000;
/** node -e: path of ONNX Runtime, name of the engine, a model in base64. */
const PROBE = `
const [path, name, model] = process.argv.slice(1);
const { InferenceSession } = require(path);
InferenceSession.create(Buffer.from(model, 'base64'), { executionProviders: [name], logSeverityLevel: 4 }).then(
  () => process.exit(0),
  (error) => process.stdout.write(String(error.message), () => process.exit(1)),
);`;

/**
 * Tries an engine on the smallest of graphs. The cpu engine is part of the package and not tried.
 *
 * @throws EngineError in one sentence, whatever drivers have to say
 */
export function requireEngine(name: EngineName): void {
  if (name === 'cpu') return;
  const graph = createGraph();
  const x = graph.input('x', [1]);
  graph.output('y', add(graph, x, x));
  const model = Buffer.from(encodeModel(graph.model())).toString('base64');
  const runtime = createRequire(import.meta.url).resolve('onnxruntime-node');
  const { status, stdout } = spawnSync(process.execPath, ['-e', PROBE, runtime, name, model], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: LIMIT,
  });
  if (status !== 0) throw new EngineError(`engine: ${name} does not run here: ${reasonOf(stdout)}; use --engine cpu`);
}

/** The last part of ONNX Runtime's message, which begins with a place in its source. */
function reasonOf(message: string): string {
  const line = message.trim().split('\n').at(-1) ?? '';
  const reason = /failed to .*$/i.exec(line)?.[0] ?? line;
  return reason === '' ? 'its driver did not answer' : reason.charAt(0).toLowerCase() + reason.slice(1);
}
