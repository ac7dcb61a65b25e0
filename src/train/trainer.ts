/**
 * A training run, one step at a time.
 *
 * A step draws `accumulation` batches, averages their gradients, and updates every weight. Weights and
 * optimizer state exist twice: a step reads one copy and writes the other, so no program reads what it writes.
 * Everything that decides the following steps is in {@link TrainerState}; restoring it gives the same numbers,
 * bit for bit, on the same machine with the same number of threads.
 */
import { TrainingError } from '../base/errors.ts';
import { createLabelledRandom, type Random, restoreRandom } from '../base/random.ts';
import type { Engine } from '../graph/engine.ts';
import type { Matrix } from '../linalg/matrix.ts';
import type { Batch, Sampler } from './batches.ts';
import type { Buffers } from './buffers.ts';
import { type CopyIndex, compileRun } from './compiledRun.ts';
import type { Recipe, TrainConfig } from './config.ts';
import { gptModel } from './gpt.ts';
import { rateFactor } from './rate.ts';
import type { ParameterSpec, Trainable } from './trainable.ts';
import { arraysOf, initialise, loadArrays, type TrainerState } from './trainingState.ts';
import type { UpdateScalars } from './updateGraph.ts';

/** What one step did. */
export interface TrainStep {
  /** Steps done, this one included. */
  readonly step: number;
  /** Mean cross-entropy of the step's batches before its update, in nats a prediction. */
  readonly loss: number;
  /** After the update; null where none was due. */
  readonly validationLoss: number | null;
  /** Muon's learning rate. */
  readonly rate: number;
  /** Predictions made so far: tokens of a GPT, images of a ViT. */
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

/** A hidden matrix after the last step, whoever updates it. The arrays belong to the trainer: the next step overwrites them. */
export interface HiddenMatrix {
  readonly parameter: ParameterSpec;
  readonly weights: Matrix;
  /** Weights before the last step; zeros before the first. */
  readonly previous: Matrix;
  /** What NS received, or AdamW's first moment. */
  readonly momentum: Matrix;
}

/** @typeParam C the config with whatever the caller keeps beside the recipe */
export interface Trainer<C extends Recipe = TrainConfig> {
  readonly config: C;
  readonly parameters: readonly ParameterSpec[];
  /** Steps done. */
  readonly step: number;
  /** @throws TrainingError if the loss is not finite, naming step and parameter; the state is that before the step */
  advance(): Promise<TrainStep>;
  /** Mean loss over the fixed validation sequences. */
  validate(): Promise<number>;
  /** What NS received in the last step, one a Muon matrix; zeros before the first. */
  nsInputs(): readonly NsInput[];
  /** Every matrix of the blocks. */
  hidden(): readonly HiddenMatrix[];
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

/** As {@link TrainerOptions}, for any model. */
export interface ModelTrainerOptions<B, C extends Recipe> {
  readonly engine: Engine;
  readonly config: C;
  /** Its batches are of `config.batch` examples. */
  readonly model: Trainable<B>;
  readonly sampler: { draw(random: Random): B };
  readonly validation: readonly B[];
  readonly clock: () => number;
}

/** Builds and compiles a GPT's run; its weights are drawn from the config's seed. */
export function createTrainer({ config, ...rest }: TrainerOptions): Promise<Trainer> {
  return createModelTrainer({ ...rest, config, model: gptModel(config.model, config.batch) });
}

/** Builds and compiles a run of any model. */
export async function createModelTrainer<B, C extends Recipe>({
  engine,
  config,
  model,
  sampler,
  validation,
  clock,
}: ModelTrainerOptions<B, C>): Promise<Trainer<C>> {
  const { parameters } = model;
  const run = await compileRun(engine, config, model);
  const tokensPerStep = config.accumulation * model.predictions;
  let random = createLabelledRandom(config.seed, 'batches');
  let step = 0;
  initialise(parameters, run.copies[0].weights, createLabelledRandom(config.seed, 'weights'));

  const current = (): CopyIndex => (step % 2 === 0 ? 0 : 1);
  const validate = (): Promise<number> => run.loss(current(), validation);
  const draw = (): readonly B[] => Array.from({ length: config.accumulation }, () => sampler.draw(random));

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
    hidden: () => {
      const [now, before] = [run.copies[current()], run.copies[current() === 0 ? 1 : 0]];
      const received = run.nsInputs(current());
      return parameters
        .filter(({ layer }) => layer !== null)
        .map((parameter) => ({
          parameter,
          weights: matrixOf(parameter, now.weights),
          previous: matrixOf(parameter, before.weights),
          momentum: matrixOf(parameter, parameter.optimizer === 'muon' ? received : now.first),
        }));
    },
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
function updateScalars({ muon, adamw, rate, steps }: Recipe, step: number): UpdateScalars {
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
    .map((parameter) => ({ parameter, matrix: matrixOf(parameter, source) }));
}

/** A parameter's view into the buffers. */
function matrixOf({ name, shape: [rows, columns] }: ParameterSpec, source: Buffers): Matrix {
  return { rows, columns, data: source.byName.get(name)! };
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
