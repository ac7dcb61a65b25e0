/**
 * The closed list of what a pickle may name: what state dicts, distributed checkpoints and the trainers around them are
 * made of. None of it is ever called or looked up; a rule says which record stands in for the object.
 *
 * docs/checkpoints.md shows the same list to users; a test compares them.
 */
import { TORCH_DTYPES, TORCH_STORAGES } from '../torch/torchDtypes.ts';

/** What a pickle may do with a name. */
export type GlobalRule =
  /** Name it: dtypes, storage classes, types that stand as arguments. */
  | 'constant'
  /** Call it once: a record of the call. */
  | 'function'
  /** Make an object of it, and give that its state once. */
  | 'class'
  /** Name a member of it by value or by name. */
  | 'enum'
  /** Name a member of an enum by name. */
  | 'getattr'
  /** Make an empty dict of it, or one of another dict. */
  | 'dict'
  | 'set'
  | 'tuple'
  | 'bytes'
  | 'encode';

/** Names of one origin that follow one rule. */
export interface GlobalGroup {
  readonly origin: string;
  readonly rule: GlobalRule;
  readonly names: readonly string[];
}

/**
 * @source torch 2.15, _weights_only_unpickler.py and the classes that torch.distributed adds to it; the classes that
 *   torch.distributed.checkpoint pickles into .metadata; Megatron-LM 11c6fed, core/safe_globals.py; DeepSpeed edaa722,
 *   runtime/zero/stage3.py and stage_1_and_2.py (state_dict)
 */
export const KNOWN_GLOBALS: readonly GlobalGroup[] = [
  {
    origin: 'Python',
    rule: 'dict',
    names: ['collections.OrderedDict', 'collections.defaultdict', 'collections.Counter'],
  },
  { origin: 'Python', rule: 'set', names: ['builtins.set', 'builtins.frozenset'] },
  { origin: 'Python', rule: 'bytes', names: ['builtins.bytes', 'builtins.bytearray'] },
  { origin: 'Python', rule: 'encode', names: ['_codecs.encode'] },
  { origin: 'Python', rule: 'function', names: ['builtins.complex'] },
  { origin: 'Python', rule: 'getattr', names: ['builtins.getattr'] },
  {
    origin: 'Python',
    rule: 'constant',
    names: ['int', 'long', 'float', 'bool', 'str', 'list', 'dict', 'tuple'].map((name) => `builtins.${name}`),
  },
  {
    origin: 'Python',
    rule: 'class',
    names: [
      'argparse.Namespace',
      'types.SimpleNamespace',
      'pathlib.PosixPath',
      'pathlib.PurePosixPath',
      'pathlib.WindowsPath',
      'pathlib.PureWindowsPath',
      'pathlib._local.PosixPath',
      'pathlib._local.WindowsPath',
      '_io.BytesIO',
    ],
  },
  { origin: 'Python', rule: 'enum', names: ['signal.Signals'] },
  { origin: 'NumPy', rule: 'constant', names: ['numpy.ndarray'] },
  { origin: 'NumPy', rule: 'class', names: ['numpy.dtype', 'numpy.core.multiarray._reconstruct'] },
  { origin: 'NumPy', rule: 'function', names: ['numpy.core.multiarray.scalar', 'numpy.core.numeric._frombuffer'] },
  { origin: 'torch', rule: 'constant', names: [...TORCH_DTYPES.keys()] },
  { origin: 'torch', rule: 'constant', names: [...TORCH_STORAGES.keys()] },
  {
    origin: 'torch',
    rule: 'constant',
    names: [
      'torch.Tensor',
      'torch.nn.parameter.Parameter',
      'torch.nn.parameter.Buffer',
      'torch.per_tensor_affine',
      'torch.per_tensor_symmetric',
      'torch.per_channel_affine',
      'torch.per_channel_symmetric',
      'torch.per_channel_affine_float_qparams',
    ],
  },
  { origin: 'torch', rule: 'tuple', names: ['torch.Size'] },
  { origin: 'torch', rule: 'class', names: ['torch.torch_version.TorchVersion'] },
  {
    origin: 'torch',
    rule: 'function',
    names: [
      'torch.device',
      'torch.serialization._get_layout',
      'torch._tensor._rebuild_from_type_v2',
      ...[
        '_rebuild_tensor',
        '_rebuild_tensor_v2',
        '_rebuild_tensor_v3',
        '_rebuild_parameter',
        '_rebuild_parameter_with_state',
        '_rebuild_device_tensor_from_cpu_tensor',
        '_rebuild_device_tensor_from_numpy',
        '_rebuild_meta_tensor_no_storage',
        '_rebuild_sparse_tensor',
        '_rebuild_qtensor',
        '_rebuild_nested_tensor',
        '_rebuild_wrapper_subclass',
      ].map((name) => `torch._utils.${name}`),
    ],
  },
  {
    origin: 'torch.distributed',
    rule: 'constant',
    names: ['torch.distributed.tensor.DTensor', 'torch.distributed._tensor.api.DTensor'],
  },
  {
    origin: 'torch.distributed',
    rule: 'class',
    names: [
      'torch.distributed.tensor._dtensor_spec.DTensorSpec',
      'torch.distributed.tensor._dtensor_spec.TensorMeta',
      'torch.distributed.tensor._dtensor_spec.ShardOrderEntry',
      'torch.distributed.tensor.placement_types.Shard',
      'torch.distributed.tensor.placement_types._StridedShard',
      'torch.distributed.tensor.placement_types.Replicate',
      'torch.distributed.tensor.placement_types.Partial',
      'torch.distributed._tensor.placement_types.DTensorSpec', // torch 2.1 to 2.4
      'torch.distributed._tensor.placement_types.TensorMeta',
      'torch.distributed._tensor.placement_types.Shard',
      'torch.distributed._tensor.placement_types.Replicate',
      'torch.distributed._tensor.placement_types._Partial',
      'torch.distributed._tensor._dtensor_spec.DTensorSpec',
      'torch.distributed._tensor._dtensor_spec.TensorMeta',
      'torch.distributed.device_mesh.DeviceMesh',
      'torch.distributed._mesh_layout._MeshLayout',
      'torch.distributed._mesh_layout._FlatLayout',
    ],
  },
  {
    origin: 'torch.distributed.checkpoint',
    rule: 'class',
    names: [
      ...[
        'Metadata',
        'MetadataIndex',
        'TensorStorageMetadata',
        'BytesStorageMetadata',
        'ChunkStorageMetadata',
        'TensorProperties',
        'StorageMeta',
      ].map((name) => `torch.distributed.checkpoint.metadata.${name}`),
      'torch.distributed.checkpoint.filesystem._StorageInfo',
    ],
  },
  {
    origin: 'torch.distributed.checkpoint',
    rule: 'enum',
    names: ['torch.distributed.checkpoint.metadata._MEM_FORMAT_ENCODING'],
  },
  {
    origin: 'DeepSpeed',
    rule: 'class',
    names: [
      'deepspeed.runtime.fp16.loss_scaler.LossScaler',
      'deepspeed.runtime.fp16.loss_scaler.DynamicLossScaler',
      'deepspeed.utils.tensor_fragment.fragment_address',
    ],
  },
  { origin: 'DeepSpeed', rule: 'enum', names: ['deepspeed.runtime.zero.config.ZeroStageEnum'] },
  { origin: 'Megatron', rule: 'class', names: ['megatron.core.optimizer.optimizer_config.OptimizerConfig'] },
  {
    origin: 'Megatron',
    rule: 'enum',
    names: [
      'megatron.core.enums.ModelType',
      'megatron.core.transformer.enums.AttnBackend',
      'megatron.core.transformer.enums.CudaGraphScope',
      'megatron.core.rerun_state_machine.RerunMode',
      'megatron.core.rerun_state_machine.RerunState',
      'megatron.core.rerun_state_machine.RerunDiagnostic',
    ],
  },
];

