/**
 * KellerJordan/modded-nanogpt: banks (chunk, m, n), keyed by the address of the parameter in one process (short track) or
 * kept in the parameter group (medium track). Names are lost unless the configurations beside them were saved as dictionaries.
 */
import { COMMON_LAYOUT, type Layout, POLAR_EXPRESS_FIVE, statedSchedule } from './layout.ts';

export const moddedNanogpt: Layout = {
  ...COMMON_LAYOUT,
  name: 'modded-nanogpt',
  source: 'KellerJordan/modded-nanogpt f411b3d, train_gpt.py and train_gpt_medium.py',
  key: 'momentum_buffer',
  convention: 'average', // momentum_buffer.lerp_(grad_chunk, 1 - momentum)
  recognises: ({ form }) => form === 'banks',
  expectsMomentum: ({ options }) => options.get('optim') === 'normuon',
  stacksGroup: (options) => options.has('momentum_buffer'), // the medium track
  higherAxes: () => 'stack',
  momentum: 0.95,
  nesterov: true,
  newtonSchulz: (options) =>
    statedSchedule(
      {
        name: 'polar-express of modded-nanogpt',
        source: 'KellerJordan/modded-nanogpt f411b3d, train_gpt.py',
        coefficients: POLAR_EXPRESS_FIVE,
        steps: 5,
        scale: 1.02,
        epsilon: 1e-6,
        precision: 'bf16',
      },
      options,
    ),
  notes: ["modded-nanogpt pads banks to a multiple of the ranks: matrices of zeros at a bank's end are padding"],
};
