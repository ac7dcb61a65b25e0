/**
 * Ends a test run with the line `N passed, N failed, N skipped`.
 *
 * A file that cannot be loaded and an error outside any test each count as one failure, so that a run with
 * failures never reads as clean.
 */
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node';

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const { passed, failed, skipped } = count(modules, errors);
    console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  }
}

/** @param errors those that no test caught */
export function count(modules: readonly TestModule[], errors: readonly unknown[]): Counts {
  const counts: Counts = { passed: 0, failed: errors.length, skipped: 0 };
  for (const module of modules) {
    if (module.errors().length > 0) counts.failed++;
    for (const suite of module.children.allSuites()) if (suite.errors().length > 0) counts.failed++;
    for (const test of module.children.allTests()) counts[outcome(test)]++;
  }
  return counts;
}

/** A test that did not come to an end, e.g. because the run was stopped, counts as failed. */
function outcome(test: TestCase): keyof Counts {
  const { state } = test.result();
  return state === 'pending' ? 'failed' : state;
}
