/**
 * One HTTP request for a range of bytes (RFC 9110, section 14), checked against what was asked.
 *
 * 1. Redirects are followed; contents must come unencoded.
 * 2. The answer must be 206 with a Content-Range that begins where asked and tells the file's whole length.
 * 3. A failed connection, a busy server and a body that breaks off are tried again; anything else is final.
 */
import { FormatError, MuonscopeError, UsageError } from '../../base/errors.ts';
import { allocateBytes } from './range.ts';

export interface RemoteOptions {
  /** A server that sends nothing for so long is given up. */
  readonly idleSeconds?: number;
  /** Pauses before further attempts after a failed one. */
  readonly retrySeconds?: readonly number[];
}

/** What stays the same over the requests of one source. */
export interface RemoteTarget extends Required<RemoteOptions> {
  readonly url: URL;
  /** For messages. */
  readonly name: string;
  /** Ends every request of the source. */
  readonly closed: AbortSignal;
}

export interface RangeAnswer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Length of the whole file. */
  readonly total: number;
  /** The server's ETag, where it has one: another one means another file. */
  readonly version: string | null;
}

/**
 * Bytes [start, end) of the file, fewer only where the file ends before `end`.
 *
 * @returns null if there is no such file
 * @throws UsageError if the server cannot be reached, refuses, or does not answer ranges
 * @throws FormatError if it sends other bytes than it promised
 */
export async function requestRange(target: RemoteTarget, start: number, end: number): Promise<RangeAnswer | null> {
  for (const seconds of target.retrySeconds) {
    const outcome = await attempt(target, start, end);
    if (!(outcome instanceof PassingFailure)) return outcome;
    await pause(seconds, target.closed);
  }
  const outcome = await attempt(target, start, end);
  if (outcome instanceof PassingFailure) throw outcome.error;
  return outcome;
}

/** A failure that may pass: worth another attempt. */
class PassingFailure {
  readonly error: MuonscopeError;

  constructor(error: MuonscopeError) {
    this.error = error;
  }
}

type Outcome = RangeAnswer | PassingFailure | null;

/** Statuses of a server that may answer a moment later. */
const BUSY: readonly number[] = [408, 425, 429, 500, 502, 503, 504];
const MISSING: readonly number[] = [404, 410];

async function attempt(target: RemoteTarget, start: number, end: number): Promise<Outcome> {
  const silence = watchSilence(target.idleSeconds);
  const signal = AbortSignal.any([target.closed, silence.signal]);
  let response: Response | null = null;
  try {
    const headers = { Range: `bytes=${start}-${end - 1}`, 'Accept-Encoding': 'identity' };
    response = await fetch(target.url, { headers, signal });
    return await readAnswer(response, target, start, end, silence.heard);
  } catch (error) {
    if (error instanceof MuonscopeError) throw error;
    if (target.closed.aborted)
      throw new UsageError(`${target.name}: expected an open source, got one that was closed; open it again`);
    const reason = silence.signal.aborted ? `silence for ${target.idleSeconds} s` : reasonOf(error);
    return new PassingFailure(
      new UsageError(`${target.name}: expected an answer, got ${reason}; check the address and the connection`, {
        cause: error,
      }),
    );
  } finally {
    silence.stop();
    await response?.body?.cancel().catch(() => {}); // whatever is left unread is not wanted
  }
}

async function readAnswer(
  response: Response,
  { name }: RemoteTarget,
  start: number,
  end: number,
  heard: () => void,
): Promise<Outcome> {
  const { status } = response;
  if (MISSING.includes(status)) return null;
  if (BUSY.includes(status))
    return new PassingFailure(new UsageError(`${name}: expected an answer, got HTTP ${status}; try again later`));
  if (status === 416 && start === 0 && response.headers.get('content-range') === 'bytes */0')
    return { bytes: new Uint8Array(0), total: 0, version: response.headers.get('etag') };
  const total = checkedTotal(response, name, start, end);
  const length = Math.min(end, total) - start;
  const bytes = allocateBytes(name, length);
  const received = await readBody(response, bytes, heard);
  if (received === length) return { bytes, total, version: response.headers.get('etag') };
  const error = new FormatError(
    `${name}: expected ${length} bytes at ${start}, got ${received > length ? 'more' : received}; the server sends other than it promises`,
    name,
  );
  if (received > length) throw error;
  return new PassingFailure(error);
}

/** Length of the whole file, once the answer is known to be the range that was asked for. */
function checkedTotal(response: Response, name: string, start: number, end: number): number {
  const { status, headers } = response;
  if (status === 200)
    throw new UsageError(
      `${name}: expected a server that answers range requests, got one that sends the whole file; download the file and name the copy`,
    );
  if (status === 401 || status === 403)
    throw new UsageError(
      `${name}: expected to read it, got no permission (HTTP ${status}); download it and name the copy`,
    );
  if (status === 416)
    throw new FormatError(
      `${name}: expected bytes at ${start}, got a shorter file; it changed while it was read`,
      name,
    );
  if (status !== 206)
    throw new UsageError(`${name}: expected bytes ${start} to ${end}, got HTTP ${status}; check the address`);
  const encoding = headers.get('content-encoding') ?? 'identity';
  if (encoding !== 'identity')
    throw new UsageError(
      `${name}: expected plain bytes, got them encoded (${encoding}); download the file and name the copy`,
    );
  const range = headers.get('content-range') ?? 'no Content-Range';
  const [, first, last, length] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(range) ?? [];
  if (length === '*')
    throw new UsageError(
      `${name}: expected a file of known length, got "${range}"; download the file and name the copy`,
    );
  const total = Number(length);
  const asked = total > start && Number(first) === start && Number(last) === Math.min(end, total) - 1;
  if (!asked || !Number.isSafeInteger(total))
    throw new UsageError(
      `${name}: expected bytes ${start} to ${end}, got ${JSON.stringify(range)}; the server answers other ranges than asked`,
    );
  return total;
}

/** Fills `bytes`; returns how many came, more than its length if more came. */
async function readBody(response: Response, bytes: Uint8Array, heard: () => void): Promise<number> {
  if (response.body === null) return 0;
  const reader = response.body.getReader();
  let received = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return received;
      heard();
      if (received + value.length > bytes.length) return received + value.length;
      bytes.set(value, received);
      received += value.length;
    }
  } finally {
    reader.releaseLock();
  }
}

/** Aborts once nothing was heard for `seconds`. */
function watchSilence(seconds: number): { signal: AbortSignal; heard: () => void; stop: () => void } {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const heard = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => controller.abort(), seconds * 1000);
  };
  heard();
  return { signal: controller.signal, heard, stop: () => clearTimeout(timer) };
}

/** Ends early when the source is closed; the next attempt then says so. */
function pause(seconds: number, closed: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(finish, seconds * 1000);
    closed.addEventListener('abort', finish, { once: true });
    function finish(): void {
      clearTimeout(timer);
      closed.removeEventListener('abort', finish);
      resolve();
    }
  });
}

/** fetch says "fetch failed" and keeps what happened in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  return cause.message || ('code' in cause ? String(cause.code) : cause.name);
}
