/**
 * karpathy/nanochat's MuonAdamW: matrices of one shape are a group, and a rank keeps one stack (ceil(K / N), m, n) for its
 * share of the group's K parameters, under the id of the group's first one. The last rank's stack is padded with zeros.
 * Until January 2026 Muon was an optimizer of its own, first with a buffer a parameter, then with a stack of all.
 */
import { type TreeMap, textOf } from '../checkpointTree.ts';
import { COMMON_LAYOUT, type Layout, POLAR_EXPRESS_FIVE, statedSchedule } from './layout.ts';

export const nanochat: Layout = {
  ...COMMON_LAYOUT,
  name: 'nanochat',
  source:
    'karpathy/nanochat 92d63d4, nanochat/optim.py, nanochat/checkpoint_manager.py; before 2026-01-29 6bb9240, muon.py',
  key: 'momentum_buffer',
  convention: 'average', // momentum_buffer.lerp_(stacked_grads, 1 - momentum)
  recognises: ({ form, options }) =>
    form === 'torch' && (isCombined(options) || (options.has('ns_steps') && options.has('beta2'))),
  foreign: ({ options }) => (isCombined(options) && options.get('kind') !== 'muon' ? "AdamW's state" : null),
  expectsMomentum: ({ options }) => options.get('kind') === 'muon',
  stacksGroup: () => true,
  higherAxes: () => 'stack',
  momentum: 0.95,
  nesterov: true,
  newtonSchulz: (options) =>
    statedSchedule(
      {
        name: 'polar-express of nanochat',
        source: 'karpathy/nanochat 92d63d4, nanochat/optim.py',
        coefficients: POLAR_EXPRESS_FIVE,
        steps: 5,
        scale: 1.01, // 1.02 until March 2026
        epsilon: 1e-6,
        precision: 'bf16',
      },
      options,
      { steps: 'ns_steps' },
    ),
  notes: [
    'nanochat since July 2026 scales the rows of the Nesterov blend to one norm before Newton-Schulz; buffers are as kept',
  ],
};

function isCombined(options: TreeMap): boolean {
  return textOf(options.get('kind')) !== null;
}
