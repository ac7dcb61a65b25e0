/** MLX: "NAME.v" of mlx.utils.tree_flatten(optimizer.state); AdamW keeps "m" beside it, SGD looks the same. */
import { COMMON_LAYOUT, JORDAN_FIVE, type Layout, statedSchedule } from './layout.ts';

export const mlx: Layout = {
  ...COMMON_LAYOUT,
  name: 'MLX',
  source: 'ml-explore/mlx 846d176, python/mlx/optimizers/optimizers.py',
  key: 'v',
  convention: 'average', // v = momentum v + (1 - momentum) gradient
  recognises: ({ form }) => form === 'mlx',
  higherAxes: () => 'flatten', // mx.reshape(update, (update.shape[0], -1))
  momentum: 0.95,
  nesterov: true,
  newtonSchulz: (options) => statedSchedule({ ...JORDAN_FIVE, precision: 'float32' }, options),
  notes: ["MLX keeps no settings; those of its code are assumed. SGD's, RMSprop's and Adagrad's states look the same"],
};
