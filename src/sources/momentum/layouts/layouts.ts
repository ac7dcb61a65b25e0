/** The layouts this project knows, each before those that would take its checkpoints for theirs. */
import { deepspeed } from './deepspeed.ts';
import { dion, dionReference } from './dion.ts';
import { kellerJordan, kellerJordanCopy, kellerJordanSum } from './kellerJordan.ts';
import { COMMON_LAYOUT, type Layout, type Seen } from './layout.ts';
import { megatron } from './megatron.ts';
import { mlx } from './mlx.ts';
import { moddedNanogpt } from './moddedNanogpt.ts';
import { moonlight } from './moonlight.ts';
import { nanochat } from './nanochat.ts';
import { optax } from './optax.ts';
import { muonscope, plainBuffers, plainMomentum } from './plain.ts';
import { torchMuon } from './torchMuon.ts';

/** torch.optim.SGD and RMSprop have Muon's key; only they have dampening, and a choice to be centered. */
const otherMomentum: Layout = {
  ...COMMON_LAYOUT,
  name: 'torch.optim.SGD',
  source: 'torch 2.15, torch/optim/sgd.py and rmsprop.py',
  key: 'momentum_buffer',
  convention: null,
  recognises: ({ options }) => options.has('dampening') || options.has('centered'),
  foreign: ({ options }) => (options.has('dampening') ? "SGD's momentum" : "RMSprop's momentum"),
};

/** Rows of the table in docs/checkpoints.md, and SGD, which is none. */
export const LAYOUTS: readonly Layout[] = [
  megatron,
  optax,
  mlx,
  moddedNanogpt,
  muonscope,
  otherMomentum,
  torchMuon,
  deepspeed,
  nanochat,
  moonlight,
  dionReference,
  kellerJordanSum,
  kellerJordan,
  kellerJordanCopy,
  dion,
  plainBuffers,
  plainMomentum,
];

/** The first layout that recognises a parameter's state; null where none does. */
export function layoutOf(seen: Seen): Layout | null {
  return LAYOUTS.find((layout) => layout.recognises(seen)) ?? null;
}
