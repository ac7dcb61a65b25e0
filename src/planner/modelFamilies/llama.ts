/**
 * Llama and what is built like it in Hugging Face transformers: Mistral, Qwen 2 and 3, and their mixtures of experts
 * (Mixtral, Qwen-MoE). Grouped-query attention, gated MLP, RMSNorm, rotary positions.
 */
import type { ConfigFields } from './configFields.ts';
import { gatedMlp, PROJECTIONS } from './experts.ts';
import { describeModel, everyLayer, type MatrixKind, type ModelDescription, singleMatrix } from './modelDescription.ts';

/** model_type of the configs that {@link llamaModel} reads. */
export const LLAMA_FAMILIES = ['llama', 'mistral', 'qwen2', 'qwen3', 'mixtral', 'qwen2_moe', 'qwen3_moe'] as const;
export type LlamaFamily = (typeof LLAMA_FAMILIES)[number];

/** Matrices, and gains, biases and routers, of one part of the model. */
interface Part {
  readonly matrices: readonly MatrixKind[];
  readonly otherParams: number;
}

const MODEL = 'model\\.layers\\.{layer}';

/** @throws FormatError naming the missing key */
export function llamaModel(family: LlamaFamily, config: ConfigFields): ModelDescription {
  const [layers, width] = [config.layers('num_hidden_layers'), config.size('hidden_size')];
  const attention = attentionPart(family, config, layers, width);
  const mlp = isMixture(family) ? mixturePart(family, config, layers, width) : densePart(config, layers, width);
  return describeModel({
    family,
    layers,
    width,
    vocabulary: config.size('vocab_size'),
    tied: config.flagOr('tie_word_embeddings', false),
    positions: 0,
    matrices: [...attention.matrices, ...mlp.matrices],
    otherParams: attention.otherParams + mlp.otherParams + (2 * layers + 1) * width,
  });
}

function attentionPart(family: LlamaFamily, config: ConfigFields, layers: number, width: number): Part {
  const heads = config.size('num_attention_heads');
  const keyValueHeads = config.sizeOr('num_key_value_heads', heads);
  const headSize = config.sizeOr('head_dim', Math.floor(width / heads));
  const [outputs, shared] = [heads * headSize, keyValueHeads * headSize];
  const all = everyLayer(layers);
  const name = (projection: string): string => `${MODEL}\\.self_attn\\.${projection}`;
  const isQwen2 = family === 'qwen2' || family === 'qwen2_moe'; // biases on q, k, v whatever the config says
  const isQwen3 = family === 'qwen3' || family === 'qwen3_moe'; // gains on the queries and keys of a head
  const biases = isQwen2
    ? outputs + 2 * shared
    : config.flagOr('attention_bias', false)
      ? outputs + 2 * shared + width
      : 0;
  return {
    matrices: [
      singleMatrix('attn.q', name('q_proj'), [outputs, width], all),
      singleMatrix('attn.k', name('k_proj'), [shared, width], all),
      singleMatrix('attn.v', name('v_proj'), [shared, width], all),
      singleMatrix('attn.o', name('o_proj'), [width, outputs], all),
    ],
    otherParams: layers * (biases + (isQwen3 ? 2 * headSize : 0)),
  };
}

function densePart(config: ConfigFields, layers: number, width: number): Part {
  const inner = config.size('intermediate_size');
  const biases = config.flagOr('mlp_bias', false) ? layers * (2 * inner + width) : 0;
  return { matrices: denseMlp(width, inner, everyLayer(layers)), otherParams: biases };
}

function mixturePart(
  family: 'mixtral' | 'qwen2_moe' | 'qwen3_moe',
  config: ConfigFields,
  layers: number,
  width: number,
): Part {
  const isMixtral = family === 'mixtral';
  const experts = config.size(isMixtral ? 'num_local_experts' : 'num_experts');
  const sparse = isMixtral ? everyLayer(layers) : sparseLayers(config, layers);
  const dense = everyLayer(layers).filter((layer) => !sparse.includes(layer));
  const shared = family === 'qwen2_moe' ? config.size('shared_expert_intermediate_size') : 0;
  const router = experts * width + (shared > 0 ? width : 0); // the shared expert has a gate of its own
  return {
    matrices: [
      ...(dense.length > 0 ? denseMlp(width, config.size('intermediate_size'), dense) : []),
      ...gatedMlp({
        part: 'experts',
        prefix: `${MODEL}\\.${isMixtral ? 'block_sparse_moe' : 'mlp'}\\.experts\\.\\d+`,
        names: isMixtral ? ['w1', 'w3', 'w2'] : PROJECTIONS,
        width,
        inner: config.size(isMixtral ? 'intermediate_size' : 'moe_intermediate_size'),
        copies: experts,
        active: config.size('num_experts_per_tok'),
        layers: sparse,
      }),
      ...(shared > 0 ? sharedExpert(width, shared, sparse) : []),
    ],
    otherParams: sparse.length * router,
  };
}

function denseMlp(width: number, inner: number, layers: readonly number[]): readonly MatrixKind[] {
  const place = { part: null, prefix: `${MODEL}\\.mlp`, names: PROJECTIONS };
  return gatedMlp({ ...place, width, inner, copies: 1, active: 1, layers });
}

function sharedExpert(width: number, inner: number, layers: readonly number[]): readonly MatrixKind[] {
  const place = { part: 'shared expert', prefix: `${MODEL}\\.mlp\\.shared_expert`, names: PROJECTIONS };
  return gatedMlp({ ...place, width, inner, copies: 1, active: 1, layers });
}

function sparseLayers(config: ConfigFields, layers: number): readonly number[] {
  const step = config.sizeOr('decoder_sparse_step', 1);
  const dense = config.counts('mlp_only_layers');
  return everyLayer(layers).filter((layer) => (layer + 1) % step === 0 && !dense.includes(layer));
}

function isMixture(family: LlamaFamily): family is 'mixtral' | 'qwen2_moe' | 'qwen3_moe' {
  return family === 'mixtral' || family === 'qwen2_moe' || family === 'qwen3_moe';
}
