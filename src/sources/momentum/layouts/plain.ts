/** Buffers by name and nothing more: this project's checkpoints, files written by hand, and keys the user names. */
import { printable } from '../../../base/printable.ts';
import { COMMON_LAYOUT, type Layout } from './layout.ts';

export const muonscope: Layout = {
  ...COMMON_LAYOUT,
  name: 'muonscope',
  source: 'src/train/trainingState.ts',
  key: 'momentum',
  convention: null, // a choice of the run, which its config states
  recognises: ({ form }) => form === 'muonscope',
};

export const plainBuffers: Layout = {
  ...COMMON_LAYOUT,
  name: 'named buffers',
  source: 'docs/checkpoints.md',
  key: 'momentum_buffer',
  convention: null,
  recognises: ({ keys }) => keys.has('momentum_buffer'),
};

export const plainMomentum: Layout = {
  ...plainBuffers,
  key: 'momentum',
  recognises: ({ keys }) => keys.has('momentum'),
};

/** The layout of a key the user names. */
export function namedKey(key: string): Layout {
  return { ...plainBuffers, name: `key ${printable(key)}`, key, recognises: ({ keys }) => keys.has(key) };
}
