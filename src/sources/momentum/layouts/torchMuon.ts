/** torch.optim.Muon. */
import { COMMON_LAYOUT, JORDAN_FIVE, type Layout, statedSchedule } from './layout.ts';

export const torchMuon: Layout = {
  ...COMMON_LAYOUT,
  name: 'torch.optim.Muon',
  source: 'torch 2.15, torch/optim/_muon.py',
  key: 'momentum_buffer',
  convention: 'average', // buf.lerp_(grad, 1 - momentum); the docstring writes the sum
  recognises: ({ form, options }) => (form === 'torch' || form === 'named') && options.has('ns_coefficients'),
  expectsMomentum: () => true,
  momentum: 0.95,
  nesterov: true,
  newtonSchulz: (options) =>
    statedSchedule(JORDAN_FIVE, options, { steps: 'ns_steps', coefficients: 'ns_coefficients', epsilon: 'eps' }),
};
