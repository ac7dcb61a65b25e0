/** News as server-sent events: to pages that listen, sleep, leave, and never read. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { describe, expect, onTestFinished, test } from 'vitest';
import { newsHandler } from '../../src/server/events.ts';
import { createNews, type News } from '../../src/server/news.ts';
import type { PageChange } from '../../src/workflows/pageData.ts';
import { openRaw } from './rawSocket.ts';

const change = (run: string): PageChange => ({ study: 'small', run, what: 'spectra' });
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

interface Told {
  readonly event: string;
  readonly data: string;
  readonly id: string;
}

describe('marks', () => {
  test('tell what changed after them, the latest of each kind, once', () => {
    const news = createNews();
    const begin = news.mark;
    expect(news.since(begin)).toEqual([]);
    news.tell([change('a'), change('b')]);
    const middle = news.mark;
    for (let i = 0; i < 1000; i++) news.tell([change('b')]);
    expect(news.since(begin)).toEqual([change('a'), change('b')]);
    expect(news.since(middle)).toEqual([change('b')]);
    expect(news.since(news.mark)).toEqual([]);
  });

  test('of another server, of none and made-up ones are not known', () => {
    const news = createNews();
    const [server] = news.mark.split('-');
    for (const mark of ['', 'x', createNews().mark, `${server}`, `${server}-`, `${server}--1`, `${server}-1e9`])
      expect(news.since(mark)).toBeNull();
  });
});

/** A server of news alone, and the answers it is writing. */
async function tellers(patience?: number): Promise<{ news: News; port: number; answers: ServerResponse[] }> {
  const news = createNews();
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.get('/api/events', newsHandler(news, patience === undefined ? {} : { patience }));
  const listener = getRequestListener((request, env) => app.fetch(request, env as HttpBindings), {
    overrideGlobalObjects: false, // as serveStudies
  });
  const answers: ServerResponse[] = [];
  const server = createServer((request, answer) => {
    answers.push(answer);
    void listener(request, answer);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { news, port: (server.address() as AddressInfo).port, answers };
}

/** A page that listens; what it was told so far. */
function listen(port: number, query = '', header = ''): { readonly socket: Socket; told(): readonly Told[] } {
  const socket = openRaw(port, `GET /api/events${query} HTTP/1.1\r\nHost: 127.0.0.1\r\n${header}\r\n`);
  let text = '';
  socket.setEncoding('utf8').on('data', (part) => (text += part));
  onTestFinished(() => void socket.destroy());
  const told = (): readonly Told[] =>
    [...text.matchAll(/event: (\w+)\ndata: (.*)\nid: (.*)\n/g)].map(([, event = '', data = '', id = '']) => ({
      event,
      data,
      id,
    }));
  return { socket, told };
}

test('a page hears what it missed since its mark, then what happens, each once', async () => {
  const { news, port } = await tellers();
  const mark = news.mark;
  news.tell([change('missed')]);
  const page = listen(port, `?since=${mark}`);
  await expect.poll(() => page.told().length).toBe(1);
  news.tell([change('live')]);
  await expect.poll(() => page.told().length).toBe(2);
  expect(page.told().map(({ event, data }) => [event, JSON.parse(data)])).toEqual([
    ['changes', [change('missed')]],
    ['changes', [change('live')]],
  ]);
  page.socket.destroy();
  news.tell([change('away')]);
  const again = listen(port, `?since=${mark}`, `Last-Event-ID: ${page.told()[1]?.id}\r\n`);
  await expect.poll(() => again.told().map(({ data }) => JSON.parse(data))).toEqual([[change('away')]]);
});

test('a page with the mark of an earlier server, or with none, is told that it may have missed anything', async () => {
  const { news, port } = await tellers();
  for (const query of ['', `?since=${createNews().mark}`]) {
    const page = listen(port, query);
    await expect.poll(() => page.told()).toEqual([{ event: 'missed', data: '', id: news.mark }]);
  }
  const current = listen(port, `?since=${news.mark}`);
  await expect.poll(() => current.told()[0]?.event).toBe('current');
});

test('fifty pages hear the same; those that leave are forgotten', async () => {
  const { news, port } = await tellers();
  const pages = Array.from({ length: 50 }, () => listen(port, `?since=${news.mark}`));
  await expect.poll(() => pages.every(({ told }) => told().length === 1)).toBe(true);
  for (let i = 0; i < 20; i++) {
    news.tell([change(`run-${i}`)]);
    await pause(5);
  }
  const heard = (page: (typeof pages)[number]): string[] =>
    page
      .told()
      .flatMap(({ event, data }) => (event === 'changes' ? JSON.parse(data).map((c: PageChange) => c.run) : []));
  const all = Array.from({ length: 20 }, (_, i) => `run-${i}`);
  for (const page of pages) await expect.poll(() => heard(page)).toEqual(all);
  for (const { socket } of pages) socket.destroy();
  await pause(50);
  const next = Array.from({ length: 64 }, () => listen(port, `?since=${news.mark}`));
  await expect.poll(() => next.every(({ told }) => told().length === 1)).toBe(true);
});

test('HEAD takes no place among the pages', async () => {
  const { news, port } = await tellers();
  for (let i = 0; i < 70; i++) {
    const { status } = await fetch(`http://127.0.0.1:${port}/api/events`, { method: 'HEAD' });
    expect(status).toBe(405);
  }
  const page = listen(port, `?since=${news.mark}`);
  await expect.poll(() => page.told().length).toBe(1);
});

/** News that fill the line of a page that does not read: some kilobytes each. */
const LONG = Array.from({ length: 64 }, (_, i) => change(`run-${i}-${'x'.repeat(200)}`));

test('a page that never reads costs what one message takes; when it reads on it has lost nothing', {
  timeout: 30_000,
}, async () => {
  const { news, port, answers } = await tellers();
  const page = listen(port, `?since=${news.mark}`);
  await expect.poll(() => page.told().length).toBe(1);
  page.socket.pause();
  const messages = 4000; // 60 MB
  const size = JSON.stringify(LONG).length;
  for (let i = 0; i < messages; i++) {
    news.tell(LONG);
    if (i % 4 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const held = Math.max(...answers.map(({ writableLength }) => writableLength));
  expect(answers[0]?.writableNeedDrain).toBe(true); // the line is full
  expect(held).toBeLessThan(4 * size); // 16 kB of Node's, a message over it, one on the way
  news.tell([change('last')]);
  page.socket.resume();
  await expect.poll(() => page.told().at(-1)?.data, { timeout: 10_000 }).toContain('"last"');
  expect(page.told().at(-1)?.id).toBe(news.mark);
  expect(page.told().length).toBeLessThan(messages / 2); // what happened meanwhile came together
});

test('a page that takes nothing for long is cut, and hears the rest when it asks anew', {
  timeout: 30_000,
}, async () => {
  const { news, port, answers } = await tellers(300);
  const page = listen(port, `?since=${news.mark}`);
  await expect.poll(() => page.told().length).toBe(1);
  page.socket.pause();
  for (let i = 0; i < 20_000 && !answers[0]?.destroyed; i++) {
    news.tell(LONG);
    if (i % 4 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await expect.poll(() => answers[0]?.destroyed, { timeout: 5000 }).toBe(true);
  page.socket.resume();
  await expect.poll(() => page.socket.destroyed).toBe(true);
  const again = listen(port, '', `Last-Event-ID: ${page.told().at(-1)?.id}\r\n`);
  await expect.poll(() => again.told()[0]?.event).toBe('changes');
  expect(again.told()[0]?.id).toBe(news.mark);
});
