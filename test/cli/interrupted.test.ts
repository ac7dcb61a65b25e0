import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createRandom } from '../../src/base/random.ts';
import { folderWithText, muonscope, startMuonscope } from './muonscope.ts';

const RUNS = ['1x16', '1x32'];
const STEPS = 160;
const STUDY = `study --preset smoke --sizes ${RUNS} --steps ${STEPS} --every 8 --text text.txt --out out`.split(' ');
const RESUME = 'study --resume --out out'.split(' ');

/** Wall times differ from run to run; nothing else may. */
const WALL_TIMES = ['seconds', 'gradientSeconds', 'trackingSeconds'];

/** Everything that must be the same however often a study was interrupted, by file. */
function results(folder: string): Record<string, unknown> {
  const read = (name: string): string => readFileSync(join(folder, 'out', name), 'utf8');
  const withoutTimes = (line: string): unknown =>
    Object.fromEntries(Object.entries(JSON.parse(line) as object).filter(([key]) => !WALL_TIMES.includes(key)));
  const ofRun = (run: string): [string, unknown][] => [
    [`${run}/metrics`, read(`runs/${run}/metrics.jsonl`).trim().split('\n').map(withoutTimes)],
    ...['run.json', 'spectra.jsonl', 'checkpoint/state.safetensors'].map((file): [string, unknown] => [
      `${run}/${file}`,
      readFileSync(join(folder, 'out', 'runs', run, file)).toString('base64'),
    ]),
  ];
  const { created: _, ...study } = JSON.parse(read('study.json'));
  return { study, laws: read('laws.json'), plan: read('plan.json'), ...Object.fromEntries(RUNS.flatMap(ofRun)) };
}

function stepsDone(folder: string): number {
  return RUNS.reduce((sum, run) => {
    const file = join(folder, 'out', 'runs', run, 'metrics.jsonl');
    return sum + (existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0);
  }, 0);
}

/** Starts or resumes the study and sends it a signal after so many more steps; null if it was done before. */
async function interrupt(folder: string, signal: NodeJS.Signals, after: number) {
  const begun = stepsDone(folder);
  const child = startMuonscope(folder, ...(existsSync(join(folder, 'out', 'study.json')) ? RESUME : STUDY));
  let stderr = '';
  child.stderr?.on('data', (text) => {
    stderr += text;
  });
  const closed = once(child, 'close');
  const watch = setInterval(() => {
    if (stepsDone(folder) < begun + after) return;
    clearInterval(watch);
    child.kill(signal);
  }, 2);
  const [exitCode] = await closed;
  clearInterval(watch);
  return { exitCode, stderr };
}

it('a study killed or stopped at random moments and resumed ends bit for bit like an undisturbed one', async () => {
  const undisturbed = folderWithText();
  expect(muonscope(undisturbed, ...STUDY).exitCode).toBe(0);
  const folder = folderWithText();
  const random = createRandom(3);
  const exitCodes: (number | null)[] = [];
  let told = '';
  // Stopping leaves a checkpoint in the middle of a run, which the kill after it goes back to.
  for (const signal of ['SIGKILL', 'SIGINT', 'SIGKILL', 'SIGINT', 'SIGKILL'] as const) {
    const { exitCode, stderr } = await interrupt(folder, signal, 5 + Math.floor(60 * random.uniform()));
    exitCodes.push(exitCode);
    told += stderr;
    if (signal === 'SIGINT')
      expect(stderr).toMatch(
        /Stopped\. Everything so far is in out; go on with: muonscope study --resume --out out\n$/,
      );
  }
  expect(exitCodes).toEqual([null, 130, null, 130, null]);
  expect(told).toMatch(/1x(16|32): going on from step \d+/);
  expect(muonscope(folder, ...RESUME).exitCode).toBe(0);
  expect(results(folder)).toEqual(results(undisturbed));
  const left = readdirSync(join(folder, 'out'), { recursive: true, encoding: 'utf8' });
  expect(left.filter((name) => name.endsWith('.tmp') || name.includes('.lock'))).toEqual([]);
}, 120_000);

it('a study is written by one process at a time, and read by any number', async () => {
  const folder = folderWithText();
  const child = startMuonscope(folder, ...STUDY.map((word) => (word === String(STEPS) ? '2000' : word)));
  const closed = once(child, 'close');
  while (stepsDone(folder) < 3 && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 10));
  for (const command of [RESUME, ['report', 'out']]) {
    const { exitCode, stdout, stderr } = muonscope(folder, ...command);
    expect(stderr).toMatch(/^muonscope: study: out is being written by process \d+ on [^\n]+\n$/);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  }
  expect(muonscope(folder, 'laws', 'out').stderr).toContain('expected spectra of at least two model sizes');
  child.kill('SIGINT');
  await closed;
});
