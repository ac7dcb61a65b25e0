import { afterEach, describe, expect, test } from 'vitest';
import { FormatError, MuonscopeError, UsageError } from '../../../src/base/errors.ts';
import { openLocation } from '../../../src/sources/bytes/location.ts';
import { BLOCK_BYTES, openUrl } from '../../../src/sources/bytes/remoteFile.ts';
import { urlsBeside } from '../../../src/sources/bytes/urlTree.ts';
import { type Answer, type RangeServer, sendRange, serve } from './rangeServer.ts';

const QUICK = { idleSeconds: 0.2, retrySeconds: [0, 0] };
const contents = Uint8Array.from({ length: 20 * BLOCK_BYTES + 17 }, (_, i) => (i * 31 + (i >> 9)) & 255);
let server: RangeServer;
afterEach(() => server.close());

/** Serves `contents` as "file", by `answer` if one is given. */
async function serving(answer?: Answer): Promise<string> {
  server = await serve({ file: contents }, answer ? { file: answer } : {});
  return `${server.url}file`;
}

describe('a remote file', () => {
  test('is opened by one request, which also brings its first block', async () => {
    const source = await openUrl(await serving());
    await source.slice(0, 8);
    await source.slice(8, 90_000);
    expect(server.ranges).toEqual([`bytes=0-${BLOCK_BYTES - 1}`]);
  });

  test('reads a thousand small neighbours with one request a block', async () => {
    const source = await openUrl(await serving());
    for (let i = 0; i < 1000; i++) await source.slice(2 * BLOCK_BYTES + i * 300, 2 * BLOCK_BYTES + i * 300 + 300);
    expect(server.ranges.length).toBe(1 + Math.ceil(300_000 / BLOCK_BYTES));
  });

  test('asks once for what several readers want at the same time', async () => {
    const source = await openUrl(await serving());
    await Promise.all(Array.from({ length: 20 }, (_, i) => source.slice(5 * BLOCK_BYTES + i, 5 * BLOCK_BYTES + i + 9)));
    expect(server.ranges.length).toBe(2);
  });

  test('joins missing neighbours into one request and asks for a large slice as a whole', async () => {
    const source = await openUrl(await serving());
    await source.slice(2 * BLOCK_BYTES - 1, 5 * BLOCK_BYTES);
    await source.slice(7, 7 + 9 * BLOCK_BYTES);
    expect(server.ranges.slice(1)).toEqual([
      `bytes=${BLOCK_BYTES}-${5 * BLOCK_BYTES - 1}`,
      `bytes=7-${6 + 9 * BLOCK_BYTES}`,
    ]);
  });

  test('may be empty', async () => {
    server = await serve({ file: new Uint8Array(0) });
    expect((await openUrl(`${server.url}file`)).byteLength).toBe(0);
  });

  test('is found behind redirects', async () => {
    server = await serve(
      { 'there/file': contents },
      {
        file: (_, response) => response.writeHead(302, { Location: '/there/file' }).end(),
      },
    );
    const source = await openUrl(`${server.url}file`);
    expect((await source.slice(contents.length - 1, contents.length))[0]).toBe(contents.at(-1));
    expect(source.name).toBe(`${server.url}file`);
  });

  test('is not called by what stands behind its question mark', async () => {
    expect((await openUrl(`${await serving()}?signature=secret`)).name).toBe(`${server.url}file`);
  });

  test.each<[string, number, (response: Parameters<Answer>[1]) => void]>([
    ['a busy server', 2, (response) => response.writeHead(503).end()],
    ['a broken connection', 2, (response) => response.destroy()],
    [
      'a body that breaks off',
      2,
      (response) => {
        response.writeHead(206, {
          'Content-Range': `bytes 0-${BLOCK_BYTES - 1}/${contents.length}`,
          'Content-Length': BLOCK_BYTES,
        });
        response.write(contents.subarray(0, 1000), () => response.destroy());
      },
    ],
    ['silence', 1, () => {}],
  ])('survives %s', async (_, times, fail) => {
    const url = await serving((request, response, ranges) => {
      if (ranges.length <= times) fail(response);
      else sendRange(response, contents, request.headers.range);
    });
    const source = await openUrl(url, QUICK);
    expect(Buffer.compare(await source.slice(0, 100), contents.subarray(0, 100))).toBe(0);
    expect(server.ranges.length).toBe(times + 1);
  });
});

