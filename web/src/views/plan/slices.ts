/** Work in slices, between which the page draws and listens. */
import type { Steps } from '../../../../src/base/steps.ts';

/** Milliseconds of a slice: with the drawing that may follow it stays below the 50 that are felt. */
const SLICE = 16;

/**
 * Runs the steps, the first slice at once.
 *
 * @param done called once with the result, unless stopped
 * @param failed called once with what a step throws, unless stopped
 * @returns how to stop: nothing is called after it
 */
export function runInSlices<T>(
  steps: Steps<T>,
  done: (result: T) => void,
  failed: (error: unknown) => void,
): () => void {
  let isStopped = false;
  const slice = (): void => {
    if (isStopped) return;
    const until = performance.now() + SLICE;
    let step: IteratorResult<undefined, T>;
    try {
      do step = steps.next();
      while (!step.done && performance.now() < until);
    } catch (error) {
      failed(error);
      return;
    }
    if (step.done) done(step.value);
    else giveWay(slice);
  };
  slice();
  return () => {
    isStopped = true;
  };
}

/** As a task of its own; a timer would wait for four milliseconds. */
function giveWay(then: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    then();
  };
  port2.postMessage(null);
}
