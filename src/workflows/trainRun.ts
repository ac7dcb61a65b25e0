/**
 * One run of a study: train, measure spectra, record every step, save checkpoints.
 *
 * Resuming starts from the last checkpoint and does the steps after it again, with the same numbers.
 */
import { DomainError, TrainingError } from '../base/errors.ts';
import type { Engine } from '../graph/engine.ts';
import type { SpectrumPool } from '../linalg/spectrumPool.ts';
import type { MomentumSample } from '../sources/momentumSample.ts';
import type { Corpus } from '../sources/text/corpus.ts';
import { measureSpectra } from '../spectra/measure.ts';
import type { Spectrum } from '../spectra/spectrum.ts';
import type { MetricsRecord, TrainedRun } from '../store/study.ts';
import type { RunWriter } from '../store/trainedRun.ts';
import { createSampler, validationBatches } from '../train/batches.ts';
import type { TrainConfig } from '../train/config.ts';
import { createTrainer, type Trainer, type TrainStep } from '../train/trainer.ts';
import type { TrainerState } from '../train/trainingState.ts';
import { monotonicSeconds } from './clock.ts';

/** What drives every run of a study. */
export interface RunResources {
  readonly engine: Engine;
  readonly corpus: Corpus;
  readonly pool: SpectrumPool;
}

/** One step as it is done. */
export interface RunProgress {
  readonly run: TrainedRun;
  readonly metrics: MetricsRecord;
  readonly spectra: readonly Spectrum[];
}

/** A checkpoint may take this share of the wall time since the last one. */
const CHECKPOINT_SHARE = 0.02;
/** And is not repeated sooner, in seconds. */
const CHECKPOINT_INTERVAL = 2;

/**
 * Trains a run to its end, from its checkpoint if it has one.
 *
 * @param signal when aborted, the run saves a checkpoint after the current step and returns
 * @throws TrainingError if loss or momentum is not finite; everything recorded so far is kept
 */
export async function* trainRun(
  writer: RunWriter,
  resources: RunResources,
  signal: AbortSignal,
): AsyncGenerator<RunProgress, void, undefined> {
  const { description, checkpoint } = writer;
  const { config } = description;
  if (checkpoint?.step === config.steps) return;
  const trainer = await createRunTrainer(config, resources);
  const saving = checkpointClock();
  try {
    if (checkpoint) trainer.restore(stateOf(checkpoint));
    while (trainer.step < config.steps) {
      const step = await advance(trainer, description);
      const tracked =
        step.step % description.every === 0 ? await track(trainer, description, resources.pool) : NOT_TRACKED;
      const metrics = metricsOf(step, tracked.seconds);
      writer.appendStep(metrics, tracked.spectra);
      const last = trainer.step === config.steps || signal.aborted;
      if (last || saving.isDue()) saving.time(() => writer.saveCheckpoint(checkpointOf(trainer, description)));
      yield { run: description, metrics, spectra: tracked.spectra };
      if (signal.aborted) return;
    }
  } finally {
    await trainer.close();
  }
}

/** A trainer over the text of a study. */
export function createRunTrainer(
  config: TrainConfig,
  { engine, corpus }: Pick<RunResources, 'engine' | 'corpus'>,
): Promise<Trainer> {
  const shape = { context: config.model.context, batch: config.batch };
  return createTrainer({
    engine,
    config,
    sampler: createSampler(corpus.train, shape),
    validation: validationBatches(corpus.validation, shape, config.validationSequences),
    clock: monotonicSeconds,
  });
}

/** Spectra of what NS received in the last step, with the wall time they took. */
export async function track(
  trainer: Trainer,
  run: Pick<TrainedRun, 'run' | 'params' | 'nonEmbeddingParams'>,
  pool: SpectrumPool,
): Promise<{ readonly spectra: readonly Spectrum[]; readonly seconds: number }> {
  const started = monotonicSeconds();
  const samples = momentumSamples(trainer, run);
  try {
    const spectra = await measureSpectra(samples, pool);
    return { spectra, seconds: monotonicSeconds() - started };
  } catch (cause) {
    if (!(cause instanceof DomainError)) throw cause;
    throw new TrainingError(
      `training: the momentum after step ${trainer.step} cannot be measured: ${cause.message}`,
      trainer.step,
      undefined,
      { cause },
    );
  }
}

/** @throws TrainingError naming the run as well as step and parameter */
async function advance(trainer: Trainer, { run }: TrainedRun): Promise<TrainStep> {
  try {
    const step = await trainer.advance();
    if (step.validationLoss === null || Number.isFinite(step.validationLoss)) return step;
    throw new TrainingError(
      `training: the validation loss after step ${step.step} is ${step.validationLoss}; lower the learning rate`,
      step.step,
    );
  } catch (cause) {
    if (!(cause instanceof TrainingError)) throw cause;
    const kept = cause.step > 1 ? `the records up to step ${cause.step - 1} are kept` : 'nothing is recorded yet';
    throw new TrainingError(`${run}: ${cause.message}; ${kept}`, cause.step, cause.parameter, { cause });
  }
}

const NOT_TRACKED = { spectra: [] as readonly Spectrum[], seconds: 0 };

function momentumSamples(
  trainer: Trainer,
  { run, params, nonEmbeddingParams }: Pick<TrainedRun, 'run' | 'params' | 'nonEmbeddingParams'>,
): readonly MomentumSample[] {
  const { model, muon } = trainer.config;
  return trainer.nsInputs().flatMap(({ parameter, matrix }) =>
    parameter.layer === null
      ? []
      : [
          {
            run,
            params,
            nonEmbeddingParams,
            step: trainer.step,
            name: parameter.name,
            role: parameter.role,
            layer: parameter.layer,
            layers: model.layers,
            depth: (parameter.layer + 1) / model.layers,
            stage: muon.nesterov ? 'nesterov' : 'buffer',
            convention: muon.convention,
            dtype: 'float32',
            matrix,
          } satisfies MomentumSample,
        ],
  );
}

function metricsOf(step: TrainStep, trackingSeconds: number): MetricsRecord {
  const { rate, ...rest } = step;
  return { ...rest, lr: rate, trackingSeconds };
}

/** Says when a checkpoint is worth its time. */
function checkpointClock(): { isDue(): boolean; time(save: () => void): void } {
  let saved = monotonicSeconds();
  let cost = 0;
  return {
    isDue: () => monotonicSeconds() - saved > Math.max(CHECKPOINT_INTERVAL, cost / CHECKPOINT_SHARE),
    time(save) {
      const started = monotonicSeconds();
      save();
      saved = monotonicSeconds();
      cost = saved - started;
    },
  };
}

type Checkpoint = NonNullable<RunWriter['checkpoint']>;

function checkpointOf(trainer: Trainer, { run, config }: TrainedRun): Checkpoint {
  const { step, random, arrays } = trainer.state();
  return {
    schema: 'muonscope.checkpoint/1',
    run,
    step,
    tokens: step * config.accumulation * config.batch * config.model.context,
    random: { batches: random },
    numbers: {},
    tensors: new Map([...arrays].map(([name, { shape, data }]) => [name, { dtype: 'F32', shape, data }])),
  };
}

function stateOf({ step, random, tensors }: Checkpoint): TrainerState {
  const batches = random.batches;
  if (!batches) throw new TrainingError('checkpoint: the random stream "batches" is missing', step);
  const arrays = new Map(
    [...tensors].flatMap(([name, { shape, data }]) =>
      data instanceof Float32Array ? [[name, { shape, data }] as const] : [],
    ),
  );
  return { step, random: batches, arrays };
}
