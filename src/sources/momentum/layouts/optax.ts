/**
 * optax.contrib.muon, its state flattened into named arrays: PREFIX.mu.NAME, PREFIX.ns_coeffs and PREFIX.count of
 * MuonState. The buffer is the plain average; bias correction and Nesterov are applied on the way to NS.
 */
import { COMMON_LAYOUT, JORDAN_FIVE, type Layout, statedSchedule } from './layout.ts';

export const optax: Layout = {
  ...COMMON_LAYOUT,
  name: 'optax.contrib.muon',
  source: 'google-deepmind/optax 2edbcbe, optax/contrib/_muon.py',
  key: 'mu',
  convention: 'average', // update_moment: (1 - beta) g + beta mu
  recognises: ({ form }) => form === 'optax',
  higherAxes: () => 'by name',
  momentum: 0.95,
  nesterov: true,
  newtonSchulz: (options) =>
    statedSchedule({ ...JORDAN_FIVE, epsilon: 1e-8, precision: 'float32' }, options, { coefficients: 'ns_coeffs' }),
  notes: ['optax keeps neither beta nor the number of steps of a single triple in the state; its defaults are assumed'],
};
