/**
 * `muonscope scan` of 48 float32 matrices of 1024 x 1024 from one .pt, against NumPy scripts that read the same storages.
 *
 * Whole commands from start to end, the start of Node and the import of NumPy included. The commands take turns, and the ratio
 * is the median of the ratios within a turn, so that other load on the machine meets both. The peer is the faster of
 * one process with a BLAS thread a core and one process a core with a single thread, with the fastest NumPy that is
 * found: Debian's own is linked to a BLAS that is three times slower than the one that pip installs.
 *
 * And opening a checkpoint of 10 GB: `muonscope scan --list` on a sparse safetensors file.
 */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from '../src/base/sums.ts';

const MATRICES = 48;
const SIZE = 1024;
const ROUNDS = 5;
const SVD_ROUNDS = 1;
const CORES = availableParallelism();

const peers = join(process.argv[2]!, 'peers'); // bench/run.mjs passes the folder of the benchmarks
const binary = join(process.argv[2]!, '..', 'dist', 'cli.mjs');
const folder = mkdtempSync(join(tmpdir(), 'muonscope-bench-'));
const pythons = [...(process.env.MUONSCOPE_PYTHON ?? '').split(':'), '/usr/bin/python3', 'python3'].filter(
  (p) => p !== '',
);

/** Milliseconds until all commands have ended. */
async function timed(
  commands: readonly (readonly string[])[],
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...rest } = process.env; // these would slow the peer down
  const started = performance.now();
  await Promise.all(
    commands.map(
      ([command, ...args]) =>
        new Promise<void>((resolve, reject) => {
          const child = spawn(command!, args, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...rest, ...env } });
          child.on('error', reject);
          child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${command} exited with ${code}`))));
        }),
    ),
  );
  return performance.now() - started;
}

/** The Python whose NumPy is fastest at eigvalsh; null if there is none. */
function fastestNumpy(): string | null {
  const script =
    'import numpy, time; x = numpy.random.default_rng(1).standard_normal((512, 512)); x = x @ x.T\n' +
    'numpy.linalg.eigvalsh(x); t = time.perf_counter(); numpy.linalg.eigvalsh(x); print(time.perf_counter() - t)';
  const times = pythons.flatMap((python) => {
    const { status, stdout } = spawnSync(python, ['-c', script], { encoding: 'utf8' });
    return status === 0 ? [{ python, seconds: Number(stdout) }] : [];
  });
  return times.sort((a, b) => a.seconds - b.seconds)[0]?.python ?? null;
}

/** NumPy by one process with all threads, or by a process a core with one. */
function numpyRuns(python: string, file: string, method: 'gram' | 'svd'): readonly (() => Promise<number>)[] {
  const script = join(peers, 'numpy_scan.py');
  const command = (part: number, parts: number): readonly string[] => [
    python,
    script,
    file,
    method,
    String(part),
    String(parts),
  ];
  const threads = (count: number) => ({ OPENBLAS_NUM_THREADS: String(count), OMP_NUM_THREADS: String(count) });
  return [
    () => timed([command(0, 1)], threads(CORES)),
    () =>
      timed(
        Array.from({ length: CORES }, (_, part) => command(part, CORES)),
        threads(1),
      ),
  ];
}

async function compare(
  python: string,
  file: string,
  method: 'gram' | 'svd',
  rounds: number,
  goal: number,
): Promise<void> {
  const ours: number[] = [];
  const theirs: number[][] = [[], []];
  for (let round = 0; round < rounds; round++) {
    ours.push(await timed([[process.execPath, binary, 'scan', file, '--json']]));
    for (const [i, run] of numpyRuns(python, file, method).entries()) theirs[i]!.push(await run());
  }
  const ratios = ours.map((time, round) => Math.min(...theirs.map((times) => times[round]!)) / time);
  const [together, apart] = theirs.map(median);
  console.log(
    `scan ${(median(ours) / 1000).toFixed(2)} s; NumPy ${method} ${(together! / 1000).toFixed(2)} s in one process, ` +
      `${(apart! / 1000).toFixed(2)} s in ${CORES}; ratio ${median(ratios).toFixed(2)} ` +
      `(${ratios.map((ratio) => ratio.toFixed(2)).join(', ')}), goal ${goal}`,
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
  for (let round = 0; round < ROUNDS; round++) times.push(await timed([command]));
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
    await compare(numpy, file, 'gram', ROUNDS, 1);
    await compare(numpy, file, 'svd', SVD_ROUNDS, 2);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
