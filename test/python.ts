/** Python for tests that check our files with the tools they are for: MUONSCOPE_PYTHON, separated by colons, then python3. */
import { execFileSync } from 'node:child_process';

/**
 * The first Python in which `probe` can be evaluated; null if there is none.
 *
 * @param probe a Python expression, e.g. `__import__("tensorboard")`
 */
export function pythonWith(probe: string): string | null {
  const candidates = [...(process.env.MUONSCOPE_PYTHON?.split(':') ?? []), 'python3', '/usr/bin/python3'];
  const works = (python: string): boolean => {
    try {
      execFileSync(python, ['-c', probe], { stdio: 'ignore', timeout: 60_000 });
      return true;
    } catch {
      return false;
    }
  };
  return candidates.filter((python) => python !== '').find(works) ?? null;
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
