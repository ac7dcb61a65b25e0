/** What the main thread of a page did, from the browser's own trace. */
import type { Page } from 'playwright-core';

/** One task, in milliseconds. */
export interface MainThreadTask {
  readonly clock: number;
  /** Without what other threads and programs took meanwhile. */
  readonly processor: number;
}

/** A task of a trace in microseconds, or the name of a thread. */
interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly ph: string;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

/** The tasks that the page's main thread ran during `body`. One trace a browser at a time. */
export async function mainThreadTasks(page: Page, body: () => Promise<void>): Promise<readonly MainThreadTask[]> {
  const browser = page.context().browser();
  if (browser === null) throw new Error('the page has no browser to trace');
  await browser.startTracing(page, { categories: ['disabled-by-default-devtools.timeline'] });
  await body();
  const trace = JSON.parse((await browser.stopTracing()).toString()) as { readonly traceEvents: readonly TraceEvent[] };
  const threadOf = ({ pid, tid }: TraceEvent): string => `${pid} ${tid}`;
  const main = new Set(
    trace.traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
      .map(threadOf),
  );
  return trace.traceEvents
    .filter((event) => event.ph === 'X' && event.name === 'RunTask' && main.has(threadOf(event)))
    .map(({ dur = 0, tdur = 0 }) => ({ clock: dur / 1000, processor: tdur / 1000 }));
}