const RULES: ReadonlyMap<string, GlobalRule> = new Map(
  KNOWN_GLOBALS.flatMap(({ rule, names }) => names.map((name) => [name, rule] as const)),
);

/** The rule of a name, in its spelling of today; undefined if it is not in the list. */
export function ruleOf(name: string): GlobalRule | undefined {
  return RULES.get(name);
}

/** Today's name of a global: Python 2's modules, which protocol 2 still writes, and NumPy 2's are the same things. */
export function currentName(module: string, name: string): string {
  if (module === '__builtin__') return `builtins.${name}`;
  if (module === 'numpy._core' || module.startsWith('numpy._core.'))
    return `numpy.core${module.slice('numpy._core'.length)}.${name}`;
  return `${module}.${name}`;
}

/** Modules that run programs or change the machine: nobody pickles them by accident. */
const HARMFUL_MODULES: ReadonlySet<string> = new Set([
  ...['os', 'posix', 'nt', 'sys', 'subprocess', 'shutil', 'socket', 'runpy', 'importlib', 'ctypes', 'pty', 'code'],
  ...['commands', 'webbrowser', 'pickle', '_pickle', 'marshal', 'multiprocessing', 'asyncio'],
]);
const HARMFUL_BUILTINS: ReadonlySet<string> = new Set(
  ['eval', 'exec', 'compile', '__import__', 'open', 'input', 'globals', 'setattr', 'delattr'].map(
    (name) => `builtins.${name}`,
  ),
);

/** Whether a name that is not in the list is there to do something else than to be loaded. */
export function meansHarm(name: string): boolean {
  return HARMFUL_BUILTINS.has(name) || HARMFUL_MODULES.has(name.slice(0, Math.max(0, name.indexOf('.'))));
}
