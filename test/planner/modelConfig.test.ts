import { describe, expect, test } from 'vitest';
import { FormatError } from '../../src/base/errors.ts';
import { modelFamilies, parseModelConfig } from '../../src/planner/modelConfig.ts';
import { gptParams } from '../../src/scaling/sizes.ts';
import * as configs from './configs.ts';

const parse = (config: unknown) => parseModelConfig(config, 'config.json');

describe('parameter counts', () => {
  // Totals of the safetensors index or of sum(p.numel()) in transformers, as their model cards state them.
  test.each([
    ['gpt2', configs.GPT2, 124_439_808],
    ['gpt2-xl', { ...configs.GPT2, n_layer: 48, n_embd: 1600, n_head: 25 }, 1_557_611_200],
    ['Llama-3-8B', configs.LLAMA_3_8B, 8_030_261_248],
    ['Llama-3.2-1B, tied head', configs.LLAMA_3_2_1B, 1_235_814_400],
    ['Qwen2-7B, biases', configs.QWEN2_7B, 7_615_616_512],
    ['Qwen3-8B, gains on heads', configs.QWEN3_8B, 8_190_735_360],
    ['Qwen3-30B-A3B', configs.QWEN3_30B_A3B, 30_532_122_624],
    ['Qwen1.5-MoE-A2.7B, shared expert', configs.QWEN15_MOE, 14_315_784_192],
    ['Mixtral-8x7B', configs.MIXTRAL_8X7B, 46_702_792_704],
    ['DeepSeek-V2-Lite, no query latent', configs.DEEPSEEK_V2_LITE, 15_706_484_224],
    ['DeepSeek-V3', configs.DEEPSEEK_V3, 671_026_419_200],
  ])('%s has as many as published', (_, config, params) => {
    expect(parse(config).params).toBe(params);
  });

  test('leave out embeddings and head where asked, and inactive experts', () => {
    const dense = parse(configs.LLAMA_3_8B);
    expect(dense.params - dense.nonEmbeddingParams).toBe(2 * 128256 * 4096);
    expect(dense.activeParams).toBe(dense.params);
    const mixture = parse(configs.MIXTRAL_8X7B);
    expect(mixture.params - mixture.activeParams).toBe(32 * 6 * 3 * 4096 * 14336);
    expect(mixture.activeParams / 1e9).toBeCloseTo(12.9, 1); // arXiv:2401.04088: 13B
    expect(parse(configs.DEEPSEEK_V3).activeParams / 1e9).toBeCloseTo(37.55, 2); // arXiv:2412.19437: 37B
  });

  test('weights a token multiplies are the active hidden ones and the head', () => {
    const { weightsPerToken } = parse(configs.GPT2);
    expect(weightsPerToken).toBe(12 * 12 * 768 ** 2 + 50257 * 768);
  });

  test('our own config counts as gptParams does', () => {
    const shape = { layers: 5, width: 48, vocabulary: 256 };
    expect(parse(shape)).toMatchObject({ family: 'own', ...gptParams(shape) });
  });
});

