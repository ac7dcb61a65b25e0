/**
 * The body of a pool's worker: receives the compiled kernels once, then one matrix at a time.
 *
 * Bundled by kernels/build.mjs; runs as a Node worker thread and as a browser worker.
 */
import { MuonscopeError } from '../base/errors.ts';
import { createKernels, type Kernels } from './kernels.ts';
import { drawMatrix } from './randomMatrix.ts';
import { allSingularValues, summarise } from './spectrumSummary.ts';
import type { PoolAnswer, PoolJob, PoolRequest } from './workerMessages.ts';

interface Port {
  postMessage(answer: PoolAnswer): void;
  onmessage: ((event: { data: PoolRequest }) => void) | null;
}

let kernels: Kernels | undefined;

function answer(job: PoolJob): PoolAnswer {
  try {
    if (!kernels) throw new Error('a job came before the kernels');
    const { quantiles } = job;
    const matrix = 'data' in job.matrix ? job.matrix : drawMatrix(job.matrix);
    return quantiles
      ? { summary: summarise(kernels, matrix, quantiles) }
      : { values: allSingularValues(kernels, matrix) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { failure: { tag: error instanceof MuonscopeError ? error.tag : null, message } };
  }
}

function serve(request: PoolRequest, reply: (answer: PoolAnswer) => void): void {
  if ('module' in request) kernels = createKernels(request.module);
  else reply(answer(request));
}

const threads = globalThis.process?.getBuiltinModule?.('node:worker_threads');
if (threads?.parentPort) {
  const { parentPort } = threads;
  parentPort.on('message', (request: PoolRequest) => serve(request, (result) => parentPort.postMessage(result)));
} else {
  // A browser worker's global object is its port; the DOM library types it as a window.
  const port = globalThis as unknown as Port;
  port.onmessage = ({ data }) => serve(data, (result) => port.postMessage(result));
}
