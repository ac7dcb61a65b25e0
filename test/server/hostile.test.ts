/** Requests of somebody who means harm, as bytes. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningServer, serveStudies } from '../../src/server/serve.ts';
import { askRaw, endOf, openRaw, portOf } from './rawSocket.ts';
import { writeStudy } from './smallStudy.ts';

const base = mkdtempSync(join(tmpdir(), 'muonscope-hostile-'));
const page = join(import.meta.dirname, '../../web');
const END = 'Connection: close';
const TOKEN = 'open-sesame-1234';
let open: RunningServer;
let locked: RunningServer;
let port: number;

beforeAll(async () => {
  writeStudy(join(base, 'small'), { runs: 1, layers: 1, steps: 3 });
  const request = { folders: [base], port: 0, page };
  open = await serveStudies({ ...request, host: '127.0.0.1' });
  locked = await serveStudies({ ...request, host: '0.0.0.0', token: TOKEN });
  port = portOf(open.url);
});
afterAll(async () => {
  await open.close();
  await locked.close();
});

describe('who is asked', () => {
  test.each([
    ['a path', 'GET /api/studies HTTP/1.1', 200],
    ['its own address', 'GET http://127.0.0.1:PORT/api/studies HTTP/1.1', 200],
    ['its own address in capitals', 'GET HTTP://LOCALHOST:PORT/api/studies HTTP/1.1', 400],
    ['another host', 'GET http://other.example/api/studies HTTP/1.1', 421],
    ['another host at this port', 'GET http://other.example:PORT/api/studies HTTP/1.1', 421],
    ['this host as a user of another', 'GET http://127.0.0.1:PORT@other.example/api/studies HTTP/1.1', 421],
    ['a user of this host', 'GET http://other.example@127.0.0.1:PORT/api/studies HTTP/1.1', 421],
    ['another port', 'GET http://127.0.0.1:1/api/studies HTTP/1.1', 421],
    ['no host', 'GET http:///api/studies HTTP/1.1', 421],
    ['https', 'GET https://127.0.0.1:PORT/api/studies HTTP/1.1', 421],
    ['another scheme', 'GET ftp://127.0.0.1:PORT/api/studies HTTP/1.1', 400],
    ['a name without a path', 'GET other.example HTTP/1.1', 400],
    ['two slashes', 'GET //other.example/api/studies HTTP/1.1', 404],
  ])('by the request line: %s', async (_, line, status) => {
    const answer = await askRaw(port, line.replaceAll('PORT', String(port)), `Host: 127.0.0.1:${port}`, END);
    expect([answer.status, answer.text.includes('small')]).toEqual([status, status === 200]);
  });

  test.each([
    ['this one', ['127.0.0.1:PORT'], 200],
    ['this one in capitals', ['LOCALHOST:PORT'], 200],
    ['this machine at six', ['[::1]:PORT'], 200],
    ['a dot after it', ['localhost.:PORT'], 421],
    ['a dot after the number', ['127.0.0.1.:PORT'], 421],
    ['the number as one', ['2130706433:PORT'], 421],
    ['a name that leads here', ['rebound.example:PORT'], 421],
    ['a name that begins like it', ['127.0.0.1.rebound.example:PORT'], 421],
    ['a name that ends like it', ['rebound.example#127.0.0.1:PORT'], 421],
    ['no port', ['127.0.0.1'], 421],
    ['another port', ['127.0.0.1:1'], 421],
    ['two ports', ['127.0.0.1:1:PORT'], 421],
    ['a user', ['user@127.0.0.1:PORT'], 421],
    ['two, another first', ['other.example', '127.0.0.1:PORT'], 421],
    ['two, another last', ['127.0.0.1:PORT', 'other.example'], 421],
    ['the same twice', ['127.0.0.1:PORT', '127.0.0.1:PORT'], 421],
    ['nothing', [''], 421],
  ])('by the header Host: %s', async (_, hosts, status) => {
    const headers = hosts.map((host) => `Host: ${host.replace('PORT', String(port))}`);
    const answer = await askRaw(port, 'GET /api/studies HTTP/1.1', ...headers, END);
    expect([status, ...(status === 421 ? [400] : [])]).toContain(answer.status);
    expect(answer.text.includes('small')).toBe(status === 200);
  });

  test('HTTP/1.0 and 1.1 without a host get nothing', async () => {
    expect((await askRaw(port, 'GET /api/studies HTTP/1.0')).status).toBe(421);
    expect((await askRaw(port, 'GET /api/studies HTTP/1.1', END)).status).toBe(400);
  });
});

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'PROPFIND', 'CONNECT', 'QUERY'])(
  'the method %s gets nothing',
  async (method) => {
    const target = method === 'CONNECT' ? 'other.example:80' : '/api/studies';
    const answer = await askRaw(port, `${method} ${target} HTTP/1.1`, `Host: 127.0.0.1:${port}`, END);
    expect([0, 400, 405]).toContain(answer.status);
    expect(answer.text).not.toContain('small');
  },
);

test.each([
  '/..%2f..%2fpackage.json',
  '/assets/%2e%2e%2f%2e%2e/package.json',
  '/assets/..%5c..%5cpackage.json',
  '/%252e%252e%252f%252e%252e%252fetc/passwd',
  '/assets/%c0%ae%c0%ae/package.json',
  '/vite.config.ts',
  '/index.html%00.css',
  '/index.html\u0000',
  '/api/studies/small%00/documents/laws',
  '/api/studies/small/runs/..%2f..%2f..%2fetc/metrics',
  '/\\..\\..\\package.json',
  `/${'../'.repeat(40)}etc/passwd`,
])('nothing stands at %j', async (path) => {
  const answer = await askRaw(port, `GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, END);
  expect([400, 404]).toContain(answer.status);
});

test('headers of 10 kB pass, of 20 kB and too many do not, and the server goes on', async () => {
  const host = `Host: 127.0.0.1:${port}`;
  expect((await askRaw(port, 'GET / HTTP/1.1', host, `X-A: ${'a'.repeat(10_000)}`, END)).status).toBe(200);
  expect((await askRaw(port, 'GET / HTTP/1.1', host, `X-A: ${'a'.repeat(20_000)}`, END)).status).toBe(431);
  const many = Array.from({ length: 5000 }, (_, i) => `X-${i}: a`);
  expect((await askRaw(port, 'GET / HTTP/1.1', host, ...many, END)).status).toBe(431);
  expect((await askRaw(port, 'GET / HTTP/1.1', host, END)).status).toBe(200);
});

test('a request that drips in is cut, while others are answered', { timeout: 20_000 }, async () => {
  const slow = Array.from({ length: 20 }, () => openRaw(port, `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`));
  const drips = setInterval(() => {
    for (const socket of slow) if (!socket.destroyed) socket.write('X-A: b\r\n');
  }, 1000);
  const ends = slow.map(endOf);
  expect((await askRaw(port, 'GET / HTTP/1.1', `Host: 127.0.0.1:${port}`, END)).status).toBe(200);
  const answers = await Promise.all(ends);
  clearInterval(drips);
  expect(Math.max(...answers.map(({ took }) => took))).toBeLessThan(16_000);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([408]));
});

describe('the token', () => {
  const ask = (path: string, ...headers: readonly string[]) =>
    askRaw(portOf(locked.url), `GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${portOf(locked.url)}`, ...headers, END);
  const cookieOf = (text: string): string => /set-cookie: ([^;]*)/i.exec(text)?.[1] ?? '';

  test.each([
    '/api/studies',
    '/',
    '/api/events',
    '/api/studies?token=',
    `/api/studies?token=${TOKEN}x`,
    `/api/studies?token=${TOKEN.slice(1)}`,
    `/api/studies?token=wrong&token=${TOKEN}`,
    `/api/studies?TOKEN=${TOKEN}`,
  ])('is wanted: %s', async (path) => expect((await ask(path)).status).toBe(401));

  test('goes from the address into a cookie of this port alone, and is passed on nowhere', async () => {
    const answer = await ask(`/?token=${TOKEN}&view=1`);
    expect(answer.status).toBe(303);
    expect(answer.text).toMatch(/^location: \/\?view=1\r$/im);
    expect(answer.text).toMatch(/^set-cookie: muonscope-\d+=.*; HttpOnly; SameSite=Strict\r$/im);
    expect(answer.text).toMatch(/^referrer-policy: no-referrer\r$/im);
    expect(answer.text).toMatch(/^cache-control: no-store\r$/im);
    const cookie = cookieOf(answer.text);
    expect((await ask('/api/studies', `Cookie: ${cookie}`)).status).toBe(200);
    expect((await ask('/api/studies', `Cookie: ${cookie.replace(/-\d+=/, '-1=')}`)).status).toBe(401);
    expect((await ask('/api/studies', `Cookie: ${cookie}x`)).status).toBe(401);
  });

  test('leads to no other host', async () => {
    const answer = await ask(`//other.example/?token=${TOKEN}`);
    expect(/^location: (.*)\r$/im.exec(answer.text)?.[1]).toBe('/other.example/');
  });

  test('is wanted at any number of this machine, at no name', async () => {
    const at = portOf(locked.url);
    const named = (host: string) =>
      askRaw(at, 'GET /api/studies HTTP/1.1', `Host: ${host}:${at}`, `Authorization: Bearer ${TOKEN}`, END);
    expect((await named('192.0.2.7')).status).toBe(200);
    expect((await named('rebound.example')).status).toBe(421);
  });
});

test.each([
  'null',
  'http://other.example',
  'http://127.0.0.1:1',
  'https://127.0.0.1:PORT',
  'http://127.0.0.1:PORT.evil',
])('the origin %s gets nothing', async (origin) => {
  const header = `Origin: ${origin.replace('PORT', String(port))}`;
  expect((await askRaw(port, 'GET /api/studies HTTP/1.1', `Host: 127.0.0.1:${port}`, header, END)).status).toBe(403);
});
