import { describe, expect, test } from 'vitest';
import { parseModelConfig } from '../../../src/planner/modelConfig.ts';
import { neighboursOf, placeAmong } from '../../../src/sources/momentum/layerCounts.ts';
import { placeOf, plainName } from '../../../src/sources/momentum/roles.ts';
import { gptParameters } from '../../../src/train/gpt.ts';
import {
  DEEPSEEK_V2_LITE,
  DEEPSEEK_V3,
  GPT2,
  LLAMA_3_8B,
  MIXTRAL_8X7B,
  QWEN3_30B_A3B,
  QWEN15_MOE,
} from '../../planner/configs.ts';

/** Names as their models' code has them. */
const NAMES: readonly (readonly [name: string, role: string, layer: number])[] = [
  // GPT-2 and nanoGPT
  ['transformer.h.11.attn.c_attn.weight', 'attn.qkv', 11],
  ['transformer.h.0.attn.c_proj.weight', 'attn.o', 0],
  ['transformer.h.0.mlp.c_fc.weight', 'mlp.up', 0],
  ['transformer.h.0.mlp.c_proj.weight', 'mlp.down', 0],
  // nanochat
  ['transformer.h.3.attn.c_q.weight', 'attn.q', 3],
  ['transformer.h.3.attn.c_k.weight', 'attn.k', 3],
  ['transformer.h.3.attn.c_v.weight', 'attn.v', 3],
  ['transformer.h.3.attn.ve_gate.weight', 'transformer.h.*.attn.ve_gate.weight', 3],
  // Llama, Qwen, Mistral; Phi-3
  ['model.layers.2.self_attn.q_proj.weight', 'attn.q', 2],
  ['model.layers.2.self_attn.o_proj.weight', 'attn.o', 2],
  ['model.layers.2.mlp.gate_proj.weight', 'mlp.gate', 2],
  ['model.layers.2.mlp.up_proj.weight', 'mlp.up', 2],
  ['model.layers.2.mlp.down_proj.weight', 'mlp.down', 2],
  ['model.layers.2.self_attn.qkv_proj.weight', 'attn.qkv', 2],
  ['model.layers.2.mlp.gate_up_proj.weight', 'mlp.gate_up', 2],
  // torchtitan and gpt-fast
  ['layers.4.attention.wq.weight', 'attn.q', 4],
  ['layers.4.attention.wo.weight', 'attn.o', 4],
  ['layers.4.feed_forward.w1.weight', 'mlp.gate', 4],
  ['layers.4.feed_forward.w2.weight', 'mlp.down', 4],
  ['layers.4.feed_forward.w3.weight', 'mlp.up', 4],
  // Mixtral, DeepSeek
  ['model.layers.1.block_sparse_moe.experts.7.w1.weight', 'mlp.gate', 1],
  ['model.layers.1.block_sparse_moe.experts.7.w2.weight', 'mlp.down', 1],
  ['model.layers.1.mlp.experts.120.up_proj.weight', 'mlp.up', 1],
  ['model.layers.1.mlp.shared_experts.down_proj.weight', 'mlp.down', 1],
  ['model.layers.1.self_attn.q_a_proj.weight', 'attn.q_a', 1],
  ['model.layers.1.self_attn.kv_a_proj_with_mqa.weight', 'attn.kv_a', 1],
  // OLMo and OLMo-core
  ['transformer.blocks.6.att_proj.weight', 'attn.qkv', 6],
  ['transformer.blocks.6.ff_proj.weight', 'mlp.gate_up', 6],
  ['transformer.blocks.6.attn_out.weight', 'attn.o', 6],
  ['blocks.6.attention.w_q.weight', 'attn.q', 6],
  ['blocks.6.attention.w_out.weight', 'attn.o', 6],
  // Megatron
  ['decoder.layers.9.self_attention.linear_qkv.weight', 'attn.qkv', 9],
  ['decoder.layers.9.self_attention.linear_proj.weight', 'attn.o', 9],
  ['decoder.layers.9.mlp.linear_fc1.weight', 'mlp.up', 9],
  ['decoder.layers.9.mlp.linear_fc2.weight', 'mlp.down', 9],
  ['decoder.layers.9.mlp.experts.linear_fc1.weight5', 'mlp.up', 9],
  // GPT-NeoX, BERT, T5, ViT, litgpt
  ['gpt_neox.layers.5.attention.query_key_value.weight', 'attn.qkv', 5],
  ['gpt_neox.layers.5.attention.dense.weight', 'attn.o', 5],
  ['gpt_neox.layers.5.mlp.dense_h_to_4h.weight', 'mlp.up', 5],
  ['gpt_neox.layers.5.mlp.dense_4h_to_h.weight', 'mlp.down', 5],
  ['bert.encoder.layer.2.attention.self.query.weight', 'attn.q', 2],
  ['bert.encoder.layer.2.attention.output.dense.weight', 'attn.o', 2],
  ['bert.encoder.layer.2.intermediate.dense.weight', 'mlp.up', 2],
  ['bert.encoder.layer.2.output.dense.weight', 'mlp.down', 2],
  ['encoder.block.2.layer.0.SelfAttention.k.weight', 'attn.k', 2],
  ['encoder.block.2.layer.1.DenseReluDense.wi_1.weight', 'mlp.up', 2],
  ['encoder.block.2.layer.1.DenseReluDense.wo.weight', 'mlp.down', 2],
  ['decoder.block.2.layer.1.EncDecAttention.q.weight', 'decoder.block.*.layer.1.EncDecAttention.q.weight', 2],
  ['blocks.2.attn.qkv.weight', 'attn.qkv', 2],
  ['blocks.2.attn.proj.weight', 'attn.o', 2],
  ['blocks.2.mlp.fc1.weight', 'mlp.up', 2],
  ['transformer.h.2.mlp.fc_1.weight', 'mlp.gate', 2],
  ['transformer.h.2.mlp.fc_2.weight', 'mlp.up', 2],
  // MLX examples, flax, optax paths
  ['layers.2.attention.query_proj.weight', 'attn.q', 2],
  ['layers.2.attention.out_proj.weight', 'attn.o', 2],
  ['params/h_7/attn/key/kernel', 'attn.k', 7],
  ['params/encoderblock_7/MlpBlock_0/Dense_1/kernel', 'mlp.down', 7],
  ['params.layers_7.mlp.wi_0.kernel', 'mlp.gate', 7],
  // others keep their names
  ['backbone.layers.3.mixer.in_proj.weight', 'backbone.layers.*.mixer.in_proj.weight', 3],
  ['model.layers.3.linear_attn.out_proj.weight', 'model.layers.*.linear_attn.out_proj.weight', 3],
];

