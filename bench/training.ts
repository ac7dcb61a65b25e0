/**
 * Training against a bare product of the same engine and against PyTorch eager, as ratios measured in one run.
 *
 * Ours runs the real trainer: batches are drawn, gradients and update are programs, all inside a training loop. Medians.
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { createRandom } from '../src/base/random.ts';
import { median } from '../src/base/sums.ts';
import { createEngine, type Engine } from '../src/graph/engine.ts';
import { createGraph } from '../src/graph/graph.ts';
import { matmul } from '../src/graph/operators/matmul.ts';
import { createSampler, validationBatches, wholeText } from '../src/train/batches.ts';
import type { GptConfig } from '../src/train/config.ts';
import { trainingFlopsPerToken } from '../src/train/flops.ts';
import { createTrainer } from '../src/train/trainer.ts';
import { presetNamed, trainConfig } from '../src/workflows/presets.ts';

const peers = process.argv[2]!; // bench/run.mjs passes the folder of the peers
const threads = availableParallelism();
const BARE = 1024;
const REFERENCE = { layers: 4, width: 256, headSize: 64, context: 128, batch: 16, vocabulary: 512 };
const ROUNDS = 3;

interface Sizes extends GptConfig {
  readonly batch: number;
}

interface StepTimes {
  readonly gradient: number;
  readonly update: number;
}

/** GFLOP/s of a float32 product of two BARE x BARE matrices. */
async function bareProduct(engine: Engine): Promise<number> {
  const graph = createGraph();
  const shape = [BARE, BARE];
  graph.output('c', matmul(graph, graph.input('a', shape), graph.input('b', shape)));
  const program = await engine.compile(graph);
  const random = createRandom(1);
  const gaussian = (): Float32Array => Float32Array.from({ length: BARE * BARE }, () => random.gaussian());
  const bound = program.bind({ a: gaussian(), b: gaussian() }, { c: new Float32Array(BARE * BARE) });
  const seconds: number[] = [];
  for (let i = 0; i < 40; i++) {
    const started = performance.now();
    await bound.run();
    seconds.push((performance.now() - started) / 1000);
  }
  await program.close();
  return (2 * BARE ** 3) / median(seconds.slice(5)) / 1e9;
}

/** Median seconds of gradients and update in a training loop. */
async function timeSteps(engine: Engine, { batch, vocabulary, layers, width, ...rest }: Sizes): Promise<StepTimes> {
  const steps = Math.max(12, Math.min(60, Math.round(4e7 / (layers * width * width * 12))));
  const choices = { ...rest, batch, vocabulary, steps: 1000, seed: 1, validationSequences: batch };
  const config = trainConfig({ layers, width }, choices);
  const random = createRandom(2);
  const text = wholeText(Uint16Array.from({ length: 200_000 }, () => random.integer(vocabulary)));
  const shape = { context: config.model.context, batch };
  const trainer = await createTrainer({
    engine,
    config,
    sampler: createSampler(text, shape),
    validation: validationBatches(text, shape, batch),
    clock: () => performance.now() / 1000,
  });
  const gradient: number[] = [];
  const update: number[] = [];
  for (let i = 0; i < steps + 3; i++) {
    const step = await trainer.advance();
    if (i < 3) continue;
    gradient.push(step.gradientSeconds);
    update.push(step.seconds - step.gradientSeconds);
  }
  await trainer.close();
  return { gradient: median(gradient), update: median(update) };
}

/** Median seconds of PyTorch's forward and gradients; null where torch is missing. */
function timeTorch({ layers, width, headSize, context, batch, vocabulary }: Sizes): number | null {
  const steps = width * layers >= 1000 ? 8 : 20;
  const sizes = [layers, width, headSize, context, batch, vocabulary, steps].map(String);
  const { status, stdout } = spawnSync('/usr/bin/python3', [`${peers}peers/torch_gpt.py`, ...sizes], {
    encoding: 'utf8',
  });
  return status === 0 ? JSON.parse(stdout).medianSeconds : null;
}

/** Alternates ours and theirs, so that other load meets both; the median round by ratio counts. */
async function compare(engine: Engine, sizes: Sizes): Promise<StepTimes> {
  const rounds: { ours: StepTimes; torch: number | null }[] = [];
  for (let i = 0; i < ROUNDS; i++) rounds.push({ ours: await timeSteps(engine, sizes), torch: timeTorch(sizes) });
  const ours = {
    gradient: median(rounds.map((round) => round.ours.gradient)),
    update: median(rounds.map((round) => round.ours.update)),
  };
  const ratios = rounds.flatMap(({ ours: { gradient }, torch }) => (torch === null ? [] : [torch / gradient]));
  const torch =
    ratios.length > 0
      ? `${median(ratios).toFixed(2)} x PyTorch eager`
      : 'PyTorch is not installed for /usr/bin/python3';
  const name = `${sizes.layers}x${sizes.width}`.padEnd(7);
  const share = (100 * ours.update) / ours.gradient;
  console.log(
    `${name} gradients ${(1000 * ours.gradient).toFixed(1).padStart(6)} ms  ${torch.padEnd(24)}  Muon and AdamW add ${share.toFixed(1)} %`,
  );
  return ours;
}

const engine = await createEngine({ threads });
const bare = await bareProduct(engine);
console.log(`bare ${BARE}^3 product: ${bare.toFixed(0)} GFLOP/s on ${threads} threads`);
const reference = await compare(engine, REFERENCE);
const tokens = REFERENCE.batch * REFERENCE.context;
const rate = (trainingFlopsPerToken(REFERENCE) * tokens) / reference.gradient / 1e9;
const again = await bareProduct(engine);
console.log(
  `4x256: ${rate.toFixed(0)} GFLOP/s of model flops, ${(rate / ((bare + again) / 2)).toFixed(2)} of the bare product (goal 0.75)`,
);
const quick = presetNamed('quick');
for (const { layers, width } of quick.rungs)
  await compare(engine, {
    layers,
    width,
    headSize: quick.headSize,
    context: quick.context,
    batch: quick.batch,
    vocabulary: 256,
  });
