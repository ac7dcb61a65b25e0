/** A web server on the loopback, well-behaved or not. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RangeServer {
  /** Ends with a slash. */
  readonly url: string;
  /** Range headers received, in order. */
  readonly ranges: string[];
  close(): Promise<void>;
}

export type Answer = (request: IncomingMessage, response: ServerResponse, ranges: readonly string[]) => void;

/** Serves `files` by their path; `answer` takes over the paths it is given for. */
export async function serve(
  files: Readonly<Record<string, Uint8Array>>,
  answers: Readonly<Record<string, Answer>> = {},
): Promise<RangeServer> {
  const ranges: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '', 'http://x').pathname).slice(1);
    ranges.push(request.headers.range ?? '');
    const answer = answers[path];
    if (answer) answer(request, response, ranges);
    else sendRange(response, files[path], request.headers.range);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  return { url: `http://127.0.0.1:${port}/`, ranges, close: () => stop(server) };
}

/** As a server that knows RFC 9110. */
export function sendRange(response: ServerResponse, bytes: Uint8Array | undefined, range = ''): void {
  if (bytes === undefined) {
    response.writeHead(404).end();
    return;
  }
  const [, first = '0', last = ''] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
  const start = Number(first);
  const end = Math.min(bytes.length, Number(last) + 1);
  if (start >= bytes.length) {
    response.writeHead(416, { 'Content-Range': `bytes */${bytes.length}` }).end();
    return;
  }
  response.writeHead(206, { 'Content-Range': `bytes ${start}-${end - 1}/${bytes.length}`, ETag: '"1"' });
  response.end(bytes.subarray(start, end));
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
