/**
 * What the PyTorch recorder adds to a training step: 24 matrices of 512 x 512, each every 100 steps, on this processor.
 *
 * The steps are real ones: a GPT of four layers with batches of 2048 tokens, Muon with five NS steps in float32, one thread.
 * Steps with and without the recorder take turns. The share is that of 24 median calls of recorder.step() with a turn, and the
 * 76 without, in 100 median steps: a mean would be that of whatever else ran meanwhile. The longest call stands beside it. On
 * a device steps are shorter and the measurement too; this bench says nothing of that.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median } from '../src/base/sums.ts';

const peers = process.argv[2]!; // bench/run.mjs passes the folder of the peers
const recorder = fileURLToPath(new URL('../integrations/pytorch/muonscope_recorder.py', `file://${peers}`));
const [LAYERS, WIDTH, EVERY] = [4, 512, 100];
const TOKENS = [2048];
const ASKED = 0.01;

/** Wall and processor seconds. */
type Seconds = readonly [wall: number, processor: number];

interface Times {
  readonly torch: string;
  readonly threads: number;
  readonly matrices: number;
  readonly methods: readonly string[];
  readonly first: readonly Seconds[];
  readonly without: readonly Seconds[];
  readonly with: readonly Seconds[];
  readonly turns: readonly Seconds[];
  readonly others: readonly Seconds[];
}

function measure(tokens: number): Times {
  const script = `${peers}peers/torch_recorder.py`;
  const sizes = [LAYERS, WIDTH, tokens, EVERY].map(String);
  const python = process.env.MUONSCOPE_PYTHON?.split(':')[0] ?? 'python3';
  const { status, stdout, stderr } = spawnSync(python, [script, ...sizes, 'auto', recorder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${python} with torch: ${stderr.trim().split('\n').at(-1)}`);
  return JSON.parse(stdout);
}

const wallOf = (times: readonly Seconds[]): readonly number[] => times.map(([wall]) => wall);
const processorOf = (times: readonly Seconds[]): readonly number[] => times.map(([, processor]) => processor);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
/** Seconds of all calls of a cycle, were each with a turn a median one. */
const cycle = (turns: readonly Seconds[], others: readonly Seconds[], of: typeof wallOf): number =>
  turns.length * median(of(turns)) + sum(of(others));
const milliseconds = (seconds: number): string => `${(1000 * seconds).toFixed(1)} ms`;

for (const tokens of TOKENS) {
  const { torch, threads, matrices, methods, first, turns, others, ...steps } = measure(tokens);
  const without = median(wallOf(steps.without));
  const share = cycle(turns, others, wallOf) / EVERY / without;
  const processorShare = cycle(turns, others, processorOf) / EVERY / median(processorOf(steps.without));
  console.log(
    [
      `torch ${torch}, ${threads} thread${threads === 1 ? '' : 's'}, ${tokens} tokens: a step takes ${milliseconds(without)}, one in which a matrix is measured ${milliseconds(median(wallOf(steps.with)))}`,
      `  ${matrices} matrices of ${WIDTH} x ${WIDTH} every ${EVERY} steps (${methods.join(', ')}): ${(100 * share).toFixed(2)} % of step time, ${(100 * processorShare).toFixed(2)} % of processor time (asked: under ${100 * ASKED} %)`,
      `  a call with a turn ${milliseconds(median(wallOf(turns)))} (processor ${milliseconds(median(processorOf(turns)))}, longest ${milliseconds(Math.max(...wallOf(turns)))}), another ${milliseconds(median(wallOf(others)))}; the first (${first.length}) ${milliseconds(sum(wallOf(first)))}`,
    ].join('\n'),
  );
}