describe('matrices', () => {
  test('GPT-2 fuses query, key and value, which the least of their laws plans', () => {
    expect(parse(configs.GPT2).matrices[0]).toEqual({
      role: 'attn.qkv',
      part: null,
      standIns: ['attn.q', 'attn.k', 'attn.v'],
      parameter: 'transformer\\.h\\.{layer}\\.attn\\.c_attn',
      shape: [768, 2304],
      copies: 1,
      active: 1,
      layers: Array.from({ length: 12 }, (_, layer) => layer),
    });
  });

  test('grouped queries make keys and values narrower', () => {
    const shapes = Object.fromEntries(parse(configs.LLAMA_3_8B).matrices.map(({ role, shape }) => [role, shape]));
    expect(shapes).toEqual({
      'attn.q': [4096, 4096],
      'attn.k': [1024, 4096],
      'attn.v': [1024, 4096],
      'attn.o': [4096, 4096],
      'mlp.gate': [14336, 4096],
      'mlp.up': [14336, 4096],
      'mlp.down': [4096, 14336],
    });
  });

  test('DeepSeek has dense layers first, then routed and shared experts', () => {
    const mlps = parse(configs.DEEPSEEK_V3).matrices.filter(({ role }) => role === 'mlp.down');
    expect(mlps.map(({ part, shape, copies, layers }) => [part, shape, copies, layers.at(0), layers.length])).toEqual([
      [null, [7168, 18432], 1, 0, 3],
      ['experts', [7168, 2048], 256, 3, 58],
      ['shared expert', [7168, 2048], 1, 3, 58],
    ]);
  });

  test('layers of mlp_only_layers and between sparse steps are dense', () => {
    const { matrices } = parse({ ...configs.QWEN3_30B_A3B, decoder_sparse_step: 2, mlp_only_layers: [1] });
    const ups = matrices.filter(({ role }) => role === 'mlp.up');
    expect(ups.map(({ part, layers }) => [part, layers.slice(0, 3), layers.length])).toEqual([
      [null, [0, 1, 2], 25],
      ['experts', [3, 5, 7], 23],
    ]);
  });

  test.each(Object.entries(configs))('names of %s match the parameters they stand for and no others', (_, config) => {
    const { matrices, layers } = parse(config);
    const names = matrices.map(({ parameter }) => new RegExp(`^${parameter.replace('{layer}', '(\\d+)')}$`));
    for (const [i, { parameter }] of matrices.entries()) {
      const name = parameter
        .replace('{layer}', String(layers - 1))
        .replaceAll('\\d+', '7')
        .replaceAll('\\', '');
      expect(names.filter((pattern) => pattern.test(name))).toEqual([names[i]]);
      expect(names[i]!.exec(name)![1]).toBe(String(layers - 1));
    }
  });
});

describe('a config that cannot be read', () => {
  test('names the missing key, for every key that is needed', () => {
    for (const [config, optional] of [
      [configs.GPT2, ['n_head', 'n_positions']],
      [configs.LLAMA_3_8B, ['num_key_value_heads', 'tie_word_embeddings']],
      [configs.DEEPSEEK_V3, ['moe_layer_freq', 'first_k_dense_replace', 'n_shared_experts', 'q_lora_rank']],
    ] as const)
      for (const key of Object.keys(config).filter((k) => k !== 'model_type' && !optional.some((o) => o === k))) {
        const { [key]: _, ...rest } = config as Record<string, unknown>;
        expect(() => parse(rest), key).toThrow(FormatError);
        expect(() => parse(rest), key).toThrow(`the key "${key}" is missing (config.json)`);
      }
  });

  test('names the key whose value is malformed', () => {
    expect(() => parse({ ...configs.GPT2, n_layer: '12' })).toThrow(
      'model config: the key "n_layer" must be an integer of at least 1, got "12" (config.json)',
    );
    expect(() => parse({ ...configs.LLAMA_3_8B, tie_word_embeddings: 1 })).toThrow('must be true or false, got 1');
    expect(() => parse({ ...configs.QWEN3_30B_A3B, mlp_only_layers: ['a'] })).toThrow(
      'must be a list of layer numbers',
    );
    expect(() => parse({ layers: 4, width: 0.5, vocabulary: 256 })).toThrow('the key "width" must be an integer');
    expect(() => parse({ model_type: 7 })).toThrow('the key "model_type" must be a string, got 7');
  });

  test('lists the known model types', () => {
    expect(() => parse({ model_type: 'mamba' })).toThrow(
      `model_type "mamba" is not known (config.json); known are gpt2`,
    );
    expect(() => parse({})).toThrow('the key "model_type" is missing (config.json); give one of gpt2, llama');
    expect(() => parse([])).toThrow('expected an object');
    expect(modelFamilies()).toContain('deepseek_v3');
  });

  test('says what our own config needs', () => {
    expect(() => parse({ layers: 4, width: 32 })).toThrow(
      'the key "vocabulary" is missing (config.json); a model description without model_type needs it',
    );
  });
});
