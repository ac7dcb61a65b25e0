/** DeepSeek V2 and V3 as in Hugging Face transformers: latent attention, first layers dense, then routed and shared experts. */
import type { ConfigFields } from './configFields.ts';
import { gatedMlp, PROJECTIONS } from './experts.ts';
import { describeModel, everyLayer, type MatrixKind, type ModelDescription, singleMatrix } from './modelDescription.ts';

/** model_type of the configs that {@link deepseekModel} reads. */
export const DEEPSEEK_FAMILIES = ['deepseek_v2', 'deepseek_v3'] as const;
export type DeepseekFamily = (typeof DEEPSEEK_FAMILIES)[number];

const MODEL = 'model\\.layers\\.{layer}';

/** The layers of multi-token prediction are left out, as in the published count of 671B. @throws FormatError naming the missing key */
export function deepseekModel(family: DeepseekFamily, config: ConfigFields): ModelDescription {
  const [layers, width] = [config.layers('num_hidden_layers'), config.size('hidden_size')];
  const experts = config.size('n_routed_experts');
  const isSparse = (layer: number): boolean =>
    layer >= config.countOr('first_k_dense_replace', 0) && layer % config.sizeOr('moe_layer_freq', 1) === 0;
  const sparse = everyLayer(layers).filter(isSparse);
  const latents = config.sizeOr('q_lora_rank', 0) + config.size('kv_lora_rank');
  const routing = experts * width + (family === 'deepseek_v3' ? experts : 0); // V3 corrects the router by a bias
  return describeModel({
    family,
    layers,
    width,
    vocabulary: config.size('vocab_size'),
    tied: config.flagOr('tie_word_embeddings', false),
    positions: 0,
    matrices: [...latentAttention(config, layers, width), ...mlps(config, layers, width, sparse)],
    otherParams: layers * (2 * width + latents) + width + sparse.length * routing,
  });
}

function latentAttention(config: ConfigFields, layers: number, width: number): readonly MatrixKind[] {
  const heads = config.size('num_attention_heads');
  const [nope, rope] = [config.size('qk_nope_head_dim'), config.size('qk_rope_head_dim')];
  const [values, latent] = [config.size('v_head_dim'), config.size('kv_lora_rank')];
  const all = everyLayer(layers);
  const name = (projection: string): string => `${MODEL}\\.self_attn\\.${projection}`;
  const keysAndValues = ['attn.k', 'attn.v'];
  return [
    ...queries(config, heads * (nope + rope), width, name, all),
    singleMatrix('attn.kv_a', name('kv_a_proj_with_mqa'), [latent + rope, width], all, keysAndValues),
    singleMatrix('attn.kv_b', name('kv_b_proj'), [heads * (nope + values), latent], all, keysAndValues),
    singleMatrix('attn.o', name('o_proj'), [width, heads * values], all),
  ];
}

/** One projection, or two through a latent of q_lora_rank. */
function queries(
  config: ConfigFields,
  outputs: number,
  width: number,
  name: (projection: string) => string,
  layers: readonly number[],
): readonly MatrixKind[] {
  if (!config.has('q_lora_rank')) return [singleMatrix('attn.q', name('q_proj'), [outputs, width], layers)];
  const rank = config.size('q_lora_rank');
  return [
    singleMatrix('attn.q_a', name('q_a_proj'), [rank, width], layers, ['attn.q']),
    singleMatrix('attn.q_b', name('q_b_proj'), [outputs, rank], layers, ['attn.q']),
  ];
}

function mlps(config: ConfigFields, layers: number, width: number, sparse: readonly number[]): readonly MatrixKind[] {
  const dense = everyLayer(layers).filter((layer) => !sparse.includes(layer));
  const inner = config.size('moe_intermediate_size');
  const shared = config.countOr('n_shared_experts', 0);
  const place = { names: PROJECTIONS, width };
  return [
    ...gatedMlp({
      ...place,
      part: null,
      prefix: `${MODEL}\\.mlp`,
      inner: config.size('intermediate_size'),
      copies: 1,
      active: 1,
      layers: dense,
    }),
    ...gatedMlp({
      ...place,
      part: 'experts',
      prefix: `${MODEL}\\.mlp\\.experts\\.\\d+`,
      inner,
      copies: config.size('n_routed_experts'),
      active: config.size('num_experts_per_tok'),
      layers: sparse,
    }),
    ...gatedMlp({
      ...place,
      part: 'shared expert',
      prefix: `${MODEL}\\.mlp\\.shared_experts`,
      inner: shared * inner,
      copies: 1,
      active: 1,
      layers: shared > 0 ? sparse : [],
    }),
  ];
}
