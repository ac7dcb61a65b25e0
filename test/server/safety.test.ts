import { mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningServer, serveStudies } from '../../src/server/serve.ts';
import { writeStudy } from './smallStudy.ts';

const root = mkdtempSync(join(tmpdir(), 'muonscope-serve-'));
const base = join(root, 'shown');
let server: RunningServer;

beforeAll(async () => {
  writeStudy(join(base, 'small'), { runs: 1, layers: 2, steps: 12 });
  writeStudy(join(root, 'secret'), { runs: 1, layers: 1, steps: 2 });
  mkdirSync(join(base, 'disguised'));
  symlinkSync(join(root, 'secret'), join(base, 'linked'));
  symlinkSync(join(root, 'secret', 'study.json'), join(base, 'disguised', 'study.json'));
  symlinkSync(join(root, 'secret', 'runs', 'run-0'), join(base, 'small', 'runs', 'stolen'));
  server = await serveStudies({
    folders: [base],
    host: '127.0.0.1',
    port: 0,
    page: join(import.meta.dirname, '../../web'),
  });
});
afterAll(() => server.close());

/** Paths are sent as they stand: fetch would tidy them. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET', at: RunningServer = server) {
  const { port } = new URL(at.url);
  return new Promise<{ status: number; text: string; headers: Record<string, unknown> }>((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part) => (text += part));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text, headers: answer.headers }));
    });
    sent.on('error', reject).end();
  });
}

describe('the server', () => {
  test('shows studies inside the folders only, links left out', async () => {
    const studies = JSON.parse((await ask('/api/studies')).text);
    expect(studies.map(({ id }: { id: string }) => id)).toEqual(['small']);
    expect(studies[0].runs.map(({ run }: { run: string }) => run)).toEqual(['run-0']);
  });

  test.each([
    '/../package.json',
    '/%2e%2e/package.json',
    '/assets/..%2f..%2fpackage.json',
    '/..%5c..%5cpackage.json',
    '/%252e%252e%252fpackage.json',
    '/assets/%00',
    '/api/studies/..%2fsecret/documents/laws',
    '/api/studies/small/runs/..%2F..%2Fsecret/series',
    '/api/studies/small/documents/..%2fstudy',
    '/api/studies/%E0%A4%A/documents/laws',
    '/api/studies/__proto__/documents/laws',
  ])('has nothing at %s', async (path) => expect((await ask(path)).status).toBeGreaterThanOrEqual(400));

  test.each([
    ['another host', { host: 'evil.example' }, 421],
    ['another port', { host: '127.0.0.1:1' }, 421],
    ['an origin that is none', { origin: 'null' }, 403],
    ['another origin', { origin: 'http://evil.example' }, 403],
    ['a page of another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }, 403],
  ])('refuses %s', async (_, headers, status) => {
    expect((await ask('/api/studies', headers as Record<string, string>)).status).toBe(status);
  });

  test('refuses other methods, long addresses and huge queries', async () => {
    expect((await ask('/api/studies', {}, 'POST')).status).toBe(405);
    expect((await ask(`/${'a'.repeat(9000)}`)).status).toBe(414);
    expect((await ask(`/?q=${'a'.repeat(100_000)}`)).status).toBe(431);
    const at = '/api/studies/small/runs/run-0';
    for (const query of [
      'trajectories?columns=100000',
      `trajectories?series=${Array(100).fill(0)}`,
      'history?series=-1',
      'overview?quantile=nan',
      'history?most=1e9',
    ])
      expect((await ask(`${at}/${query}`)).status).toBe(400);
    expect((await ask(`${at}/history?series=999`)).status).toBe(404);
    expect((await ask('/api/studies/small/laws?size=all')).status).toBe(400);
    expect((await ask('/api/studies/absent/laws')).status).toBe(400);
  });

  test('tells news to 64 pages at a time, and forgets those that leave', async () => {
    const ends = Array.from({ length: 64 }, () => new AbortController());
    const listen = (signal?: AbortSignal) => fetch(new URL('/api/events', server.url), signal ? { signal } : {});
    const open = await Promise.all(ends.map(({ signal }) => listen(signal)));
    expect(open.every(({ status }) => status === 200)).toBe(true);
    expect((await listen()).status).toBe(503);
    ends[0]?.abort();
    const last = new AbortController();
    await expect.poll(async () => (await listen(last.signal)).status).toBe(200);
    for (const end of [...ends, last]) end.abort();
  });

  test('says how answers may be used, without exceptions for inline code', async () => {
    for (const path of ['/', '/api/studies', '/absent']) {
      const { headers } = await ask(path);
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['content-security-policy']).not.toContain('unsafe');
      expect(headers['x-content-type-options']).toBe('nosniff');
    }
  });

  test('wants the token once one is set, and keeps it in a cookie', async () => {
    const locked = await serveStudies({
      folders: [base],
      host: '127.0.0.1',
      port: 0,
      token: 'opensesame',
      page: join(import.meta.dirname, '../../web'),
    });
    const asked = (path: string, headers = {}) => ask(path, headers, 'GET', locked);
    expect((await asked('/api/studies')).status).toBe(401);
    expect((await asked('/?token=wrong')).status).toBe(401);
    const opened = await asked('/?token=opensesame');
    expect([opened.status, opened.headers.location]).toEqual([303, '/']);
    const cookie = String(opened.headers['set-cookie']).split(';')[0] ?? '';
    expect((await asked('/api/studies', { cookie })).status).toBe(200);
    await locked.close();
  });

  test('makes up a token for other hosts', async () => {
    const open = await serveStudies({
      folders: [base],
      host: '0.0.0.0',
      port: 0,
      page: join(import.meta.dirname, '../../web'),
    });
    expect(new URL(open.url).searchParams.get('token')?.length).toBeGreaterThan(20);
    await open.close();
  });

  test('needs folders alone, leaves the program its own Request, and closes twice', async () => {
    const before = [globalThis.Request, globalThis.Response];
    const plain = await serveStudies({ folders: [base], page: join(import.meta.dirname, '../../web') });
    expect(new URL(plain.url).hostname).toBe('127.0.0.1');
    expect((await fetch(new URL('/api/folders', plain.url))).status).toBe(200);
    expect([globalThis.Request, globalThis.Response]).toEqual(before);
    await plain.close();
    await plain.close();
    await expect(fetch(plain.url)).rejects.toThrow();
  });

  test('refuses an absent folder and a port in use in one sentence', async () => {
    await expect(serveStudies({ folders: [join(root, 'absent')], host: '127.0.0.1', port: 0 })).rejects.toThrow(
      'expected a folder',
    );
    const port = Number(new URL(server.url).port);
    await expect(serveStudies({ folders: [base], host: '127.0.0.1', port, page: base })).rejects.toThrow(
      `port ${port} is in use`,
    );
  });
});
