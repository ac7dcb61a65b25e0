/** Element types as torch names them in pickles. */
import type { TensorDtype } from '../checkpoint.ts';

/**
 * torch's dtypes. Those nothing here reads are "other".
 *
 * @source torch 2.15, torch/storage.py (_new_dtypes, _dtype_to_storage_type_map) and _weights_only_unpickler.py
 */
export const TORCH_DTYPES: ReadonlyMap<string, TensorDtype> = new Map<string, TensorDtype>([
  ['torch.float64', 'float64'],
  ['torch.float32', 'float32'],
  ['torch.float16', 'float16'],
  ['torch.bfloat16', 'bfloat16'],
  ['torch.float8_e4m3fn', 'float8_e4m3fn'],
  ['torch.float8_e4m3fnuz', 'float8'],
  ['torch.float8_e5m2', 'float8_e5m2'],
  ['torch.float8_e5m2fnuz', 'float8'],
  ['torch.float8_e8m0fnu', 'float8'],
  ['torch.int64', 'int64'],
  ['torch.int32', 'int32'],
  ['torch.int16', 'int16'],
  ['torch.int8', 'int8'],
  ['torch.uint8', 'uint8'],
  ['torch.bool', 'bool'],
  ...['uint16', 'uint32', 'uint64', 'complex32', 'complex64', 'complex128', 'float4_e2m1fn_x2', 'bcomplex32'].map(
    other,
  ),
  ...['quint8', 'qint8', 'qint32', 'quint4x2', 'quint2x4', 'bits1x8', 'bits2x4', 'bits4x2', 'bits8', 'bits16'].map(
    other,
  ),
  ...[1, 2, 3, 4, 5, 6, 7].flatMap((bits) => [other(`uint${bits}`), other(`int${bits}`)]),
]);

/** Storage classes: their dtype, or null for bytes whose dtype the tensor tells. */
export const TORCH_STORAGES: ReadonlyMap<string, TensorDtype | null> = new Map<string, TensorDtype | null>([
  ...(
    [
      ['Double', 'float64'],
      ['Float', 'float32'],
      ['Half', 'float16'],
      ['BFloat16', 'bfloat16'],
      ['Long', 'int64'],
      ['Int', 'int32'],
      ['Short', 'int16'],
      ['Char', 'int8'],
      ['Byte', 'uint8'],
      ['Bool', 'bool'],
      ['ComplexDouble', 'other'],
      ['ComplexFloat', 'other'],
      ['QInt32', 'other'],
      ['QInt8', 'other'],
      ['QUInt8', 'other'],
      ['QUInt4x2', 'other'],
      ['QUInt2x4', 'other'],
    ] as const
  ).flatMap(([name, dtype]): [string, TensorDtype][] => [
    [`torch.${name}Storage`, dtype],
    [`torch.cuda.${name}Storage`, dtype],
  ]),
  ['torch.storage.UntypedStorage', null],
  ['torch.storage._UntypedStorage', null], // torch 1.12
  ['torch.UntypedStorage', null],
]);

function other(name: string): [string, TensorDtype] {
  return [`torch.${name}`, 'other'];
}
