/** Starts and stops the local web server. */
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { serve as listen, type ServerType } from '@hono/node-server';
import { UsageError } from '../base/errors.ts';
import { builtFolder } from '../workflows/builtFolder.ts';
import type { PageChange, PageStudy } from '../workflows/pageData.ts';
import { showStudies } from '../workflows/shownStudies.ts';
import { createApp, type Listener, type PageFile } from './app.ts';
import { isLoopback, type ServerAddress } from './safety.ts';

export interface ServeRequest {
  /** Studies, or folders that hold some. */
  readonly folders: readonly string[];
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** What other machines must give; made up if none is given. This machine needs none. */
  readonly token?: string;
  /** Folder of the built page. */
  readonly page?: string;
}

export interface RunningServer {
  /** To open in a browser; holds the token if one is required. */
  readonly url: string;
  readonly studies: readonly PageStudy[];
  /** Ends open connections and frees the port. */
  close(): Promise<void>;
}

/** Milliseconds between two looks at the files, and at least between two tellings of news. */
const INTERVAL = 300;
/** The same while much is still to be read. */
const BACKLOG = 1000;
/** Connections at a time: a page holds up to seven. */
const MOST_CONNECTIONS = 512;
/** Milliseconds after a request in which reading on leaves room for the next, and how much. */
const QUIET = 500;
const PAUSE = 60;
const MOST_PORT = 65535;
/** Why listening failed, in words. */
const BIND_FAILURES: Readonly<Record<string, (port: number) => string>> = {
  EADDRINUSE: (port) => `port ${port} is in use`,
  EACCES: (port) => `port ${port} needs rights that this program lacks`,
  EADDRNOTAVAIL: () => 'this machine has no such address',
  ENOTFOUND: () => 'no such host is known',
  EAI_AGAIN: () => 'no such host is known',
};
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * Serves the page over studies until closed.
 *
 * @throws UsageError if a folder is absent or holds no study, or the address cannot be used
 */
export async function serveStudies({ folders, host, port, token, page }: ServeRequest): Promise<RunningServer> {
  requireUsable(host, port, token);
  const studies = showStudies(folders);
  const files = pageFiles(page ?? builtPage());
  const required = isLoopback(host) ? (token ?? null) : (token ?? randomBytes(24).toString('base64url'));
  const listeners = new Set<Listener>();
  let address: ServerAddress = { host, port, token: required };
  const app = createApp({ studies, files, listeners, address: () => address });
  let asked = Number.NEGATIVE_INFINITY;
  const answer = (request: Request): Response | Promise<Response> => {
    asked = performance.now();
    return app.fetch(request);
  };
  const server = await bind(answer, host, port);
  address = { ...address, port: (server.address() as AddressInfo).port }; // of a server that listens on a port
  let timer: NodeJS.Timeout;
  const pending = new Map<string, PageChange>();
  let told = 0;
  let complaint = '';
  const look = (): void => {
    let news: ReturnType<typeof studies.look> = { changes: [], isBehind: false };
    try {
      news = studies.look();
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      if (text !== complaint) process.stderr.write(`muonscope: serve: this is a defect; please report it\n${text}\n`);
      complaint = text; // told once, and the server goes on
    }
    const { changes, isBehind } = news;
    for (const change of changes) pending.set(`${change.study} ${change.run} ${change.what}`, change);
    if (pending.size > 0 && performance.now() - told >= (isBehind ? BACKLOG : INTERVAL)) {
      for (const tell of listeners) tell([...pending.values()]);
      pending.clear();
      told = performance.now();
    }
    timer = setTimeout(look, isBehind ? (performance.now() - asked < QUIET ? PAUSE : 1) : INTERVAL);
  };
  timer = setTimeout(look, 0);
  const shown = host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${shown}:${address.port}/${required === null ? '' : `?token=${encodeURIComponent(required)}`}`,
    studies: studies.list(),
    close: () =>
      new Promise((resolve) => {
        clearTimeout(timer);
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  };
}

function requireUsable(host: string, port: number, token: string | undefined): void {
  if (host === '') throw new UsageError('--host: expected an address, got none; leave it out for 127.0.0.1');
  if (port > MOST_PORT)
    throw new UsageError(`--port: expected a port from 0 to ${MOST_PORT}, got ${port}; 0 takes any that is free`);
  if (token !== undefined && !/^[\w.~-]{8,200}$/.test(token))
    throw new UsageError(
      '--token: expected 8 to 200 letters, digits and any of . _ ~ -, got something else; leave it out to have one made up',
    );
}

function bind(
  fetch: (request: Request) => Response | Promise<Response>,
  host: string,
  port: number,
): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = listen({ fetch, hostname: host, port }, () => resolve(server));
    server.maxConnections = MOST_CONNECTIONS;
    server.on('error', (error: NodeJS.ErrnoException) => {
      const reason = BIND_FAILURES[error.code ?? '']?.(port) ?? `the address cannot be used (${error.code})`;
      reject(
        new UsageError(`serve: expected to listen on ${host}, but ${reason}; give another --port or --host`, {
          cause: error,
        }),
      );
    });
  });
}

function builtPage(): string {
  const found = builtFolder('page');
  if (found !== null) return found;
  throw new UsageError('serve: expected the built page beside the program, found none; run npm run build');
}

/** Every file of the page, so that no path of a request is ever opened. */
function pageFiles(folder: string): ReadonlyMap<string, PageFile> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'));
  const files = names.flatMap((name) => {
    const type = TYPES[extname(name)];
    return type === undefined ? [] : [[`/${name}`, { path: join(folder, name), type }] as const];
  });
  const index = files.find(([name]) => name === '/index.html');
  return new Map(index === undefined ? files : [...files, ['/', index[1]] as const]);
}
