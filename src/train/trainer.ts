/**
 * A training run, one step at a time.
 *
 * A step draws `accumulation` batches, averages their gradients, and updates every weight. Weights and
 * optimizer state exist twice: a step reads one copy and writes the other, so no program reads what it writes.
 * Everything that decides the following steps is in {@link TrainerState}; restoring it gives the same numbers,
 * bit for bit, on the same machine with the same number of threads.
 */
import { TrainingError } from '../base/errors.ts';
import { createLabelledRandom, restoreRandom } from '../base/random.ts';
import type { Engine } from '../graph/engine.ts';
import type { Matrix } from '../linalg/matrix.ts';
import type { Batch, Sampler } from './batches.ts';
import type { Buffers } from './buffers.ts';
import { type CopyIndex, compileRun } from './compiledRun.ts';
import type { TrainConfig } from './config.ts';
import { gptParameters, type ParameterSpec } from './gpt.ts';
import { rateFactor } from './rate.ts';
import { arraysOf, initialise, loadArrays, type TrainerState } from './trainingState.ts';
import type { UpdateScalars } from './updateGraph.ts';

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

/** Builds and compiles a run; its weights are drawn from the config's seed. */
export async function createTrainer({ engine, config, sampler, validation, clock }: TrainerOptions): Promise<Trainer> {
  const parameters = gptParameters(config.model);
  const run = await compileRun(engine, config, parameters);
  const tokensPerStep = config.accumulation * config.batch * config.model.context;
  let random = createLabelledRandom(config.seed, 'batches');
  let step = 0;
  initialise(parameters, run.copies[0].weights, createLabelledRandom(config.seed, 'weights'));

  const current = (): CopyIndex => (step % 2 === 0 ? 0 : 1);
  const validate = (): Promise<number> => run.loss(current(), validation);
  const draw = (): readonly Batch[] => Array.from({ length: config.accumulation }, () => sampler.draw(random));

  async function advance(): Promise<TrainStep> {
    const before = random.state();
    const started = clock();
    const loss = await run.gradient(current(), draw());
    const gradientSeconds = clock() - started;
    if (!Number.isFinite(loss)) {
      random = restoreRandom(before);
      throw divergence(step + 1, loss, run.copies[current()].weights, run.gradients);
    }
    const scalars = updateScalars(config, step);
    await run.update(current(), scalars);
    step++;
    const seconds = clock() - started;
    const due = step % config.validateEvery === 0 || step === config.steps;
    return {
      step,
      loss,
      validationLoss: due ? await validate() : null,
      rate: scalars.muonRate,
      tokens: step * tokensPerStep,
      seconds,
      gradientSeconds,
    };
  }

  return {
    config,
    parameters,
    get step() {
      return step;
    },
    advance,
    validate,
    nsInputs: () => nsInputsOf(parameters, run.nsInputs(current())),
    state: () => ({ step, random: random.state(), arrays: arraysOf(parameters, run.copies[current()]) }),
    restore(state) {
      step = state.step;
      random = restoreRandom(state.random);
      loadArrays(parameters, run.copies[current()], state.arrays);
    },
    close: () => run.close(),
  };
}

/** Rates and bias corrections of a step (0-based). */
function updateScalars({ muon, adamw, rate, steps }: TrainConfig, step: number): UpdateScalars {
  const factor = rateFactor(rate, step, steps);
  return {
    muonRate: muon.learningRate * factor,
    adamwRate: adamw.learningRate * factor,
    firstCorrection: 1 - adamw.betas[0] ** (step + 1),
    secondCorrection: 1 - adamw.betas[1] ** (step + 1),
  };
}

function nsInputsOf(parameters: readonly ParameterSpec[], source: Buffers): readonly NsInput[] {
  return parameters
    .filter(({ optimizer }) => optimizer === 'muon')
    .map((parameter) => {
      const [rows, columns] = parameter.shape;
      return { parameter, matrix: { rows, columns, data: source.byName.get(parameter.name)! } };
    });
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
