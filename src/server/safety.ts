/** Who may ask: only pages of this server, at the name it was opened under, with the token where one is required. */
import { timingSafeEqual } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import type { Context, MiddlewareHandler, Next } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';

/** Where a server listens and who may ask. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  /** null where only this machine can ask. */
  readonly token: string | null;
}

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const LONGEST_URL = 8192;
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];
const COOKIE = 'muonscope';

/** Whether a host can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return ['127.0.0.1', 'localhost', '::1'].includes(host);
}

/** Refuses other methods, hosts, origins and long URLs; wants the token; says how answers may be used. */
export function guard(address: () => ServerAddress): MiddlewareHandler<{ Bindings: HttpBindings }> {
  return async (context, next) => {
    const { method, url } = context.req;
    if (method !== 'GET' && method !== 'HEAD') return refuse(context, 405, 'this server answers GET only');
    if (url.length > LONGEST_URL) return refuse(context, 414, `expected a URL of at most ${LONGEST_URL} characters`);
    const { host, port, token } = address();
    const asked = (context.req.header('host') ?? '').toLowerCase(); // of several, all of them, which is no host
    const named = authorityOf(context.env.incoming.url ?? '') ?? asked;
    if (![asked, named].every((name) => isOwnHost(name, host, port)))
      return refuse(context, 421, 'expected the address this server was started at');
    const origin = context.req.header('origin');
    if (origin !== undefined && origin !== `http://${asked}`)
      return refuse(context, 403, 'expected a page of this server');
    const site = context.req.header('sec-fetch-site');
    const isNavigation = context.req.header('sec-fetch-mode') === 'navigate';
    if (site !== undefined && !['same-origin', 'none'].includes(site) && !isNavigation)
      return refuse(context, 403, 'expected a page of this server');
    if (token !== null) return withToken(context, next, { token, port });
    await next();
    protect(context);
    return undefined;
  };
}

/** The token comes once in the URL and stays as a cookie that scripts cannot read. */
async function withToken(
  context: Context,
  next: Next,
  { token, port }: { readonly token: string; readonly port: number },
): Promise<Response | undefined> {
  const cookie = `${COOKIE}-${port}`; // browsers keep one jar for all ports of a host
  const given = context.req.query('token');
  if (given !== undefined && isSame(given, token)) {
    setCookie(context, cookie, token, { httpOnly: true, sameSite: 'Strict', path: '/' });
    const url = new URL(context.req.url);
    url.searchParams.delete('token');
    const answer = context.redirect(`${url.pathname.replace(/^\/+/, '/')}${url.search}`, 303);
    protect(context);
    return answer;
  }
  const bearer = context.req.header('authorization')?.replace(/^Bearer /, '');
  const known = [getCookie(context, cookie), bearer].some((held) => held !== undefined && isSame(held, token));
  if (!known)
    return refuse(context, 401, 'expected the token that muonscope serve printed; open the address it printed');
  await next();
  protect(context);
  return undefined;
}

/** Who is asked where the request line says so itself, `GET http://host/path`; null where it holds a path alone. */
function authorityOf(target: string): string | null {
  if (target.startsWith('/')) return null;
  return /^http:\/\/([^/?#]*)/i.exec(target)?.[1]?.toLowerCase() ?? '';
}

function isOwnHost(asked: string, host: string, port: number): boolean {
  const name = asked.replace(/:\d+$/, '');
  const askedPort = asked.match(/:(\d+)$/)?.[1] ?? '80';
  if (askedPort !== String(port)) return false;
  if (isLoopback(host)) return LOOPBACK.includes(name);
  return host === '0.0.0.0' || host === '::' ? isAddress(name) : name === host || name === `[${host}]`;
}

/** Numbers only: a name could be made to point here by somebody else. */
function isAddress(name: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(name) || /^\[[\da-f:.]+\]$/i.test(name) || name === 'localhost';
}

function isSame(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** @returns one sentence, as text */
export function refuse(
  context: Context,
  status: 400 | 401 | 403 | 404 | 405 | 414 | 421 | 500 | 503,
  reason: string,
): Response {
  const answer = context.body(`muonscope: ${reason}\n`, status, { 'content-type': 'text/plain; charset=utf-8' });
  protect(context);
  return answer;
}

function protect({ header, res }: Context): void {
  header('content-security-policy', POLICY);
  header('x-content-type-options', 'nosniff');
  header('referrer-policy', 'no-referrer');
  header('cross-origin-resource-policy', 'same-origin');
  header('cross-origin-opener-policy', 'same-origin');
  if (!res.headers.has('cache-control')) header('cache-control', 'no-store');
}
