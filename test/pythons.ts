/** Pythons to run references with: those of MUONSCOPE_PYTHON, separated by colons, then the usual ones. */
import { execFileSync } from 'node:child_process';

const CANDIDATES = [...(process.env.MUONSCOPE_PYTHON?.split(':') ?? []), 'python3', '/usr/bin/python3'];

/** The first Python in which a probe, an expression, holds. */
export function pythonWith(probe: string): string | null {
  return CANDIDATES.find((python) => python !== '' && said(python, probe) !== null) ?? null;
}

/** One Python for each version that an expression gives, e.g. of a module; newest name first found. */
export function pythonsByVersion(version: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const python of CANDIDATES.filter((candidate) => candidate !== '')) {
    const answer = said(python, `print(${version})`);
    if (answer !== null && !found.has(answer)) found.set(answer, python);
  }
  return found;
}

/** What a Python prints; null if it is not there or raises. */
function said(python: string, code: string): string | null {
  try {
    return execFileSync(python, ['-c', code], {
      encoding: 'utf8',
      timeout: 60_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return null;
  }
}
