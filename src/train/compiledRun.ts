/**
 * The programs of a run bound to its arrays: gradients, loss and update as three calls.
 *
 * Weights and optimizer state exist twice. A step reads one copy and writes the other, so no program reads what it
 * writes, and nothing is allocated or copied between steps.
 */
import type { BoundProgram, Engine, TensorData } from '../graph/engine.ts';
import { sizeOf } from '../graph/graph.ts';
import { polarFactor } from '../linalg/singularVectors.ts';
import { allocateBuffers, type Buffers } from './buffers.ts';
import type { Recipe } from './config.ts';
import { compilePrograms } from './programs.ts';
import type { ParameterSpec, Trainable } from './trainable.ts';
import { allocateState, byKey, byKeys, byName, type StateCopy } from './trainingState.ts';
import { muonStacks, UPDATE_SCALARS, type UpdateScalars } from './updateGraph.ts';

export type CopyIndex = 0 | 1;

export interface CompiledRun<B> {
  readonly copies: readonly [StateCopy, StateCopy];
  /** Of the last batch. */
  readonly gradients: Buffers;
  /** Mean loss over the batches at the weights of a copy; keeps their mean gradient for {@link update}. */
  gradient(copy: CopyIndex, batches: readonly B[]): Promise<number>;
  /** Mean loss over the batches. */
  loss(copy: CopyIndex, batches: readonly B[]): Promise<number>;
  /** One optimizer step from a copy into the other. */
  update(copy: CopyIndex, scalars: UpdateScalars): Promise<void>;
  /** What NS received in the update that wrote a copy. */
  nsInputs(copy: CopyIndex): Buffers;
  close(): Promise<void>;
}

/** Compiles the programs of a run and allocates its arrays, all zero. */
export async function compileRun<B>(engine: Engine, recipe: Recipe, model: Trainable<B>): Promise<CompiledRun<B>> {
  const { muon, accumulation } = recipe;
  const stacks = muonStacks(model.parameters, muon);
  const others = model.parameters.filter(({ optimizer }) => optimizer === 'adamw');
  const programs = await compilePrograms(engine, recipe, model, stacks);

  const copies = [allocateState(stacks, others), allocateState(stacks, others)] as const;
  const gradients = allocateBuffers(stacks, others);
  const meanGradients = accumulation > 1 ? allocateBuffers(stacks, others) : gradients;
  const blends = muon.nesterov ? allocateBuffers(stacks, []) : null;
  const orthogonal = muon.rank === undefined ? null : allocateBuffers(stacks, []);
  const batchArrays = allocateInputs(model);
  const loss = new Float32Array(1);
  const scalars = new Map(UPDATE_SCALARS.map((name) => [name, new Float32Array(1)]));

  const bind = (from: CopyIndex) => {
    const to = copies[from === 0 ? 1 : 0];
    const named = { ...byName('weights', copies[from].weights), ...batchArrays };
    const blended = blends ? byKey('nsInput', blends) : {};
    return {
      gradient: programs.gradient.bind(named, { loss, ...byName('gradients', gradients) }),
      loss: programs.loss.bind(named, { loss }),
      momentum: programs.momentum?.bind(
        { ...byKey('gradients', meanGradients), ...byKey('momentum', copies[from].momentum) },
        { ...byKey('next:momentum', to.momentum), ...blended },
      ),
      update: programs.update.bind(
        {
          ...Object.fromEntries(scalars),
          ...byKey('gradients', meanGradients),
          ...byKeys(copies[from]),
          ...(orthogonal ? byKey('orthogonal', orthogonal) : {}),
        },
        { ...byKeys(to, 'next:'), ...blended },
      ),
    };
  };
  const bound = [bind(0), bind(1)] as const;

  /** Momentum into copy `to`, then the polar factor of the top directions of each matrix. */
  const orthogonaliseExactly = async (momentum: BoundProgram | undefined, to: CopyIndex): Promise<void> => {
    await momentum?.run();
    const received = blends ?? copies[to].momentum;
    for (const { name, shape } of model.parameters.filter(isMuon)) {
      const matrix = { rows: shape[0], columns: shape[1], data: received.byName.get(name)! };
      orthogonal?.byName.get(name)?.set(polarFactor(matrix, { share: muon.rank ?? 1 }).data);
    }
  };

  return {
    copies,
    gradients,
    async gradient(copy, batches) {
      let total = 0;
      for (const [i, batch] of batches.entries()) {
        model.load(batch, batchArrays);
        await bound[copy].gradient.run();
        total += loss[0]!;
        if (meanGradients !== gradients) addScaled(meanGradients, gradients, 1 / batches.length, i === 0);
      }
      return total / batches.length;
    },
    async loss(copy, batches) {
      let total = 0;
      for (const batch of batches) {
        model.load(batch, batchArrays);
        await bound[copy].loss.run();
        total += loss[0]!;
      }
      return total / batches.length;
    },
    async update(copy, values) {
      for (const [name, scalar] of scalars) scalar[0] = values[name];
      if (orthogonal) await orthogonaliseExactly(bound[copy].momentum, copy === 0 ? 1 : 0);
      await bound[copy].update.run();
    },
    nsInputs: (copy) => blends ?? copies[copy].momentum,
    async close() {
      const { gradient, loss: lossProgram, momentum, update } = programs;
      await Promise.all([gradient.close(), lossProgram.close(), update.close(), momentum?.close()]);
    },
  };
}

function isMuon({ optimizer }: ParameterSpec): boolean {
  return optimizer === 'muon';
}

/** Zeroed arrays of one batch. */
function allocateInputs({ inputs }: Trainable<never>): Readonly<Record<string, TensorData>> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, type }]) => [
      name,
      type === 'int64' ? new BigInt64Array(sizeOf(shape)) : new Float32Array(sizeOf(shape)),
    ]),
  );
}

function addScaled(sum: Buffers, part: Buffers, factor: number, first: boolean): void {
  for (const [key, total] of sum.byKey) {
    const values = part.byKey.get(key)!;
    if (first) for (let i = 0; i < total.length; i++) total[i] = factor * values[i]!;
    else for (let i = 0; i < total.length; i++) total[i] = total[i]! + factor * values[i]!;
  }
}
