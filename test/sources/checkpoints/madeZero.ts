/** Checkpoints of DeepSpeed's ZeRO made by hand, honest or lying. */
import { madeTensor, makeTorchFile } from './madeTorch.ts';
import { Call, type Made, Tuple } from './pickle/madePickle.ts';

export interface MadeZero {
  readonly stage?: number;
  readonly ranks?: number;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** Elements of each rank's buffer of momentum; none where it is null. */
  readonly buffers: readonly (number | null)[];
  /** Elements of each parameter in each rank's range, under ZeRO-1 and 2. */
  readonly fragments?: readonly Readonly<Record<string, number>>[];
  readonly partitions?: number;
  /** Whether the state is a list of groups, as elastic checkpoints have it. */
  readonly elastic?: boolean;
}

/** Files in the folder `step/`; the element i of rank r's buffer is 100 r + i. */
export function makeZero({
  stage = 3,
  shapes,
  buffers,
  fragments = [],
  partitions = buffers.length,
  elastic = false,
}: MadeZero): Readonly<Record<string, Uint8Array<ArrayBuffer>>> {
  const sizes = Object.entries(shapes).map(
    ([name, shape]) => [name, new Call('torch', 'Size', [new Tuple(...shape)])] as const,
  );
  const model = makeTorchFile(record({ param_shapes: [new Map(sizes)], module: new Map(), global_steps: 7 }));
  const prefix = stage === 3 ? 'zero_pp_rank_0_' : '';
  const files = { [`step/${prefix}mp_rank_00_model_states.pt`]: model };
  for (const [rank, length] of buffers.entries()) {
    const values = Float32Array.from({ length: length ?? 0 }, (_, i) => 100 * rank + i);
    const buffer = madeTensor({ key: '0', shape: [values.length], elements: values.length });
    const state = length === null ? new Map() : new Map([['momentum_buffer', buffer]]);
    const groups = [record({ use_muon: true, params: [0] })];
    const base = elastic ? [state] : record({ state: new Map([[0, state]]), param_groups: groups });
    const zero = record({
      zero_stage: stage,
      partition_count: partitions,
      [stage === 3 ? 'optimizer_state_dict' : 'base_optimizer_state']: base,
      param_slice_mappings: [addresses(fragments[rank] ?? {})],
    });
    const file = makeTorchFile(record({ optimizer_state_dict: zero }), { '0': new Uint8Array(values.buffer) });
    files[`step/zero_pp_rank_${rank}_mp_rank_00_optim_states.pt`] = file;
  }
  return files;
}

/** As fragment_address, whose attributes are all that is read. */
function addresses(fragments: Readonly<Record<string, number>>): Map<Made, Made> {
  let start = 0;
  const entries = Object.entries(fragments).map(([name, numel]) => {
    start += numel;
    return [name, record({ numel, start: start - numel })] as const;
  });
  return new Map(entries);
}

function record(entries: Readonly<Record<string, Made>>): Map<Made, Made> {
  return new Map(Object.entries(entries));
}
