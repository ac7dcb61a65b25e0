/**
 * What the last words of a parameter's name mean, in the code people train with: GPT-2, nanoGPT, nanochat, modded-nanogpt,
 * Llama, Qwen, Mistral, Mixtral, DeepSeek, Phi, OLMo, GPT-NeoX, Falcon, BERT, T5, ViT, litgpt, Megatron, MLX, flax.
 *
 * Patterns see the words behind the layer number in lower case, joined by dots, without a final weight or kernel. The first
 * that fits decides. What a model's config says of the same names is in src/planner/modelFamilies; a test compares them.
 */

/** What a parameter is that Muon should leave alone. */
export type OtherKind = 'embedding' | 'head' | 'norm' | 'bias' | 'convolution';

/** A word, or several, at the end of a name. */
function ends(...words: readonly string[]): RegExp {
  return new RegExp(`(?:^|\\.)(?:${words.join('|')})$`);
}

/** As {@link ends}, within a module of attention. */
function inAttention(...words: readonly string[]): RegExp {
  return new RegExp(`(?:attn|attention|mha|att)\\w*\\.(?:[\\w.]*\\.)?(?:${words.join('|')})$`);
}

/** As {@link ends}, within an MLP or an expert. */
function inMlp(...words: readonly string[]): RegExp {
  return new RegExp(
    `(?:mlp|ffn|ff|feed_forward|feedforward|dense|moe|experts?)\\w*\\.(?:[\\w.]*\\.)?(?:${words.join('|')})$`,
  );
}

/** Attention over another sequence, and mixers that are no attention: none of the roles of a GPT. */
export const OTHER_MIXERS: RegExp = /cross|encdec|encoder_attn|linear_attn|mamba|ssm|delta/;

/** Roles by the end of a name; those that fuse or factor known roles have names of their own. */
export const ROLE_PATTERNS: readonly (readonly [RegExp, string])[] = [
  [
    ends(
      'c_attn',
      'qkv',
      'qkv_proj',
      'w?_?qkv',
      'qkv_w',
      'to_qkv',
      'query_key_value',
      'linear_qkv',
      'in_proj_weight',
      'att_proj',
    ),
    'attn.qkv',
  ],
  [inAttention('in_proj'), 'attn.qkv'],
  [ends('qkvo_w', 'attn_bank'), 'attn.qkvo'],
  [ends('qk_bank'), 'attn.qk'],
  [ends('vo_bank'), 'attn.vo'],
  [ends('q_a_proj', 'linear_q_down_proj', 'wq_a'), 'attn.q_a'],
  [ends('q_b_proj', 'linear_q_up_proj', 'wq_b'), 'attn.q_b'],
  [ends('kv_a_proj_with_mqa', 'kv_a_proj', 'linear_kv_down_proj', 'wkv_a'), 'attn.kv_a'],
  [ends('kv_b_proj', 'linear_kv_up_proj', 'wkv_b'), 'attn.kv_b'],
  [ends('q_proj', 'query_proj', 'linear_q_proj', 'q_lin', 'w_?q', 'c_q', 'to_q', 'query', 'q'), 'attn.q'],
  [ends('k_proj', 'key_proj', 'k_lin', 'w_?k', 'c_k', 'to_k', 'key', 'k'), 'attn.k'],
  [ends('v_proj', 'value_proj', 'v_lin', 'w_?v', 'c_v', 'to_v', 'value', 'v'), 'attn.v'],
  [ends('o_proj', 'to_out(?:\\.0)?', 'attn_out', 'out_lin', 'linear_proj'), 'attn.o'],
  [
    inAttention('c_proj', 'w_?o', 'w_out', 'out_proj', 'dense', 'output\\.dense', 'proj', 'out', 'output', 'o'),
    'attn.o',
  ],
  [ends('out_proj'), 'attn.o'],
  [ends('mlp_bank'), 'mlp.up_down'],
  [ends('gate_up_proj', 'ff_proj'), 'mlp.gate_up'],
  [ends('gate_proj', 'wi_0'), 'mlp.gate'],
  [inMlp('w1', 'fc_1', 'gate'), 'mlp.gate'],
  [/^gate$/, 'mlp.gate'],
  [/^up$/, 'mlp.up'],
  [/^down$/, 'mlp.down'],
  [
    ends(
      'up_proj',
      'c_fc',
      'fc_?in',
      'linear_fc1',
      'dense_h_to_4h',
      'wi',
      'wi_1',
      'lin1',
      'linear1',
      'intermediate\\.dense',
    ),
    'mlp.up',
  ],
  [inMlp('w3', 'fc_2', 'fc', 'up', 'dense_0', 'net\\.0\\.proj'), 'mlp.up'],
  [ends('fc1'), 'mlp.up'],
  [ends('down_proj', 'fc_?out', 'linear_fc2', 'dense_4h_to_h', 'lin2', 'linear2', 'ff_out', 'fc2'), 'mlp.down'],
  [inMlp('w2', 'c_proj', 'wo', 'proj', 'down', 'dense_1', 'net\\.2'), 'mlp.down'],
  [ends('output\\.dense'), 'mlp.down'],
];

/** Parameters that are looked up, not multiplied with hidden states. */
export const EMBEDDING_PATTERN: RegExp = new RegExp(
  [
    '(?:^|[./_])(?:wte|wpe|emb|embed|embeds|embeddings?|embedder|tok_embeddings|relative_attention_bias|ve\\d+)',
    '(?:^|\\.)(?:embed_\\w+|\\w+_(?:emb|embeds?|embeddings?))',
    '^(?:\\w+\\.)?shared',
    '(?:^|\\.)patch_embed\\w*\\.(?:proj|projection)',
  ]
    .map((words) => `${words}(?:\\.\\d+)?(?:\\.(?:weight|embedding|table|kernel))*$`)
    .join('|'),
);

/** The projection onto the vocabulary, or onto classes; only outside the layers. */
export const HEAD_PATTERN: RegExp =
  /(?:^|\.)(?:lm_?head|head|heads|output_layer|embed_out|unembed\w*|classifier|score|logits\w*|output|proj_out|prediction_head|ff_out|qa_outputs)(?:\.w_out|\.dense|\.linear|\.decoder)?(?:\.weight|\.kernel)?$/;

export const NORM_PATTERN: RegExp = /(?:^|\.)(?:\w*norm\w*|ln(?:_\w+|\d*)|\w*_ln)(?:\.(?:weight|scale|gain|g))?$/;

export const BIAS_PATTERN: RegExp = /(?:^|[._])bias$/;

export const CONVOLUTION_PATTERN: RegExp = /conv(?!ert)/;
