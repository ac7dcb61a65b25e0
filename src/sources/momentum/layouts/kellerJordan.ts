/**
 * KellerJordan/Muon: Muon, SingleDeviceMuon and the variants with AdamW inside.
 *
 * Up to January 2025 it kept a sum; those groups hold the options of its AdamW but no weight decay of its own, or neither
 * and no update buffer. With several processes each keeps momentum for the parameters it owns: a file a rank.
 */
import { type TreeMap, textOf } from '../checkpointTree.ts';
import { COMMON_LAYOUT, JORDAN_FIVE, type Layout, type Seen, statedSchedule } from './layout.ts';

const FACTS = {
  ...COMMON_LAYOUT,
  key: 'momentum_buffer',
  momentum: 0.95,
  nesterov: true,
  expectsMomentum: ({ keys, options }: Seen) => usesMuon(keys, options),
  newtonSchulz: (options: TreeMap) => statedSchedule(JORDAN_FIVE, options, { steps: 'ns_steps' }),
} as const;

export const kellerJordan: Layout = {
  ...FACTS,
  name: 'KellerJordan/Muon',
  source: 'KellerJordan/Muon 857d1ad, muon.py; before 2025-05 7a93fd1',
  convention: 'average', // momentum.lerp_(grad, 1 - beta)
  recognises: (seen) => isOfItsKind(seen) && !isSum(seen.options),
};

export const kellerJordanSum: Layout = {
  ...FACTS,
  name: 'KellerJordan/Muon before 2025-02',
  source: 'KellerJordan/Muon 6c11707, muon.py',
  convention: 'sum', // buf.mul_(momentum).add_(g)
  recognises: (seen) => isOfItsKind(seen) && isSum(seen.options),
};

/** Groups of {lr, momentum, weight_decay} and nothing that another implementation adds. */
function isOfItsKind({ form, options }: Seen): boolean {
  return (form === 'torch' || form === 'named') && options.has('lr') && options.has('momentum');
}

function isSum(options: TreeMap): boolean {
  const withoutDecay = options.has('ns_steps') && !options.has('weight_decay');
  return withoutDecay && !options.has('update_buffer');
}

function usesMuon(keys: TreeMap, options: TreeMap): boolean {
  if (keys.has('use_muon')) return keys.get('use_muon') === true;
  if (options.has('use_muon')) return options.get('use_muon') === true;
  return !options.has('betas') && textOf(options.get('kind')) === null;
}
