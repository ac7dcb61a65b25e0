/** An optimizer's state however a checkpoint keeps it: parameters with their tensors, groups with their options. */
import type { TreeMap } from './checkpointTree.ts';

/** How the state was kept; the layouts of this folder tell further by keys and options. */
export type StateForm =
  /** {state: {id: {key: tensor}}, param_groups: [...]}; ids may be names. */
  | 'torch'
  /** "state.NAME.KEY" in flat keys. */
  | 'named'
  /** "optimizer.state.KEY.NAME" of Megatron's distributed checkpoints. */
  | 'megatron'
  /** {param_states: {id: {key: tensor}}, param_cfgs: ...} of modded-nanogpt. */
  | 'banks'
  /** "PREFIX.mu.NAME" of a flattened MuonState. */
  | 'optax'
  /** "NAME.v" */
  | 'mlx'
  /** "momentum/NAME" of this project's checkpoints. */
  | 'muonscope'
  /** "KEY.NAME" or "NAME.KEY" without more around it. */
  | 'plain';

/** Parameters that share their options. */
export interface ParameterGroup {
  readonly index: number;
  /** Ids in the order of the optimizer. */
  readonly params: readonly string[];
  /** Names in the same order, where the checkpoint has them. */
  readonly names: readonly string[] | null;
  readonly options: TreeMap;
}

/** What an optimizer keeps for one parameter, or for a group of parameters at once. */
export interface ParameterState {
  /** As in the checkpoint: "0", a name, an address. */
  readonly id: string;
  readonly values: TreeMap;
  readonly group: ParameterGroup | null;
}

/** One optimizer of one file. */
export interface OptimizerState {
  readonly form: StateForm;
  /** Keys from the root of the tree. */
  readonly path: readonly string[];
  /** Index of the checkpoint it was found in. */
  readonly file: number;
  readonly parameters: readonly ParameterState[];
  readonly groups: readonly ParameterGroup[];
}

/**
 * Keys of a parameter's state in the optimizers that the layouts know, momentum and others alike.
 *
 * @source torch 2.15 (Muon, AdamW, SGD), KellerJordan/Muon 857d1ad, Moonlight c2ad5b2, dion 0a059a4, nanochat 92d63d4
 */
export const STATE_KEYS: ReadonlySet<string> = new Set([
  'momentum_buffer',
  'second_momentum_buffer',
  'momentum',
  'exp_avg',
  'exp_avg_sq',
  'max_exp_avg_sq',
  'moment1',
  'moment2',
  'variance',
  'variance_neuron',
  'moment2_buffer',
  'Q',
  'step',
  'step_dev',
  'mantissa',
  'fp32_param',
  'use_muon',
  'algorithm',
]);

/** State that only optimizers of AdamW's kind keep: where one of these is, the first moment beside it is not Muon's. */
export const SECOND_MOMENTS: ReadonlySet<string> = new Set([
  'exp_avg_sq',
  'max_exp_avg_sq',
  'moment2',
  'variance',
  'nu',
  'm',
  'u',
]);
