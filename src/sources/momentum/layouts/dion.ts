/**
 * microsoft/dion's Muon and NorMuon, which OLMo-core trains with, and dion's reference Muon.
 *
 * Its AdamW and Lion keep a "momentum" too: the group's algorithm tells them apart, a "variance" tells AdamW.
 */
import { type TreeMap, textOf } from '../checkpointTree.ts';
import { COMMON_LAYOUT, JORDAN_FIVE, type Layout, POLAR_EXPRESS_FIVE, statedSchedule } from './layout.ts';

/** Algorithms of its groups that run NS on the whole momentum. */
const ORTHONORMALISED: ReadonlySet<string> = new Set(['muon', 'normuon']);

const FOREIGN: ReadonlyMap<string, string> = new Map([
  ['dion', 'Dion orthonormalises its momentum by power iteration, without Newton-Schulz'],
  ['dion2', 'Dion2 hands rows or columns it selects to Newton-Schulz, never the whole momentum'],
  ['nordion2', 'Dion3 hands rows or columns it selects to Newton-Schulz, never the whole momentum'],
  ['adamw', "AdamW's first moment"],
  ['lion', "Lion's momentum"],
]);

export const dion: Layout = {
  ...COMMON_LAYOUT,
  name: 'microsoft/dion',
  source: 'microsoft/dion 0a059a4, dion/muon.py and dion/megabatch_base.py; allenai/OLMo-core fa6c501, optim/muon.py',
  key: 'momentum',
  convention: 'sum', // M = mu M + G
  recognises: ({ keys, options }) => options.has('algorithm') || keys.has('variance_neuron') || keys.has('Q'),
  foreign: ({ keys, options }) => {
    const algorithm = textOf(options.get('algorithm'));
    if (algorithm !== null) return FOREIGN.get(algorithm) ?? null;
    return keys.has('Q') ? (FOREIGN.get('dion') ?? null) : null;
  },
  expectsMomentum: ({ options }) => ORTHONORMALISED.has(textOf(options.get('algorithm')) ?? ''),
  higherAxes: flattened,
  momentum: 0.95,
  nesterov: false,
  newtonSchulz: (options) =>
    statedSchedule(
      {
        name: 'polar-express of dion',
        source: 'microsoft/dion 0a059a4, dion/polar_express.py',
        coefficients: POLAR_EXPRESS_FIVE,
        steps: 5,
        scale: 1.02,
        epsilon: 1e-8,
        precision: 'bf16',
      },
      options,
      { epsilon: 'epsilon' },
    ),
};

export const dionReference: Layout = {
  ...COMMON_LAYOUT,
  name: 'microsoft/dion reference',
  source: 'microsoft/dion 0a059a4, dion/muon_reference.py',
  key: 'momentum_buffer',
  convention: 'sum', // buf.mul_(momentum).add_(g)
  recognises: ({ options }) => options.has('adjust_lr') && options.has('epsilon') && options.has('ns_steps'),
  foreign: ({ keys }) => FOREIGN.get(textOf(keys.get('algorithm')) ?? '') ?? null,
  expectsMomentum: ({ keys }) => textOf(keys.get('algorithm')) === 'muon',
  higherAxes: () => 'flatten',
  momentum: 0.95,
  nesterov: true,
  newtonSchulz: (options) =>
    statedSchedule({ ...JORDAN_FIVE, epsilon: 1e-8 }, options, { steps: 'ns_steps', epsilon: 'epsilon' }),
};

function flattened(options: TreeMap): 'flatten' | 'stack' {
  return options.get('flatten') === true ? 'flatten' : 'stack';
}
