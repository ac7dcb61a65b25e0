/** The GPT of arXiv:2606.04058, from layers and width: our own config, and the model a bare size stands for. */

import { shapeOfRole } from '../modelShape.ts';
import type { ConfigFields } from './configFields.ts';
import { describeModel, everyLayer, type MatrixKind, type ModelDescription } from './modelDescription.ts';

const ROLES = ['attn.q', 'attn.k', 'attn.v', 'attn.o', 'mlp.up', 'mlp.down'];

/**
 * What these matrices are called in the code people run: nanoGPT, nanochat, Llama, Mistral and this project.
 * A bare size has no names of its own; the exported files let them be edited.
 */
const NAMES: Readonly<Record<string, string>> = {
  'attn.q': 'q_proj|wq|c_q|attn\\.q|query|to_q',
  'attn.k': 'k_proj|wk|c_k|attn\\.k|key|to_k',
  'attn.v': 'v_proj|wv|c_v|attn\\.v|value|to_v',
  'attn.o': 'o_proj|wo|attn\\.c_proj|attn\\.o|out_proj|to_out',
  'mlp.up': 'up_proj|w3|c_fc|mlp\\.up|fc1|fc_in',
  'mlp.gate': 'gate_proj|w1|mlp\\.gate',
  'mlp.down': 'down_proj|w2|mlp\\.c_proj|mlp\\.down|fc2|fc_out',
};

/** {layers, width, vocabulary}. @throws FormatError naming the missing key */
export function ownModel(config: ConfigFields): ModelDescription {
  const [layers, width] = [config.layers('layers'), config.size('width')];
  return describeModel({
    family: 'own',
    layers,
    width,
    vocabulary: config.size('vocabulary'),
    tied: false,
    positions: 0,
    matrices: matricesOfRoles(ROLES, layers, width),
    otherParams: 0,
  });
}

/**
 * A model known by its size alone.
 *
 * @param roles one matrix of each a layer
 * @throws UsageError for a role whose shape is not known
 */
export function modelOfSize(
  params: number,
  { layers, width }: { readonly layers: number; readonly width: number },
  roles: readonly string[],
): ModelDescription {
  const matrices = matricesOfRoles(roles, layers, width);
  const nonEmbeddingParams = matrices.reduce((sum, { shape }) => sum + layers * shape[0] * shape[1], 0);
  return {
    family: 'size',
    layers,
    width,
    params,
    nonEmbeddingParams,
    activeParams: params,
    weightsPerToken: params,
    matrices,
  };
}

function matricesOfRoles(roles: readonly string[], layers: number, width: number): readonly MatrixKind[] {
  const all = everyLayer(layers);
  return roles.map((role) => ({
    role,
    part: null,
    standIns: [],
    parameter: `(?:.*\\.)?(?:layers|blocks|block|h)\\.{layer}\\.(?:.*\\.)?(?:${NAMES[role] ?? role.replaceAll('.', '\\.')})`,
    shape: shapeOfRole(role, width),
    copies: 1,
    active: 1,
    layers: all,
  }));
}
