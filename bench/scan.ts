/**
 * `muonscope scan` of 48 float32 matrices of 1024 x 1024 from one .pt, against NumPy scripts that read the same storages.
 *
 * Whole commands from start to end, the start of Node and the import of NumPy included. The commands take turns, and a ratio
 * is the median of the ratios within a turn, so that other load on the machine meets both. There are two peers: a script as one
 * writes it, one process whose BLAS uses every core, and the same split by hand into one process a core with a single
 * thread each, which is faster. Both run with the fastest NumPy that is
 * found: Debian's own is linked to a BLAS that is several times slower than the one that pip installs. Threads of OpenBLAS wait
 * by spinning, so on a busy machine only the ratio of processor time says something.
 *
 * And opening a checkpoint of 10 GB: `muonscope scan --list` on a sparse safetensors file.
 */
import { execFile, spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { median } from '../src/base/sums.ts';

const MATRICES = 48;
const SIZE = 1024;
const ROUNDS = 5;
const SVD_ROUNDS = 2;
/** Rounds end when a comparison has taken this long. */
const MOST_SECONDS = 60;
const CORES = availableParallelism();

const peers = join(process.argv[2]!, 'peers'); // bench/run.mjs passes the folder of the benchmarks
const binary = join(process.argv[2]!, '..', 'dist', 'cli.mjs');
const folder = mkdtempSync(join(tmpdir(), 'muonscope-bench-'));
const pythons = [...(process.env.MUONSCOPE_PYTHON ?? '').split(':'), '/usr/bin/python3', 'python3'].filter(
  (p) => p !== '',
);

interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

/** Seconds until all commands have ended, and seconds of processor that they took together. */
async function timed(
  python: string,
  commands: readonly (readonly string[])[],
  env: Readonly<Record<string, string>> = {},
): Promise<Cost> {
  const { OPENBLAS_CORETYPE, OPENBLAS_L2_SIZE, OPENBLAS_NUM_THREADS, OMP_NUM_THREADS, ...rest } = process.env; // these would slow the peer down
  const options = { encoding: 'utf8', env: { ...rest, ...env } } as const;
  const run = promisify(execFile);
  const costs = await Promise.all(
    commands.map(async (command) => (await run(python, [join(peers, 'timed.py'), ...command], options)).stdout),
  );
  const numbers = costs.map((line) => line.trim().split(' ').map(Number));
  return { wall: Math.max(...numbers.map(([wall]) => wall!)), cpu: numbers.reduce((sum, [, cpu]) => sum + cpu!, 0) };
}

/** The Python whose NumPy is fastest at eigvalsh; null if there is none. */
function fastestNumpy(): string | null {
  const script =
    'import numpy, time; x = numpy.random.default_rng(1).standard_normal((512, 512)); x = x @ x.T\n' +
    'f = lambda: [time.process_time(), numpy.linalg.eigvalsh(x), time.process_time()]\n' +
    'f(); print(min(c - a for a, _, c in (f() for _ in range(5))))';
  const times = pythons.flatMap((python) => {
    const env = { ...process.env, OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1' }; // threads that wait take time as well
    const { status, stdout } = spawnSync(python, ['-c', script], { encoding: 'utf8', env });
    return status === 0 ? [{ python, seconds: Number(stdout) }] : [];
  });
  return times.sort((a, b) => a.seconds - b.seconds)[0]?.python ?? null;
}

/** NumPy by one process with all threads, and by a process a core with one. */
function numpyRuns(python: string, file: string, method: 'gram' | 'svd'): readonly (() => Promise<Cost>)[] {
  const script = join(peers, 'numpy_scan.py');
  const commands = (parts: number): string[][] =>
    Array.from({ length: parts }, (_, part) => [python, script, file, method, String(part), String(parts)]);
  const threads = (count: number) => ({ OPENBLAS_NUM_THREADS: String(count), OMP_NUM_THREADS: String(count) });
  return [() => timed(python, commands(1), threads(CORES)), () => timed(python, commands(CORES), threads(1))];
}

async function compare(
  python: string,
  file: string,
  method: 'gram' | 'svd',
  rounds: number,
  goal: number,
): Promise<void> {
  const ours: Cost[] = [];
  const theirs: Cost[][] = [[], []];
  const started = performance.now();
  const runs = numpyRuns(python, file, method);
  for (let round = 0; round < rounds && performance.now() - started < 1000 * MOST_SECONDS; round++) {
    ours.push(await timed(python, [[process.execPath, binary, 'scan', file, '--json']]));
    for (const [i, run] of runs.entries()) theirs[i]!.push(await run());
  }
  const ratio = (costs: readonly Cost[], cost: keyof Cost): string =>
    median(ours.map((own, round) => costs[round]![cost] / own[cost])).toFixed(2);
  const seconds = (costs: readonly Cost[]): string =>
    `${median(costs.map(({ wall }) => wall)).toFixed(2)} s (processor ${median(costs.map(({ cpu }) => cpu)).toFixed(1)} s)`;
  const compared = (name: string, costs: readonly Cost[]): string =>
    `${name} ${seconds(costs)}, ratio ${ratio(costs, 'wall')}, of processor time ${ratio(costs, 'cpu')}`;
  const [script, split] = theirs;
  console.log(
    `scan ${seconds(ours)}; NumPy ${method}, goal ${goal}: ${compared('one script', script!)}; ` +
      `${compared(`split by hand into ${CORES} processes`, split!)} (${ours.length} rounds)`,
  );
}

/** Ten gigabytes of momentum that nobody wrote: a header, and a hole of the file system. */
function sparseCheckpoint(path: string): void {
  const side = 4096;
  const header: Record<string, object> = {};
  let offset = 0;
  for (let i = 0; offset < 10e9; i++) {
    const end = offset + 4 * side * side;
    const name = `optimizer.state.blocks.${i}.mlp.up.weight.momentum_buffer`;
    header[name] = { dtype: 'F32', shape: [side, side], data_offsets: [offset, end] };
    offset = end;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const file = openSync(path, 'w');
  writeSync(file, Buffer.concat([length, text]));
  ftruncateSync(file, 8 + text.length + offset);
  closeSync(file);
}

async function openLarge(): Promise<void> {
  const path = join(folder, 'large.safetensors');
  sparseCheckpoint(path);
  const command = [process.execPath, binary, 'scan', path, '--list'];
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    spawnSync(command[0]!, command.slice(1), { stdio: 'ignore' });
    times.push(performance.now() - started);
  }
  const { stderr } = spawnSync('/usr/bin/time', ['-f', '%M', ...command], { encoding: 'utf8' });
  const kilobytes = Number(/(\d+)\s*$/.exec(stderr ?? '')?.[1] ?? Number.NaN);
  const memory = Number.isNaN(kilobytes)
    ? 'memory not measured, /usr/bin/time is missing'
    : `${(kilobytes / 1024).toFixed(0)} MiB`;
  console.log(`list a checkpoint of 10 GB: ${(median(times) / 1000).toFixed(2)} s, goal 1; ${memory}, goal 200 MB`);
}

try {
  await openLarge();
  const torch = pythons.find((python) => spawnSync(python, ['-c', 'import torch']).status === 0);
  const numpy = fastestNumpy();
  if (torch === undefined || numpy === null)
    console.log('PyTorch, to write a checkpoint, or NumPy is not found: no ratio; name a Python in MUONSCOPE_PYTHON');
  else {
    const file = join(folder, 'optimizer.pt');
    const written = spawnSync(torch, [join(peers, 'torch_checkpoint.py'), file, String(MATRICES), String(SIZE)]);
    if (written.status !== 0) throw new Error(`${torch} could not write ${file}`);
    console.log(
      `NumPy ${spawnSync(numpy, ['-c', 'import numpy; print(numpy.__version__)'], { encoding: 'utf8' }).stdout.trim()}, ${MATRICES} matrices of ${SIZE} x ${SIZE}, ${CORES} cores`,
    );
    await compare(numpy, file, 'gram', ROUNDS, 1);
    await compare(numpy, file, 'svd', SVD_ROUNDS, 2);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
