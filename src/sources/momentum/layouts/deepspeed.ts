/** DeepSpeed's Muon: groups named "muon-params" with an ns_method. Under ZeRO buffers are flat partitions. */
import { COMMON_LAYOUT, JORDAN_FIVE, type Layout, type Seen, statedSchedule } from './layout.ts';

export const deepspeed: Layout = {
  ...COMMON_LAYOUT,
  name: 'DeepSpeed',
  source: 'deepspeedai/DeepSpeed edaa722, runtime/zero/muon/original_muon.py and runtime/engine.py',
  key: 'momentum_buffer',
  convention: 'average', // momentum.lerp_(grad, 1 - beta)
  recognises: (seen) => seen.options.has('ns_method') || isItsAdam(seen),
  expectsMomentum: ({ options }) => options.get('use_muon') === true,
  momentum: 0.95,
  nesterov: true,
  newtonSchulz: (options) => {
    const isGram = options.get('ns_method') !== 'standard';
    return statedSchedule(
      {
        ...JORDAN_FIVE,
        name: isGram ? 'jordan in Gram form' : 'jordan',
        precision: isGram ? 'fp16' : 'bf16',
      },
      options,
    );
  },
};

function isItsAdam({ options }: Seen): boolean {
  return options.get('name') === 'adam-params' && options.has('use_muon');
}
