/** GPT-2 as in Hugging Face transformers: fused query, key and value; learned positions; tied head. */
import type { ConfigFields } from './configFields.ts';
import { describeModel, everyLayer, type ModelDescription, singleMatrix } from './modelDescription.ts';

/** @throws FormatError naming the missing key */
export function gpt2Model(config: ConfigFields): ModelDescription {
  const [layers, width] = [config.layers('n_layer'), config.size('n_embd')];
  const inner = config.sizeOr('n_inner', 4 * width);
  const all = everyLayer(layers);
  const block = 'transformer\\.h\\.{layer}';
  const attention = ['attn.q', 'attn.k', 'attn.v'];
  return describeModel({
    family: 'gpt2',
    layers,
    width,
    vocabulary: config.size('vocab_size'),
    tied: config.flagOr('tie_word_embeddings', true),
    positions: config.sizeOr('n_positions', 1024),
    matrices: [
      // Conv1D stores (inputs, outputs).
      singleMatrix('attn.qkv', `${block}\\.attn\\.c_attn`, [width, 3 * width], all, attention),
      singleMatrix('attn.o', `${block}\\.attn\\.c_proj`, [width, width], all),
      singleMatrix('mlp.up', `${block}\\.mlp\\.c_fc`, [width, inner], all),
      singleMatrix('mlp.down', `${block}\\.mlp\\.c_proj`, [inner, width], all),
    ],
    otherParams: layers * (4 * width + 4 * width + inner + width) + 2 * width,
  });
}
