/**
 * Megatron-LM with NVIDIA's Emerging-Optimizers: "optimizer.state.momentum_buffer.NAME" in its distributed checkpoints,
 * with "chained_0." before it where several optimizers are chained. Layers are an axis where the name counts none.
 */
import type { NsCoefficients } from '../../../newtonSchulz/schedule.ts';
import { COMMON_LAYOUT, type Layout, statedSchedule } from './layout.ts';

/** "quintic", the default of both; cycled for more steps. */
const QUINTIC: readonly NsCoefficients[] = [
  [4.0848, -6.8946, 2.927],
  [3.9505, -6.3029, 2.6377],
  [3.7418, -5.5913, 2.3037],
  [2.8769, -3.1427, 1.2046],
  [2.8366, -3.0525, 1.2012],
];

export const megatron: Layout = {
  ...COMMON_LAYOUT,
  name: 'Megatron + Emerging-Optimizers',
  source:
    'NVIDIA/Megatron-LM d98e8a6, core/dist_checkpointing/optimizer.py and core/optimizer/emerging_optimizers.py; ' +
    'NVIDIA-NeMo/Emerging-Optimizers fd77292, orthogonalized_optimizers',
  key: 'momentum_buffer',
  convention: 'average', // momentum_buffer.lerp_(grad, 1 - momentum)
  recognises: ({ form }) => form === 'megatron',
  higherAxes: () => 'stack',
  momentum: null,
  nesterov: false, // muon_nesterov of OptimizerConfig, unless --muon-nesterov
  newtonSchulz: (options) =>
    statedSchedule(
      {
        name: 'quintic of Emerging-Optimizers',
        source: 'NVIDIA-NeMo/Emerging-Optimizers fd77292, muon_utils.py',
        coefficients: QUINTIC,
        steps: 5,
        epsilon: 1e-15,
        precision: 'bf16',
      },
      options,
    ),
  notes: [
    'Megatron keeps neither the coefficient type nor Nesterov in the checkpoint; the defaults of its code are assumed',
  ],
};
