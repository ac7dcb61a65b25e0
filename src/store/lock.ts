/**
 * One writer a study: STUDY/.lock names the process that writes it.
 *
 * The lock is written to a file of its own and hard-linked into place, which is atomic, so a lock is never seen
 * half-written. A lock whose process is gone (kill -9, power cut) is taken over.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { StudyError } from '../base/errors.ts';
import { errorCode, fileFailure, TEMPORARY_SUFFIX } from './files.ts';

export const LOCK_FILE = '.lock';

/** A held lock. */
export interface StudyLock {
  release(): void;
}

/** Who holds a lock: the process, and when it started where the system tells (a process id is reused). */
interface LockOwner {
  readonly pid: number;
  readonly host: string;
  readonly started: string | null;
}

/**
 * Takes the lock of the study in `folder`, which exists.
 *
 * @throws StudyError if a living process holds it, or one on another machine, which cannot be asked
 */
export function lockStudy(folder: string): StudyLock {
  const path = join(folder, LOCK_FILE);
  const own = `${path}.${process.pid}${TEMPORARY_SUFFIX}`;
  const text = JSON.stringify({
    pid: process.pid,
    host: hostname(),
    started: startOf(process.pid),
  } satisfies LockOwner);
  try {
    writeFileSync(own, text);
    if (!link(own, path)) {
      removeStale(path, folder);
      if (!link(own, path)) throw inUse(readOwner(path), folder);
    }
  } catch (error) {
    throw fileFailure(error, `locking ${folder}`, folder);
  } finally {
    rmSync(own, { force: true });
  }
  return { release: () => rmSync(path, { force: true }) };
}

/** Whether the link was made; false if `path` exists. */
function link(own: string, path: string): boolean {
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Removes a lock that nobody holds. Renaming it first shows whether another process was faster. */
function removeStale(path: string, folder: string): void {
  const owner = readOwner(path);
  if (owner !== null && isAlive(owner)) throw inUse(owner, folder);
  const aside = `${path}.stale.${process.pid}${TEMPORARY_SUFFIX}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return; // released or taken over meanwhile
    throw error;
  }
  const moved = readOwner(aside);
  if (moved !== null && isAlive(moved)) link(aside, path);
  rmSync(aside, { force: true });
}

/** Null if the lock is gone or not a lock we write. */
function readOwner(path: string): LockOwner | null {
  try {
    const owner: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isOwner(owner) ? owner : null;
  } catch {
    return null;
  }
}

function isOwner(value: unknown): value is LockOwner {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    Number.isInteger(value.pid) &&
    'host' in value &&
    typeof value.host === 'string' &&
    'started' in value &&
    (value.started === null || typeof value.started === 'string')
  );
}

/** A process of another machine counts as alive: there is no way to ask. */
function isAlive(owner: LockOwner): boolean {
  if (owner.host !== hostname()) return true;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return false;
  }
  const started = startOf(owner.pid);
  return started === null || owner.started === null || started === owner.started;
}

/** Start of a process in this boot of the machine; null where /proc does not tell. */
function startOf(pid: number): string | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${fields[19]}`; // field 22 of proc(5) stat, starttime; two were cut off with the name
  } catch {
    return null;
  }
}

function inUse(owner: LockOwner | null, folder: string): StudyError {
  const who = owner === null ? 'another process' : `process ${owner.pid} on ${owner.host}`;
  const remedy = `wait for it or stop it; if it no longer runs, delete ${join(folder, LOCK_FILE)}`;
  return new StudyError(`study: ${folder} is being written by ${who}; ${remedy}`, folder);
}
