import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { serveSchema } from '../../src/store/serveSchema.ts';
import { openRaw, portOf } from '../server/rawSocket.ts';
import { writeStudy } from '../server/smallStudy.ts';
import { muonscope, startMuonscope } from './muonscope.ts';

const cwd = mkdtempSync(join(tmpdir(), 'muonscope-serve-cli-'));
beforeAll(() => {
  writeStudy(join(cwd, 'shown', 'one'), { runs: 1, layers: 1, steps: 3 });
  writeStudy(join(cwd, 'shown', 'two'), { runs: 2, layers: 1, steps: 3 });
  writeStudy(join(cwd, 'broken'), { runs: 2, layers: 1, steps: 3 });
  writeFileSync(join(cwd, 'broken', 'runs', 'run-0', 'run.json'), '{\u001b[31m');
  writeFileSync(join(cwd, 'file'), 'x');
  mkdirSync(join(cwd, 'empty'));
});

afterEach(() => vi.unstubAllEnvs());

/** Starts a server and waits for its first line. */
async function start(...args: readonly string[]) {
  const child = startMuonscope(cwd, 'serve', '--port', '0', ...args);
  onTestFinished(() => void child.kill('SIGKILL'));
  let [stdout, stderr] = ['', ''];
  child.stderr?.setEncoding('utf8').on('data', (part) => (stderr += part));
  child.stdout?.setEncoding('utf8');
  await new Promise<void>((resolve, reject) => {
    child.on('exit', () => reject(new Error(stderr)));
    child.stdout?.on('data', (part) => {
      stdout += part;
      if (stdout.endsWith('\n') && (stdout.startsWith('http') || stdout.trimEnd().endsWith('}'))) resolve();
    });
  });
  const stop = async (): Promise<number | null> => {
    child.removeAllListeners('exit');
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    return (await ended)[0];
  };
  return { stop, stdout: () => stdout, stderr: () => stderr };
}

test.each([
  [
    'a missing folder',
    ['absent'],
    'absent: expected a folder, got nothing; check the path, or make a study there: muonscope study --out',
  ],
  ['a file', ['file'], 'file: expected a folder, got a file; give the folder of a study'],
  ['a port that is none', ['shown', '--port', '99999'], 'expected a port from 0 to 65535, got 99999'],
  ['an empty host', ['shown', '--host', ''], '--host: expected an address'],
  ['an address of another machine', ['shown', '--host', '192.0.2.1'], 'this machine has no such address'],
  ['an empty token', ['shown', '--host', '0.0.0.0', '--token', ''], '--token: expected 8 to 200 letters'],
])('refuses %s in one sentence', (_, args, sentence) => {
  const { exitCode, stdout, stderr } = muonscope(cwd, 'serve', ...args);
  expect([exitCode, stdout, stderr.trimEnd().split('\n').length]).toEqual([2, '', 1]);
  expect(stderr).toContain(sentence);
});

test('in an empty folder says what to run, and shows the study that is made then', async () => {
  const server = await start('empty');
  await expect.poll(server.stderr).toContain('Ctrl-C');
  expect(server.stderr()).toContain(
    `no study in empty yet; the page shows those that begin there, for example:\n  muonscope study --preset smoke --out ${join('empty', 'smoke')}\n`,
  );
  const listed = async () => (await fetch(new URL('/api/studies', server.stdout().trim()))).json();
  expect(await listed()).toEqual([]);
  writeStudy(join(cwd, 'empty', 'begun'), { runs: 1, layers: 1, steps: 3 });
  await expect.poll(listed, { timeout: 2000 }).toMatchObject([{ id: 'begun', name: join('empty', 'begun') }]);
  expect(await server.stop()).toBe(0);
});

test('ends at once at Ctrl-C with pages listening and a request half sent', async () => {
  const server = await start('shown');
  const url = server.stdout().trim();
  const pages = await Promise.all(Array.from({ length: 10 }, () => fetch(new URL('/api/events', url))));
  const half = openRaw(portOf(url), 'GET / HTTP/1.1\r\n');
  const begun = performance.now();
  expect(await server.stop()).toBe(0);
  expect(performance.now() - begun).toBeLessThan(2000);
  await expect.poll(() => half.destroyed).toBe(true);
  for (const page of pages) await expect(page.text()).rejects.toThrow();
});

/** A folder with programs of these texts, to be found before all others. */
function programs(texts: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'muonscope-programs-'));
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text, { mode: 0o755 });
  return folder;
}

test.skipIf(process.platform !== 'linux')(
  '--open hands the address to the opener as it is, never to a shell',
  async () => {
    const folder = programs({ 'xdg-open': `#!/bin/sh\nprintf '%s\\n' "$#" "$1" > '${join(cwd, 'opened')}'\n` });
    vi.stubEnv('PATH', folder);
    const server = await start('shown', '--open', '--host', '0.0.0.0');
    await expect.poll(() => existsSync(join(cwd, 'opened')) && readFileSync(join(cwd, 'opened'), 'utf8')).toBeTruthy();
    const [count, url] = readFileSync(join(cwd, 'opened'), 'utf8').split('\n');
    expect([count, url]).toEqual(['1', server.stdout().trim().replace('0.0.0.0', '127.0.0.1')]);
    expect(await server.stop()).toBe(0);
  },
);

test.skipIf(process.platform !== 'linux')('--open says so where there is no browser, and serves on', async () => {
  for (const [folder, reason] of [
    [programs({}), 'this machine has no xdg-open'],
    [programs({ 'xdg-open': '#!/bin/sh\nexit 3\n' }), 'xdg-open found none'],
  ] as const) {
    vi.stubEnv('PATH', folder);
    const server = await start('shown', '--open');
    await expect
      .poll(server.stderr)
      .toContain(`--open: no browser was opened: ${reason}; open the address above yourself\n`);
    expect((await fetch(server.stdout().trim())).status).toBe(200);
    expect(await server.stop()).toBe(0);
  }
});

test('refuses a port in use', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  onTestFinished(() => void taken.close());
  const { port } = taken.address() as { readonly port: number };
  const { exitCode, stderr } = muonscope(cwd, 'serve', 'shown', '--port', String(port));
  expect([exitCode, stderr.includes(`port ${port} is in use`)]).toEqual([2, true]);
});

test('prints address and studies as one document, serves them, and ends at Ctrl-C with 0', async () => {
  const server = await start('shown', '--json');
  const { url, studies } = serveSchema.parse(JSON.parse(server.stdout()));
  expect(studies.map(({ name }) => name)).toEqual([join('shown', 'one'), join('shown', 'two')]);
  expect((await fetch(url)).status).toBe(200);
  expect(await server.stop()).toBe(0);
});

test('lists runs and damage without control characters', async () => {
  const server = await start('broken', join('shown', 'one'));
  while (!server.stderr().includes('Ctrl-C')) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(server.stderr()).toContain('broken: 1 run\n');
  expect(server.stderr()).toContain('note: ');
  expect(server.stderr()).not.toContain('\u001b');
  expect(await server.stop()).toBe(0);
});

test('beyond this machine wants the token that the address holds', async () => {
  const server = await start('shown', '--host', '0.0.0.0');
  const { port, searchParams } = new URL(server.stdout().trim());
  const at = `http://127.0.0.1:${port}/api/studies`;
  expect((await fetch(at)).status).toBe(401);
  expect((await fetch(at, { headers: { authorization: `Bearer ${searchParams.get('token')}` } })).status).toBe(200);
  expect(await server.stop()).toBe(0);
});
