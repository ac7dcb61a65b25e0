/**
 * A training run, one step at a time.
 *
 * A step draws `accumulation` batches, averages their gradients, and updates every weight. Weights and
 * optimizer state exist twice: a step reads one copy and writes the other, so no program reads what it writes.
 * Everything that decides the following steps is in {@link TrainerState}; restoring it gives the same numbers,
 * bit for bit, on the same machine with the same number of threads.
 */
import { TrainingError } from '../base/errors.ts';
import { createLabelledRandom, type Random, type RandomState, restoreRandom } from '../base/random.ts';
import type { Bindings, BoundProgram, Engine } from '../graph/engine.ts';
import { sizeOf } from '../graph/graph.ts';
import type { Matrix } from '../linalg/matrix.ts';
import type { Batch, Sampler } from './batches.ts';
import { allocateBuffers, type Buffers } from './buffers.ts';
import type { TrainConfig } from './config.ts';
import { gptParameters, type ParameterSpec } from './gpt.ts';
import { compilePrograms } from './programs.ts';
import { rateFactor } from './rate.ts';
import { muonStacks, UPDATE_SCALARS } from './updateGraph.ts';

/** What one step did. */
export interface TrainStep {
  /** Steps done, this one included. */
  readonly step: number;
  /** Mean cross-entropy of the step's batches before its update, in nats a token. */
  readonly loss: number;
  /** After the update; null where none was due. */
  readonly validationLoss: number | null;
  /** Muon's learning rate. */
  readonly rate: number;
  /** Tokens seen so far. */
  readonly tokens: number;
  /** Of forward, gradients and update; validation not included. */
  readonly seconds: number;
  /** Of forward and gradients. */
  readonly gradientSeconds: number;
}

/** Everything that decides the rest of a run. */
export interface TrainerState {
  readonly step: number;
  readonly random: RandomState;
  /** "weights/NAME" for all; "momentum/NAME" (Muon); "first/NAME", "second/NAME" (AdamW). */
  readonly arrays: ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;
}

/** A matrix that Newton-Schulz received in the last step. */
export interface NsInput {
  readonly parameter: ParameterSpec;
  /** Belongs to the trainer: overwritten by the next step. */
  readonly matrix: Matrix;
}

export interface Trainer {
  readonly config: TrainConfig;
  readonly parameters: readonly ParameterSpec[];
  /** Steps done. */
  readonly step: number;
  /** @throws TrainingError if the loss is not finite, naming step and parameter; the state is that before the step */
  advance(): Promise<TrainStep>;
  /** Mean loss over the fixed validation sequences. */
  validate(): Promise<number>;
  /** What NS received in the last step, one a Muon matrix; zeros before the first. */
  nsInputs(): readonly NsInput[];
  /** Copies of the arrays. */
  state(): TrainerState;
  restore(state: TrainerState): void;
  close(): Promise<void>;
}

export interface TrainerOptions {
  readonly engine: Engine;
  readonly config: TrainConfig;
  /** Draws the batches, each of `config.batch` sequences. */
  readonly sampler: Sampler;
  /** The fixed batches of the validation loss, at least one. */
  readonly validation: readonly Batch[];
  /** Monotonic clock in seconds. */
  readonly clock: () => number;
}

type Kind = 'weights' | 'momentum' | 'first' | 'second';
type Copy = Readonly<Record<Kind, Buffers>>;

