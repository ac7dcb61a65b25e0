import { UsageError } from '../../base/errors.ts';

/** What the operating system's refusals mean to someone who gave a path. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'found none; check the path',
  ENOTDIR: 'found none; check the path',
  ENAMETOOLONG: 'found none, for the path is too long; check the path',
  ELOOP: 'found links that lead in a circle; check the path',
  EACCES: 'got no permission to read it; change its permissions',
  EPERM: 'got no permission to read it; change its permissions',
  EMFILE: 'got too many open files; close some or raise the limit (ulimit -n)',
  ERR_INVALID_ARG_VALUE: 'found none, for a path cannot hold such characters; check the path',
  EBADF: 'got a source that was closed; open it again',
};

/**
 * A failed access to files as one sentence.
 *
 * @param expected e.g. "a file"
 * @returns a UsageError; `error` itself if the operating system did not refuse
 */
export function systemFailure(error: unknown, name: string, expected: string): unknown {
  const code = systemCode(error);
  if (code === null) return error;
  const reason = REASONS[code] ?? `the operating system answered ${code}; check the file and its disk`;
  return new UsageError(`${name}: expected ${expected}, ${reason}`, { cause: error });
}

/** Whether a path names nothing at all. */
export function namesNothing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'ERR_INVALID_ARG_VALUE'].includes(systemCode(error) ?? '');
}

/** "ENOENT" and its like; null for errors that are not the operating system's. */
function systemCode(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null;
  return 'syscall' in error || Object.hasOwn(REASONS, error.code) ? error.code : null;
}
