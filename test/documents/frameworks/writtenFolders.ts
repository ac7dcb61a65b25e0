/** Folders as frameworks write them that cannot be installed for the tests. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type MadeSaved, makeChunk, makeMetadata } from '../../sources/checkpoints/madeDistributed.ts';

/** A checkpoint of torch.distributed.checkpoint with tensors of these shapes. */
function distributedFolder(folder: string, shapes: Readonly<Record<string, readonly number[]>>): void {
  mkdirSync(folder, { recursive: true });
  const saved: Record<string, MadeSaved> = {};
  for (const [i, [name, shape]] of Object.entries(shapes).entries()) {
    const file = `__0_${i}.distcp`;
    const chunk = makeChunk(shape, i + 1);
    writeFileSync(join(folder, file), chunk);
    const offsets = shape.map(() => 0);
    saved[name] = { shape, chunks: [{ offsets, sizes: shape, file, byteLength: chunk.length }] };
  }
  writeFileSync(join(folder, '.metadata'), makeMetadata(saved));
}

/** Momentum of dion's Muon by name, as torch's get_optimizer_state_dict has it. @returns names of the matrices */
export function namedMomentumFolder(folder: string): readonly string[] {
  const names = ['layers.0.attn.q_proj.weight', 'layers.0.mlp.up_proj.weight'];
  const weights = ['embed_tokens.weight', ...names].map((name) => [`model.${name}`, [8, 4]] as const);
  const momentum = names.map((name) => [`optimizer.state.${name}.momentum`, [8, 4]] as const);
  distributedFolder(folder, Object.fromEntries([...weights, ...momentum]));
  return names;
}

/** Checkpoints of Megatron with two layers of 32 heads and 8 query groups. @returns names of the matrices */
export function megatronFolders(folder: string, steps: readonly number[]): readonly string[] {
  const key = 'chained_0.optimizer.state.momentum_buffer.';
  const shapes = {
    'decoder.layers.self_attention.linear_qkv.weight': [2, 96, 64],
    'decoder.layers.self_attention.linear_proj.weight': [2, 64, 64],
    'decoder.layers.mlp.linear_fc1.weight': [2, 48, 64],
    'decoder.layers.mlp.linear_fc2.weight': [2, 64, 24],
  };
  const momentum = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [key + name, shape]));
  const saved = { ...shapes, 'embedding.word_embeddings.weight': [50, 64], ...momentum };
  for (const step of steps)
    distributedFolder(join(folder, 'checkpoints', `iter_${String(step).padStart(7, '0')}`), saved);
  const parts = ['linear_qkv.weight.q', 'linear_qkv.weight.k', 'linear_qkv.weight.v', 'linear_proj.weight'];
  const mlp = ['linear_fc1.weight.gate', 'linear_fc1.weight.up', 'linear_fc2.weight'];
  return [0, 1].flatMap((layer) => [
    ...parts.map((name) => `decoder.layers.${layer}.self_attention.${name}`),
    ...mlp.map((name) => `decoder.layers.${layer}.mlp.${name}`),
  ]);
}

/** Checkpoints that DeepSpeed wrote under ZeRO-3, of one step, in folders of these. @returns names of the matrices */
export function zeroFolders(folder: string, steps: readonly number[]): readonly string[] {
  for (const step of steps) copyFixture('deepspeed/zero3/global_step3', join(folder, 'out', `global_step${step}`));
  return ['0.weight', '1.weight', '2.weight'];
}

/** Checkpoints that torch.distributed.checkpoint wrote under FSDP2, of one step, in folders of these. @returns names of the matrices */
export function shardedFolders(folder: string, steps: readonly number[]): readonly string[] {
  for (const step of steps)
    copyFixture('distributed/fsdp2', join(folder, 'out', `step_${String(step).padStart(6, '0')}`));
  return ['0.weight', '1.weight'];
}

function copyFixture(name: string, to: string): void {
  cpSync(fileURLToPath(new URL(`../../../fixtures/checkpoints/${name}`, import.meta.url)), to, { recursive: true });
}