test.each(NAMES)('%s is %s of layer %i', (name, role, layer) => {
  expect(placeOf(name)).toMatchObject({ kind: 'matrix', role, layer });
});

describe('what is no hidden matrix', () => {
  test.each([
    ['transformer.wte.weight', 'embedding'],
    ['transformer.wpe.weight', 'embedding'],
    ['model.embed_tokens.weight', 'embedding'],
    ['tok_embeddings.weight', 'embedding'],
    ['embedding.word_embeddings.weight', 'embedding'],
    ['bert.embeddings.position_embeddings.weight', 'embedding'],
    ['value_embeds.3.weight', 'embedding'],
    ['bigram_embed.weight', 'embedding'],
    ['params/wte/embedding', 'embedding'],
    ['gpt_neox.embed_in.weight', 'embedding'],
    ['vit.patch_embed.proj.weight', 'embedding'],
    ['shared.weight', 'embedding'],
    ['encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight', 'embedding'],
    ['lm_head.weight', 'head'],
    ['output.weight', 'head'],
    ['output_layer.weight', 'head'],
    ['embed_out.weight', 'head'],
    ['lm_head.w_out.weight', 'head'],
    ['transformer.ff_out.weight', 'head'],
    ['model.layers.0.input_layernorm.weight', 'norm'],
    ['transformer.h.0.ln_1.weight', 'norm'],
    ['decoder.layers.0.self_attention.linear_qkv.layer_norm_weight', 'norm'],
    ['transformer.h.0.attn.c_attn.bias', 'bias'],
    ['layer3.1.conv2.weight', 'convolution'],
  ])('%s: %s', (name, kind) => {
    expect(placeOf(name).kind).toBe(kind);
  });

  test('an output projection inside a layer is no head, a shared expert no embedding', () => {
    expect(placeOf('transformer.blocks.1.ff_out.weight')).toMatchObject({ kind: 'matrix', role: 'mlp.down' });
    expect(placeOf('model.layers.1.mlp.shared_expert.up_proj.weight').kind).toBe('matrix');
  });
});

