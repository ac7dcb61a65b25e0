/** Starts and stops the local web server. */
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { type HttpBindings, serve as listen, type ServerType } from '@hono/node-server';
import { UsageError } from '../base/errors.ts';
import { builtFolder } from '../workflows/builtFolder.ts';
import type { PageStudy } from '../workflows/pageData.ts';
import { showStudies } from '../workflows/shownStudies.ts';
import { createApp, type PageFile } from './app.ts';
import { type Following, followStudies } from './follow.ts';
import { createNews } from './news.ts';
import { isLoopback, type ServerAddress } from './safety.ts';

/** What is served, and to whom. */
export interface ServeRequest {
  /** Studies, or folders that hold some. */
  readonly folders: readonly string[];
  /** Address to listen on: 127.0.0.1, which this machine alone can reach, where left out. */
  readonly host?: string;
  /** 0, as where left out, for any that is free. */
  readonly port?: number;
  /** What other machines must give; made up if none is given. This machine needs none. */
  readonly token?: string;
  /** Folder of the built page; the one beside the program where left out. */
  readonly page?: string;
}

/** A server that listens until it is closed. */
export interface RunningServer {
  /** To open in a browser; holds the token if one is required. */
  readonly url: string;
  /** Those found at the start. */
  readonly studies: readonly PageStudy[];
  /** Ends open connections and frees the port. */
  close(): Promise<void>;
}

/** Connections at a time: a page holds up to seven. */
const MOST_CONNECTIONS = 512;
/** Milliseconds for the headers of a request and for all of it, and between two looks at who is late. */
const PATIENCE = { headersTimeout: 10_000, requestTimeout: 15_000, connectionsCheckingInterval: 2000 };
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
 * Serves the page over studies until closed: those in and under the folders, and those that begin there later.
 *
 * Only GET and HEAD are answered, nothing outside the folders is read, and nothing is written.
 *
 * @returns once it listens
 * @throws UsageError if a folder is absent, the address cannot be used, or the page was not built
 * @example
 * const server = await serveStudies({ folders: ['studies'] });
 * console.log(server.url); // http://127.0.0.1:43123/
 * await server.close();
 */
export async function serveStudies({
  folders,
  host = '127.0.0.1',
  port = 0,
  token,
  page,
}: ServeRequest): Promise<RunningServer> {
  requireUsable(host, port, token);
  const studies = showStudies(folders);
  const files = pageFiles(page ?? builtPage());
  const required = isLoopback(host) ? (token ?? null) : (token ?? randomBytes(24).toString('base64url'));
  const news = createNews();
  let address: ServerAddress = { host, port, token: required };
  const app = createApp({ studies, folders, files, news, address: () => address });
  let following: Following | null = null;
  const answer = (request: Request, env: object): Response | Promise<Response> => {
    following?.asked();
    return app.fetch(request, env as HttpBindings); // of a server of HTTP/1
  };
  const server = await bind(answer, host, port);
  address = { ...address, port: (server.address() as AddressInfo).port }; // of a server that listens on a port
  following = followStudies(studies, news);
  const shown = host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${shown}:${address.port}/${required === null ? '' : `?token=${encodeURIComponent(required)}`}`,
    studies: studies.list(),
    close: () =>
      new Promise((resolve) => {
        following?.stop();
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
  fetch: (request: Request, env: object) => Response | Promise<Response>,
  host: string,
  port: number,
): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = listen(
      // Request and Response stay those of the program that serves.
      { fetch, hostname: host, port, serverOptions: PATIENCE, overrideGlobalObjects: false },
      () => resolve(server),
    );
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
