/** News as server-sent events. */
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import type { News } from './news.ts';
import { refuse } from './safety.ts';

export interface EventOptions {
  /** Milliseconds in which a page must take a message; the line of one that does not is cut, and it asks anew. */
  readonly patience?: number;
}

/** Milliseconds between signs of life, so that proxies and browsers keep the line open. */
const HEARTBEAT = 15_000;
const PATIENCE = 30_000;
/** Milliseconds before a browser asks anew. */
const RETRY = 1000;
const MOST_LISTENERS = 64;

/**
 * Answers GET /api/events?since=MARK, or with the header Last-Event-ID, which wins: `changes` with what has changed since, `missed`
 * where that is not known, `current` where nothing has.
 */
export function newsHandler(
  news: News,
  { patience = PATIENCE }: EventOptions = {},
): (context: Context<{ Bindings: HttpBindings }>) => Response {
  let listening = 0;
  return (context) => {
    if (context.req.method !== 'GET') return refuse(context, 405, 'expected GET: news have no end');
    if (listening >= MOST_LISTENERS)
      return refuse(context, 503, `more than ${MOST_LISTENERS} pages are listening; close some`);
    const heard = context.req.header('last-event-id') ?? context.req.query('since') ?? '';
    listening++;
    return streamSSE(context, async (stream) => {
      try {
        await tellNews(stream, news, { heard, patience });
      } finally {
        listening--;
        if (!stream.aborted) context.env.outgoing.destroy(); // what it has not taken stays unsent
      }
    });
  };
}

/** One message at a time: what happens while a slow page has not taken the last one is told together in the next. */
async function tellNews(
  stream: SSEStreamingApi,
  news: News,
  { heard, patience }: { readonly heard: string; readonly patience: number },
): Promise<void> {
  let [mark, wake] = [heard, (): void => undefined];
  const stop = news.onTelling(() => wake());
  stream.onAbort(() => wake());
  const send = (event: string, data: string): Promise<boolean> =>
    isDone(stream.writeSSE({ event, data, id: mark, retry: RETRY }), patience);
  try {
    for (let isFirst = true; !stream.aborted && !stream.closed; isFirst = false) {
      const changes = news.since(mark);
      mark = news.mark;
      const event = changes === null ? 'missed' : changes.length > 0 ? 'changes' : isFirst ? 'current' : 'alive';
      if (!(await send(event, event === 'changes' ? JSON.stringify(changes) : ''))) return;
      if (stream.aborted || mark !== news.mark) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, HEARTBEAT);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  } finally {
    stop();
  }
}

function isDone(work: Promise<void>, patience: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), patience);
    void work.then(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
