import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Runs vitest over one file with `lines` and returns its exit code and last line. */
function runTests(lines: string[]): Promise<{ code: number; lastLine: string | undefined }> {
  const folder = mkdtempSync(join(tmpdir(), 'muonscope-count-'));
  folders.push(folder);
  writeFileSync(`${folder}/a.test.ts`, lines.join('\n'));
  writeFileSync(
    `${folder}/vitest.config.ts`,
    `export default { test: { globals: true, reporters: ['${root}test/countReporter.ts'] } };`,
  );
  const args = [`${root}node_modules/vitest/vitest.mjs`, 'run', '--root', folder];
  return new Promise((resolve) => {
    execFile(process.execPath, args, (error, stdout) =>
      resolve({ code: Number(error?.code ?? 0), lastLine: stdout.trimEnd().split('\n').at(-1) }),
    );
  });
}

const pass = "test('a', () => {});";
const fail = "test('b', () => { throw new Error('b'); });";

test('a run ends with its counts, and only a run without failures exits with 0', async () => {
  expect(await runTests([pass, pass])).toEqual({ code: 0, lastLine: '2 passed, 0 failed, 0 skipped' });
  expect(await runTests([pass, fail])).toEqual({ code: 1, lastLine: '1 passed, 1 failed, 0 skipped' });
});

test('skipped and unwritten tests are counted', async () => {
  const lines = [pass, "test.skip('c', () => {});", "test.todo('d');", "test('e', ({ skip }) => skip());"];
  expect((await runTests(lines)).lastLine).toBe('1 passed, 0 failed, 3 skipped');
});

test('a file that cannot be loaded, a failing hook and a stray error each count as a failure', async () => {
  const hook = `describe('f', () => { beforeAll(() => { throw new Error('hook'); }); ${pass} });`;
  const stray =
    "test('g', async () => { setTimeout(() => { throw new Error('stray'); }); await new Promise((r) => setTimeout(r, 50)); });";
  expect(await runTests([pass, "throw new Error('load');"])).toEqual({
    code: 1,
    lastLine: '0 passed, 1 failed, 0 skipped',
  });
  expect(await runTests([hook])).toEqual({ code: 1, lastLine: '0 passed, 1 failed, 1 skipped' });
  expect(await runTests([stray])).toEqual({ code: 1, lastLine: '1 passed, 1 failed, 0 skipped' });
});
