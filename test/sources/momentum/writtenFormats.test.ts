/** Momentum in the files that torch and DeepSpeed wrote (fixtures/checkpoints), with the values they had. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../../src/sources/checkpoints/openCheckpoint.ts';
import { findMomentum, type MomentumOptions } from '../../../src/sources/momentum/findMomentum.ts';
import type { FoundMomentum } from '../../../src/sources/momentum/momentumMatrix.ts';

interface ExpectedTensor {
  readonly tensor: readonly number[];
  readonly sha256: string;
}

type ExpectedState = Readonly<Record<string, Readonly<Record<string, ExpectedTensor>>>>;

const root = fileURLToPath(new URL('../../../fixtures/checkpoints/', import.meta.url));

function expected(folder: string): unknown {
  return JSON.parse(readFileSync(`${root}${folder}/expected.json`, 'utf8'));
}

/** Hashes of the momentum of a state, by parameter; q, k and v of a fused projection stand as one. */
function momentumHashes(state: ExpectedState): Record<string, string> {
  return Object.fromEntries(
    Object.entries(state).flatMap(([name, { momentum_buffer: buffer }]) => (buffer ? [[name, buffer.sha256]] : [])),
  );
}

async function readMomentum(
  path: string,
  options: MomentumOptions = {},
): Promise<{ found: FoundMomentum; hashes: Record<string, string> }> {
  const checkpoint = await openCheckpoint(root + path);
  try {
    const found = await findMomentum([checkpoint], options);
    const hashes = new Map<string, ReturnType<typeof createHash>>();
    for (const { name, read } of found.matrices) {
      const whole = name.replace(/\.(q|k|v)$/, '');
      const { data } = await read();
      const hash = hashes.get(whole) ?? createHash('sha256');
      hashes.set(whole, hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)));
    }
    return { found, hashes: Object.fromEntries([...hashes].map(([name, hash]) => [name, hash.digest('hex')])) };
  } finally {
    await checkpoint.close();
  }
}

describe('torch.save', () => {
  /** Matrices of Muon in the model of these fixtures, in its order. */
  const hidden = ['0', '1'].flatMap((layer) =>
    ['qkv', 'proj', 'up', 'down'].map((name) => `layers.${layer}.${name}.weight`),
  );
  const trees = expected('torch') as Readonly<
    Record<string, { readonly optimizer: { readonly state: ExpectedState } }>
  >;

  test.each([
    ['torchMuon.pt', 'torch.optim.Muon'],
    ['torchMuonNamed.pt', 'torch.optim.Muon'],
    ['torchMuonBfloat16.pt', 'torch.optim.Muon'],
    ['kellerJordan.pt', 'KellerJordan/Muon'],
    ['moonlight.pt', 'Moonlight'],
  ])('%s: all matrices by name, q, k and v apart', async (file, layout) => {
    const { found, hashes } = await readMomentum(`torch/${file}`);
    expect(found).toMatchObject({ layout, step: 4, params: 1088, nonEmbeddingParams: 912, nsInput: 'nesterov' });
    const byId = momentumHashes(trees[file]?.optimizer.state ?? {});
    const isSorted = file === 'kellerJordan.pt'; // by size, as its own code does
    const order = isSorted ? Object.keys(hashes) : hidden;
    const wanted = isSorted ? Object.values(byId).sort() : order.map((_, i) => byId[String(i)]);
    expect(isSorted ? Object.values(hashes).sort() : order.map((name) => hashes[name])).toEqual(wanted);
    expect(Object.keys(hashes).sort()).toEqual([...hidden].sort());
    expect(found.matrices.map(({ role }) => role)).toEqual(
      expect.arrayContaining(['attn.q', 'attn.k', 'attn.v', 'mlp.up', 'mlp.down']),
    );
  });
});

describe('torch.distributed.checkpoint', () => {
  const trees = expected('distributed') as Readonly<
    Record<string, { readonly optimizer: { readonly state: ExpectedState } }>
  >;

  test.each(['fsdp2', 'fsdp2Flat', 'ownMetadata', 'safetensors'])(
    '%s: shards of two ranks are whole matrices',
    async (folder) => {
      const { found, hashes } = await readMomentum(`distributed/${folder}`);
      expect(found).toMatchObject({ layout: 'torch.optim.Muon', convention: 'average', step: 3, skipped: [] });
      expect(found.settings[0]).toMatchObject({ learningRate: 0.02, schedule: { name: 'jordan x5' } });
      expect(hashes).toEqual(momentumHashes(trees.fsdp2?.optimizer.state ?? {}));
    },
  );

  test('state without groups says no more than it has', async () => {
    const { found } = await readMomentum('distributed/mesh4');
    expect(found).toMatchObject({ layout: 'named buffers', convention: null, nsInput: null, settings: [] });
    expect(found.matrices.filter(({ name }) => name.startsWith('stack['))).toHaveLength(5);
    expect(new Set(found.matrices.map(({ dtype }) => dtype))).toEqual(new Set(['float32', 'bfloat16', 'float64']));
  });
});

describe('DeepSpeed', () => {
  const states = expected('deepspeed') as Readonly<Record<string, ExpectedState>>;

  test.each(Object.keys(states))('%s: flat partitions of the ranks are whole matrices', async (folder) => {
    const { found, hashes } = await readMomentum(`deepspeed/${folder}`);
    expect(found).toMatchObject({
      layout: 'DeepSpeed',
      convention: 'average',
      nsInput: 'nesterov',
      step: 3,
      params: 157,
    });
    expect(found.settings[0]?.schedule).toMatchObject({ name: 'jordan in Gram form x5', precision: 'fp16' });
    expect(hashes).toEqual(momentumHashes(states[folder] ?? {}));
    expect(found.skipped.map(({ name, cause }) => [name, cause])).toEqual(
      ['0', '1', '2'].map((layer) => [`${layer}.bias`, 'moments']),
    );
  });

  test("one rank's file alone holds pieces, and says so", async () => {
    const { found } = await readMomentum('deepspeed/zero2/global_step3/zero_pp_rank_1_mp_rank_00_optim_states.pt');
    expect(found.matrices).toEqual([]);
    expect(found.skipped.map(({ cause }) => cause)).toEqual(expect.arrayContaining(['shard']));
  });
});