describe('a server is refused with a sentence when', () => {
  const headers = (contentRange: string, more: object = {}) => ({ 'Content-Range': contentRange, ...more });
  const ok = `bytes 0-${BLOCK_BYTES - 1}/${contents.length}`;
  const block = contents.subarray(0, BLOCK_BYTES);
  test.each<[string, number, object, Uint8Array, string]>([
    ['it ignores ranges', 200, {}, contents, 'one that sends the whole file; download the file and name the copy'],
    ['it does not tell the length', 206, headers(`bytes 0-9/*`), block, 'expected a file of known length'],
    ['it sends no Content-Range', 206, {}, block, 'got "no Content-Range"; the server answers other ranges than asked'],
    ['it sends another range', 206, headers(`bytes 1-${BLOCK_BYTES}/${contents.length}`), block, 'other ranges'],
    ['it sends a shorter range', 206, headers(`bytes 0-9/${contents.length}`), block.subarray(0, 10), 'other ranges'],
    ['it tells an absurd length', 206, headers('bytes 0-9/99999999999999999999'), block, 'other ranges'],
    ['it compresses', 206, headers(ok, { 'Content-Encoding': 'br' }), block, 'expected plain bytes, got them encoded'],
    ['it sends more', 206, headers(ok), contents, `expected ${BLOCK_BYTES} bytes at 0, got more`],
    [
      'it sends less',
      206,
      headers(ok),
      block.subarray(5),
      `expected ${BLOCK_BYTES} bytes at 0, got ${BLOCK_BYTES - 5}`,
    ],
    ['there is no file', 404, {}, block, 'expected a file, found none; check the address'],
    ['it wants a login', 401, {}, block, 'got no permission (HTTP 401)'],
    ['it is busy for long', 503, {}, block, 'expected an answer, got HTTP 503; try again later'],
    ['it answers strangely', 418, {}, block, 'got HTTP 418'],
  ])('%s', async (_, status, head, body, message) => {
    const url = await serving((_request, response) => response.writeHead(status, { ...head }).end(body));
    const opening = openUrl(url, QUICK);
    await expect(opening).rejects.toThrow(MuonscopeError);
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.toThrow(`${server.url}file: `);
  });

  test('it says nothing for long', async () => {
    const url = await serving(() => {});
    await expect(openUrl(url, QUICK)).rejects.toThrow('expected an answer, got silence for 0.2 s');
  });

  test('it sends in circles', async () => {
    const url = await serving((_, response) => response.writeHead(302, { Location: '/file' }).end());
    await expect(openUrl(url, QUICK)).rejects.toThrow('expected an answer, got redirect count exceeded');
  });

  test('it sends somewhere that is not the web', async () => {
    const url = await serving((_, response) => response.writeHead(302, { Location: 'file:///etc/passwd' }).end());
    await expect(openUrl(url, QUICK)).rejects.toThrow(UsageError);
  });

  test('nobody listens', async () => {
    const url = await serving();
    await server.close();
    await expect(openUrl(url, QUICK)).rejects.toThrow(/expected an answer, got .*ECONNREFUSED/);
  });

  test.each<[string, Answer, string]>([
    [
      'becomes shorter',
      (request, response) => sendRange(response, contents.subarray(0, 1000), request.headers.range),
      'got a shorter file; it changed while it was read',
    ],
    [
      'becomes longer',
      (_, response) =>
        response
          .writeHead(
            206,
            headers(`bytes ${BLOCK_BYTES}-${2 * BLOCK_BYTES - 1}/${2 * contents.length}`, { ETag: '"1"' }),
          )
          .end(block),
      'expected one file throughout, got another one',
    ],
    [
      'becomes another one',
      (_, response) =>
        response
          .writeHead(206, headers(`bytes ${BLOCK_BYTES}-${2 * BLOCK_BYTES - 1}/${contents.length}`, { ETag: '"2"' }))
          .end(block),
      'expected one file throughout, got another one',
    ],
  ])('the file %s while it is read', async (_, change, message) => {
    const url = await serving((request, response, ranges) => {
      if (ranges.length === 1) sendRange(response, contents, request.headers.range);
      else change(request, response, ranges);
    });
    const source = await openUrl(url, QUICK);
    const slice = source.slice(BLOCK_BYTES, BLOCK_BYTES + 9);
    await expect(slice).rejects.toThrow(FormatError);
    await expect(slice).rejects.toThrow(message);
  });

  test('the source was closed', async () => {
    const source = await openUrl(await serving(), QUICK);
    await source.close();
    await expect(source.slice(BLOCK_BYTES, BLOCK_BYTES + 1)).rejects.toThrow('got one that was closed');
  });
});

test('a failed request is asked for again by the next slice', async () => {
  const url = await serving((request, response, ranges) => {
    if (ranges.length === 2) response.writeHead(403).end();
    else sendRange(response, contents, request.headers.range);
  });
  const source = await openUrl(url, QUICK);
  await expect(source.slice(BLOCK_BYTES, BLOCK_BYTES + 1)).rejects.toThrow('HTTP 403');
  expect((await source.slice(BLOCK_BYTES, BLOCK_BYTES + 1))[0]).toBe(contents[BLOCK_BYTES]);
});

describe('files beside a URL', () => {
  test('are opened by their names, odd ones too, and cannot be listed', async () => {
    server = await serve({ 'run/a?b#c%20d': contents.subarray(0, 5), 'run/index.json': contents.subarray(0, 9) });
    const tree = urlsBeside(new URL(`${server.url}run/index.json?x=1`));
    expect(tree.name).toBe(`${server.url}run/`);
    expect(await tree.list()).toBeNull();
    expect((await tree.open('a?b#c%20d'))?.byteLength).toBe(5);
    expect((await tree.open('./index.json'))?.byteLength).toBe(9);
    expect(await tree.open('none')).toBeNull();
    expect(await tree.open('')).toBeNull();
  });

  test.each(['../x', '/x', '//elsewhere/x', 'a/../../x', 'a\\..\\x'])('refuse %j', async (path) => {
    server = await serve({});
    await expect(urlsBeside(new URL(`${server.url}run/index.json`)).open(path)).rejects.toThrow('leads out of it');
    expect(server.ranges).toEqual([]);
  });

  test('are a location of their own', async () => {
    server = await serve({ 'run/index.json': contents.subarray(0, 9) });
    const file = await openLocation(`${server.url}run/index.json`);
    const folder = await openLocation(`${server.url}run/`);
    expect([file.kind, folder.kind]).toEqual(['file', 'folder']);
  });
});