/** Builds and compiles a run; its weights are drawn from the config's seed. */
export async function createTrainer({ engine, config, sampler, validation, clock }: TrainerOptions): Promise<Trainer> {
  const parameters = gptParameters(config.model);
  const stacks = muonStacks(parameters, config.muon);
  const others = parameters.filter(({ optimizer }) => optimizer === 'adamw');
  const shape = { context: config.model.context, batch: config.batch };
  const programs = await compilePrograms(engine, config, parameters, stacks);

  const copies = [allocateCopy(), allocateCopy()] as const;
  const gradients = allocateBuffers(stacks, others);
  const sum = config.accumulation > 1 ? allocateBuffers(stacks, others) : gradients;
  const nsInputs = config.muon.nesterov ? allocateBuffers(stacks, []) : null;
  const tokens = new BigInt64Array(shape.context * shape.batch);
  const targets = new BigInt64Array(shape.context * shape.batch);
  const loss = new Float32Array(1);
  const scalars = Object.fromEntries(UPDATE_SCALARS.map((name) => [name, new Float32Array(1)]));

  let random = createLabelledRandom(config.seed, 'batches');
  let step = 0;
  initialise(parameters, copies[0].weights, createLabelledRandom(config.seed, 'weights'));

  /** Programs that read copy `from`; the update writes the other. */
  const bound = ([0, 1] as const).map((from) => {
    const named = { ...byName('weights', copies[from].weights), tokens, targets };
    return {
      gradient: programs.gradient.bind(named, { loss, ...byName('gradients', gradients) }),
      loss: programs.loss.bind(named, { loss }),
      update: programs.update.bind(
        { ...scalars, ...byKey('gradients', sum), ...byKeys(copies[from]) },
        { ...byKeys(copies[1 - from]!, 'next:'), ...(nsInputs ? byKey('nsInput', nsInputs) : {}) },
      ),
    };
  }) as [BoundCopy, BoundCopy]; // two copies

  function allocateCopy(): Copy {
    return {
      weights: allocateBuffers(stacks, others),
      momentum: allocateBuffers(stacks, []),
      first: allocateBuffers([], others),
      second: allocateBuffers([], others),
    };
  }

  const current = (): 0 | 1 => (step % 2) as 0 | 1;

  async function accumulateGradients(): Promise<number> {
    let total = 0;
    for (let i = 0; i < config.accumulation; i++) {
      loadTimeMajor(sampler.draw(random), shape.context, tokens, targets);
      await bound[current()].gradient.run();
      total += loss[0]!;
      if (sum !== gradients) addScaled(sum, gradients, 1 / config.accumulation, i === 0);
    }
    return total / config.accumulation;
  }

  async function validate(): Promise<number> {
    let total = 0;
    for (const batch of validation) {
      loadTimeMajor(batch, shape.context, tokens, targets);
      await bound[current()].loss.run();
      total += loss[0]!;
    }
    return total / validation.length;
  }

  return {
    config,
    parameters,
    get step() {
      return step;
    },
    validate,
    async advance() {
      const before = random.state();
      const started = clock();
      const meanLoss = await accumulateGradients();
      const gradientSeconds = clock() - started;
      if (!Number.isFinite(meanLoss)) {
        random = restoreRandom(before);
        throw divergence(step + 1, meanLoss, copies[current()].weights, gradients);
      }
      const factor = rateFactor(config.rate, step, config.steps);
      setScalars(scalars, config, factor, step + 1);
      await bound[current()].update.run();
      step++;
      const seconds = clock() - started;
      const due = step % config.validateEvery === 0 || step === config.steps;
      return {
        step,
        loss: meanLoss,
        validationLoss: due ? await validate() : null,
        rate: config.muon.learningRate * factor,
        tokens: step * config.accumulation * shape.batch * shape.context,
        seconds,
        gradientSeconds,
      };
    },
    nsInputs() {
      const source = nsInputs ?? copies[current()].momentum;
      return parameters
        .filter(({ optimizer }) => optimizer === 'muon')
        .map((parameter) => ({
          parameter,
          matrix: { rows: parameter.shape[0], columns: parameter.shape[1], data: source.byName.get(parameter.name)! },
        }));
    },
    state: () => ({ step, random: random.state(), arrays: arraysOf(parameters, copies[current()]) }),
    restore(state) {
      step = state.step;
      random = restoreRandom(state.random);
      loadArrays(parameters, copies[current()], state.arrays);
    },
    async close() {
      await Promise.all([programs.gradient.close(), programs.loss.close(), programs.update.close()]);
    },
  };
}

interface BoundCopy {
  readonly gradient: BoundProgram;
  readonly loss: BoundProgram;
  readonly update: BoundProgram;
}

const KINDS: readonly Kind[] = ['weights', 'momentum', 'first', 'second'];