test('wrappers of DDP, FSDP, activation checkpoints and compile are taken off', () => {
  expect(
    plainName('module._orig_mod.module.h.0._checkpoint_wrapped_module.attn._fsdp_wrapped_module.c_proj.weight'),
  ).toBe('h.0.attn.c_proj.weight');
  expect(plainName('h.0.module.w')).toBe('h.0.module.w');
  expect(plainName('module')).toBe('module');
});

test('a number counts layers only where it stands for one', () => {
  expect(placeOf('experts.3.w1').layer).toBeNull();
  expect(placeOf('140234982734.weight').layer).toBeNull();
  expect(placeOf('net.123456.weight').layer).toBeNull();
  expect(placeOf('2.weight')).toMatchObject({ layer: 2, stack: '', role: '*.weight' });
  expect(placeOf('net.2.weight')).toMatchObject({ layer: 2, stack: 'net', role: 'net.*.weight' });
  expect(placeOf('params/Block_4/Dense_0/kernel')).toMatchObject({
    layer: 4,
    stack: 'params.Block_',
    role: 'params.Block_*.Dense_0.kernel',
  });
});

test('neighbours tell a router from a gate, and a way up without a gate', () => {
  const names = [
    'l.0.mlp.gate.weight',
    'l.0.mlp.experts.0.w1.weight',
    'l.1.mlp.gate.weight',
    'l.1.mlp.w1.weight',
    'l.2.mlp.w1.weight',
    'l.2.mlp.w3.weight',
  ];
  const neighbours = neighboursOf(names);
  const roles = names.map((name) => placeAmong({ parameter: name, place: placeOf(name) }, neighbours).role);
  expect(roles).toEqual(['l.*.mlp.gate.weight', 'mlp.up', 'mlp.gate', 'mlp.up', 'mlp.gate', 'mlp.up']);
});

describe('the names a plan gives to the matrices of a config have the roles it gives them', () => {
  test.each([
    ['gpt2', GPT2],
    ['llama', LLAMA_3_8B],
    ['mixtral', MIXTRAL_8X7B],
    ['qwen2_moe', QWEN15_MOE],
    ['qwen3_moe', QWEN3_30B_A3B],
    ['deepseek_v2', DEEPSEEK_V2_LITE],
    ['deepseek_v3', DEEPSEEK_V3],
  ])('%s', (_, config) => {
    const { matrices } = parseModelConfig(config, 'config.json');
    expect(matrices.length).toBeGreaterThan(3);
    for (const { role, parameter, layers } of matrices) {
      const layer = layers.at(-1) ?? 0;
      const name = parameter.replaceAll('\\.', '.').replace('{layer}', String(layer)).replace('\\d+', '5');
      expect([name, placeOf(`${name}.weight`).role, placeOf(name).layer]).toEqual([name, role, layer]);
    }
  });

  test("this project's own parameters", () => {
    const parameters = gptParameters({ layers: 2, width: 8, headSize: 4, context: 4, vocabulary: 10 });
    for (const { name, role, layer, optimizer } of parameters)
      expect(placeOf(name)).toMatchObject(
        optimizer === 'muon' ? { kind: 'matrix', role, layer } : { kind: role, layer: null },
      );
  });
});
