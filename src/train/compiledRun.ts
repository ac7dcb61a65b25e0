/**
 * The programs of a run bound to its arrays: gradients, loss and update as three calls.
 *
 * Weights and optimizer state exist twice. A step reads one copy and writes the other, so no program reads what it
 * writes, and nothing is allocated or copied between steps.
 */
import type { Engine } from '../graph/engine.ts';
import type { Batch } from './batches.ts';
import { allocateBuffers, type Buffers } from './buffers.ts';
import type { TrainConfig } from './config.ts';
import type { ParameterSpec } from './gpt.ts';
import { compilePrograms } from './programs.ts';
import { allocateState, byKey, byKeys, byName, type StateCopy } from './trainingState.ts';
import { muonStacks, UPDATE_SCALARS, type UpdateScalars } from './updateGraph.ts';

export type CopyIndex = 0 | 1;

export interface CompiledRun {
  readonly copies: readonly [StateCopy, StateCopy];
  /** Of the last batch. */
  readonly gradients: Buffers;
  /** Mean loss over the batches at the weights of a copy; keeps their mean gradient for {@link update}. */
  gradient(copy: CopyIndex, batches: readonly Batch[]): Promise<number>;
  /** Mean loss over the batches. */
  loss(copy: CopyIndex, batches: readonly Batch[]): Promise<number>;
  /** One optimizer step from a copy into the other. */
  update(copy: CopyIndex, scalars: UpdateScalars): Promise<void>;
  /** What NS received in the update that wrote a copy. */
  nsInputs(copy: CopyIndex): Buffers;
  close(): Promise<void>;
}

/** Compiles the programs of a run and allocates its arrays, all zero. */
export async function compileRun(
  engine: Engine,
  config: TrainConfig,
  parameters: readonly ParameterSpec[],
): Promise<CompiledRun> {
  const stacks = muonStacks(parameters, config.muon);
  const others = parameters.filter(({ optimizer }) => optimizer === 'adamw');
  const programs = await compilePrograms(engine, config, parameters, stacks);

  const copies = [allocateState(stacks, others), allocateState(stacks, others)] as const;
  const gradients = allocateBuffers(stacks, others);
  const meanGradients = config.accumulation > 1 ? allocateBuffers(stacks, others) : gradients;
  const blends = config.muon.nesterov ? allocateBuffers(stacks, []) : null;
  const { context } = config.model;
  const tokens = new BigInt64Array(context * config.batch);
  const targets = new BigInt64Array(context * config.batch);
  const loss = new Float32Array(1);
  const scalars = new Map(UPDATE_SCALARS.map((name) => [name, new Float32Array(1)]));

  const bind = (from: CopyIndex) => {
    const named = { ...byName('weights', copies[from].weights), tokens, targets };
    return {
      gradient: programs.gradient.bind(named, { loss, ...byName('gradients', gradients) }),
      loss: programs.loss.bind(named, { loss }),
      update: programs.update.bind(
        { ...Object.fromEntries(scalars), ...byKey('gradients', meanGradients), ...byKeys(copies[from]) },
        { ...byKeys(copies[from === 0 ? 1 : 0], 'next:'), ...(blends ? byKey('nsInput', blends) : {}) },
      ),
    };
  };
  const bound = [bind(0), bind(1)] as const;

  return {
    copies,
    gradients,
    async gradient(copy, batches) {
      let total = 0;
      for (const [i, batch] of batches.entries()) {
        loadTimeMajor(batch, context, tokens, targets);
        await bound[copy].gradient.run();
        total += loss[0]!;
        if (meanGradients !== gradients) addScaled(meanGradients, gradients, 1 / batches.length, i === 0);
      }
      return total / batches.length;
    },
    async loss(copy, batches) {
      let total = 0;
      for (const batch of batches) {
        loadTimeMajor(batch, context, tokens, targets);
        await bound[copy].loss.run();
        total += loss[0]!;
      }
      return total / batches.length;
    },
    async update(copy, values) {
      for (const [name, scalar] of scalars) scalar[0] = values[name];
      await bound[copy].update.run();
    },
    nsInputs: (copy) => blends ?? copies[copy].momentum,
    async close() {
      await Promise.all([programs.gradient.close(), programs.loss.close(), programs.update.close()]);
    },
  };
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
