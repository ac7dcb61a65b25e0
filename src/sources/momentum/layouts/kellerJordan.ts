/**
 * KellerJordan/Muon: Muon, SingleDeviceMuon and the variants with AdamW inside, and their many copies.
 *
 * Up to January 2025 it kept a sum; those groups have AdamW's options and no weight decay of Muon's. A group of {lr, momentum,
 * nesterov, ns_steps} and nothing else was written by copies of both conventions. With several processes each keeps momentum
 * for the parameters it owns: a file a rank.
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
  source: 'KellerJordan/Muon 857d1ad, muon.py; before 2025-05 eb22579 and 53b3831',
  convention: 'average', // momentum.lerp_(grad, 1 - beta)
  recognises: (seen) => isOfItsKind(seen) && eraOf(seen.options) === 'average',
};

export const kellerJordanSum: Layout = {
  ...FACTS,
  name: 'KellerJordan/Muon before 2025-02',
  source: 'KellerJordan/Muon 6c11707, muon.py',
  convention: 'sum', // buf.mul_(momentum).add_(g)
  recognises: (seen) => isOfItsKind(seen) && eraOf(seen.options) === 'sum',
};

export const kellerJordanCopy: Layout = {
  ...FACTS,
  name: 'a copy of KellerJordan/Muon',
  source: 'KellerJordan/Muon 8f71d32, muon.py, a sum; karpathy/nanochat 3a5e0bc, nanochat/muon.py, an average',
  convention: null,
  recognises: (seen) => isOfItsKind(seen) && eraOf(seen.options) === null,
  notes: [
    'groups of these options were written by copies that keep a sum and by copies that keep an average: --convention tells',
  ],
};

/** Groups of {lr, momentum, weight_decay} and nothing that another implementation adds. */
function isOfItsKind({ form, options }: Seen): boolean {
  return (form === 'torch' || form === 'named') && options.has('lr') && options.has('momentum');
}

/** Buffers of processes came with the average; AdamW inside, without a weight decay beside it, went with the sum. */
function eraOf(options: TreeMap): 'average' | 'sum' | null {
  const hasBuffer = options.has('update_buffer') || options.has('zero_buffer');
  if (hasBuffer || options.has('weight_decay') || !options.has('ns_steps')) return 'average';
  return options.has('adamw_betas') || options.has('backup_adamw_betas') ? 'sum' : null;
}

function usesMuon(keys: TreeMap, options: TreeMap): boolean {
  if (keys.has('use_muon')) return keys.get('use_muon') === true;
  if (options.has('use_muon')) return options.get('use_muon') === true;
  return !options.has('betas') && textOf(options.get('kind')) === null;
}
