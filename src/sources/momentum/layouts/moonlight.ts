/** MoonshotAI/Moonlight: one optimizer for Muon's matrices and AdamW's rest, whose moments are moment1 and moment2. */
import { COMMON_LAYOUT, JORDAN_FIVE, type Layout, statedSchedule } from './layout.ts';

export const moonlight: Layout = {
  ...COMMON_LAYOUT,
  name: 'Moonlight',
  source: 'MoonshotAI/Moonlight c2ad5b2, examples/toy_train.py',
  key: 'momentum_buffer',
  convention: 'sum', // buf.mul_(momentum).add_(g)
  recognises: ({ form, options }) =>
    (form === 'torch' || form === 'named') && options.has('wd') && options.has('adamw_betas'),
  expectsMomentum: ({ keys }) => keys.get('use_muon') === true,
  higherAxes: () => 'flatten', // g.view(g.size(0), -1)
  momentum: 0.95,
  nesterov: true,
  newtonSchulz: (options) => statedSchedule(JORDAN_FIVE, options, { steps: 'ns_steps' }),
};