function byName(prefix: string, buffers: Buffers): Bindings {
  return Object.fromEntries([...buffers.byName].map(([name, data]) => [`${prefix}:${name}`, data]));
}

function byKey(prefix: string, buffers: Buffers): Bindings {
  return Object.fromEntries([...buffers.byKey].map(([key, data]) => [`${prefix}:${key}`, data]));
}

/** All states of a copy by key. */
function byKeys(copy: Copy, prefix = ''): Bindings {
  return Object.assign({}, ...KINDS.map((kind) => byKey(prefix + kind, copy[kind])));
}

function initialise(parameters: readonly ParameterSpec[], weights: Buffers, random: Random): void {
  for (const { name, initialDeviation } of parameters) {
    const data = weights.byName.get(name)!;
    for (let i = 0; i < data.length; i++) data[i] = initialDeviation * random.gaussian();
  }
}

/** (batch, context) row-major -> token n = time * batch + sequence. */
function loadTimeMajor(batch: Batch, context: number, tokens: BigInt64Array, targets: BigInt64Array): void {
  const sequences = batch.tokens.length / context;
  for (let s = 0; s < sequences; s++)
    for (let t = 0; t < context; t++) {
      tokens[t * sequences + s] = BigInt(batch.tokens[s * context + t]!);
      targets[t * sequences + s] = BigInt(batch.targets[s * context + t]!);
    }
}

function addScaled(sum: Buffers, part: Buffers, factor: number, first: boolean): void {
  for (const [key, total] of sum.byKey) {
    const values = part.byKey.get(key)!;
    if (first) for (let i = 0; i < total.length; i++) total[i] = factor * values[i]!;
    else for (let i = 0; i < total.length; i++) total[i] = total[i]! + factor * values[i]!;
  }
}

function setScalars(
  scalars: Readonly<Record<string, Float32Array>>,
  { muon, adamw }: TrainConfig,
  factor: number,
  step: number,
): void {
  scalars.muonRate![0] = muon.learningRate * factor;
  scalars.adamwRate![0] = adamw.learningRate * factor;
  scalars.firstCorrection![0] = 1 - adamw.betas[0] ** step;
  scalars.secondCorrection![0] = 1 - adamw.betas[1] ** step;
}

/** Says where the first value that is not finite stands: in a weight, or else in a gradient. */
function divergence(step: number, loss: number, weights: Buffers, gradients: Buffers): TrainingError {
  const broken = (buffers: Buffers): string | undefined =>
    [...buffers.byName].find(([, data]) => data.some((value) => !Number.isFinite(value)))?.[0];
  const weight = broken(weights);
  const gradient = weight ? undefined : broken(gradients);
  const where = weight
    ? `the weights of "${weight}" are not finite`
    : gradient
      ? `the gradient of "${gradient}" is not finite`
      : 'all weights and gradients are finite';
  return new TrainingError(
    `training: the loss at step ${step} is ${loss} and ${where}; lower the learning rate`,
    step,
    weight ?? gradient,
  );
}

function stateNames({ name, optimizer }: ParameterSpec): readonly (readonly [Kind, string])[] {
  const kinds: readonly Kind[] = optimizer === 'muon' ? ['weights', 'momentum'] : ['weights', 'first', 'second'];
  return kinds.map((kind) => [kind, `${kind}/${name}`] as const);
}

function arraysOf(parameters: readonly ParameterSpec[], copy: Copy): TrainerState['arrays'] {
  return new Map(
    parameters.flatMap((parameter) =>
      stateNames(parameter).map(
        ([kind, key]) =>
          [key, { shape: parameter.shape, data: copy[kind].byName.get(parameter.name)!.slice() }] as const,
      ),
    ),
  );
}

function loadArrays(parameters: readonly ParameterSpec[], copy: Copy, arrays: TrainerState['arrays']): void {
  for (const parameter of parameters)
    for (const [kind, key] of stateNames(parameter)) {
      const saved = arrays.get(key);
      if (!saved || saved.data.length !== sizeOf(parameter.shape))
        throw new TrainingError(`checkpoint: array "${key}" is missing or has another size than the model's`, 0, key);
      copy[kind].byName.get(parameter.name)!.set(saved.data);
    }
}
