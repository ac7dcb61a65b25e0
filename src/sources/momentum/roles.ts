/** Where a parameter stands in its model, from its name alone: role, layer, or why it is no hidden matrix. */
import {
  BIAS_PATTERN,
  CONVOLUTION_PATTERN,
  EMBEDDING_PATTERN,
  HEAD_PATTERN,
  NORM_PATTERN,
  OTHER_MIXERS,
  type OtherKind,
  ROLE_PATTERNS,
} from './roleTable.ts';

export interface ParameterPlace {
  readonly kind: OtherKind | 'matrix';
  /** A known role, a name for several of them in one matrix ("attn.qkv"), or the name with "*" for the layer number. */
  readonly role: string;
  /** The name with "*" for the layer number: the role of whatever is not known. */
  readonly starred: string;
  /** 0-based; null where the name holds no layer number. */
  readonly layer: number | null;
  /** The name up to the layer number, with which layers are counted; null where there is none. */
  readonly stack: string | null;
}

/** Before the id of a parameter whose name is not known. */
export const UNNAMED: string = '#';

/** Wrappers that torch puts around modules; they stand anywhere in a name but "module", which stands first. */
const WRAPPERS: ReadonlySet<string> = new Set([
  '_orig_mod',
  '_fsdp_wrapped_module',
  '_checkpoint_wrapped_module',
  '_forward_module',
]);

/** Words before a number that counts layers, joined to it or not. */
const LAYER_WORD = /^(?:\w*layers?|\w*blocks?|h)_?(\d+)$/i;

/** Words before a number that counts something else. */
const NO_LAYER_WORD = /expert|head|states|param_groups|value_embeds|adapters?$/i;

/** Longer names are raw: the patterns of the table take a time that grows with the square of the length. */
const LONGEST_NAME = 400;

/** Longer numbers are addresses or hashes, not layers. */
const LONGEST_LAYER = 5;

/**
 * A parameter's name as the model knows it.
 *
 * @example plainName('module._orig_mod.h.0.attn._fsdp_wrapped_module.c_proj.weight') // "h.0.attn.c_proj.weight"
 */
export function plainName(name: string): string {
  const words = name.split('.').filter((word) => !WRAPPERS.has(word));
  const first = words.findIndex((word) => word !== 'module');
  return first < 0 ? name : words.slice(first).join('.');
}

/**
 * @param name plain, with dots or slashes between its words
 * @example placeOf('model.layers.3.mlp.up_proj.weight') // kind "matrix", role "mlp.up", layer 3 of the stack "model.layers"
 */
export function placeOf(name: string): ParameterPlace {
  if (name.startsWith(UNNAMED))
    return { kind: 'matrix', role: 'unnamed', starred: 'unnamed', layer: null, stack: null };
  if (name.length > LONGEST_NAME) return { kind: 'matrix', role: name, starred: name, layer: null, stack: null };
  const words = name.split(/[./]+/);
  const found = layerOf(words);
  const whole = words.join('.').toLowerCase();
  const kind = kindOf(whole, found !== null);
  if (found === null) return { kind, role: roleOf(whole) ?? name, starred: name, layer: null, stack: null };
  const behind = words
    .slice(found.at + 1)
    .join('.')
    .toLowerCase();
  const starred = [...words.slice(0, found.at), found.starred, ...words.slice(found.at + 1)].join('.');
  return { kind, role: roleOf(behind) ?? starred, starred, layer: found.layer, stack: found.stack };
}

function kindOf(name: string, inLayer: boolean): ParameterPlace['kind'] {
  if (!inLayer && HEAD_PATTERN.test(name)) return 'head';
  if (EMBEDDING_PATTERN.test(name)) return 'embedding';
  if (NORM_PATTERN.test(name)) return 'norm';
  if (BIAS_PATTERN.test(name)) return 'bias';
  return CONVOLUTION_PATTERN.test(name) ? 'convolution' : 'matrix';
}

function roleOf(words: string): string | null {
  if (OTHER_MIXERS.test(words)) return null;
  const end = words.replace(/\.(?:weight\d*|kernel|w)$/, '');
  return ROLE_PATTERNS.find(([pattern]) => pattern.test(end))?.[1] ?? null;
}

/** The first number of a name that counts layers: "h.3", "layers_3", "Block_3". */
function layerOf(
  words: readonly string[],
): { readonly at: number; readonly layer: number; readonly stack: string; readonly starred: string } | null {
  for (const [at, word] of words.entries()) {
    const before = words[at - 1] ?? '';
    if (/^\d+$/.test(word) && words.length > 1 && !NO_LAYER_WORD.test(before) && word.length <= LONGEST_LAYER)
      return { at, layer: Number(word), stack: words.slice(0, at).join('.'), starred: '*' };
    const joined = LAYER_WORD.exec(word)?.[1];
    if (joined !== undefined && joined.length <= LONGEST_LAYER) {
      const bare = word.slice(0, -joined.length);
      return { at, layer: Number(joined), stack: [...words.slice(0, at), bare].join('.'), starred: `${bare}*` };
    }
  }
  return null;
}
