/** Pythons for tests that check our files with the tools they are for: MUONSCOPE_PYTHON, separated by colons, then the usual ones. */
import { execFileSync } from 'node:child_process';

const CANDIDATES = [...(process.env.MUONSCOPE_PYTHON?.split(':') ?? []), 'python3', '/usr/bin/python3'].filter(
  (python) => python !== '',
);

/**
 * The first Python in which `probe` can be evaluated; null if there is none.
 *
 * @param probe a Python expression, e.g. `__import__("tensorboard")`
 */
export function pythonWith(probe: string): string | null {
  return CANDIDATES.find((python) => said(python, probe) !== null) ?? null;
}

/** One Python for each version that an expression gives, e.g. of a module; the first that is found. */
export function pythonsByVersion(version: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const python of CANDIDATES) {
    const answer = said(python, `print(${version})`);
    if (answer !== null && !found.has(answer)) found.set(answer, python);
  }
  return found;
}

/** What a script prints in its last line, as JSON. @param variables of its environment, beside those of this process */
export function runPython(
  python: string,
  script: string,
  args: readonly string[] = [],
  variables: Readonly<Record<string, string>> = {},
): unknown {
  const output = execFileSync(python, ['-c', script, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return JSON.parse(output.trim().split('\n').at(-1) ?? '');
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
