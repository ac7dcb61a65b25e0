"""What a reader has to find in a checkpoint, from the tree that Python holds.

`expected_tree(tree)` is the tree as JSON: dicts with their keys as text, tuples and sets as lists, integers beyond 2^53 as
{"integer": text}, and each tensor as {"tensor": shape, "dtype", "sha256"}. The hash is of all elements, row-major and
little-endian: float64 as it is, every other floating type widened to float32; other types have none.
"""

import enum
import hashlib

import numpy as np
import torch

# as Muonscope names them; everything else is "other"
READ_AS_FLOAT32 = ("float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2")

NAMES = {
    torch.float64: "float64",
    torch.float32: "float32",
    torch.float16: "float16",
    torch.bfloat16: "bfloat16",
    torch.float8_e4m3fn: "float8_e4m3fn",
    torch.float8_e5m2: "float8_e5m2",
    torch.int64: "int64",
    torch.int32: "int32",
    torch.int16: "int16",
    torch.int8: "int8",
    torch.uint8: "uint8",
    torch.bool: "bool",
}


def expected_tree(value):
    if isinstance(value, torch.Tensor):
        return expected_tensor(value)
    if isinstance(value, np.ndarray):
        is_known = value.dtype in (np.float64, np.float32)
        return {"tensor": list(value.shape), "dtype": str(value.dtype) if is_known else "other", "sha256": digest(value) if is_known else None}
    if isinstance(value, dict):
        return {str(key): expected_tree(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [expected_tree(item) for item in value]
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, (bool, float, str)) or value is None:
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else {"integer": str(value)}
    raise TypeError(f"no rule for {type(value)}")


def expected_tensor(tensor):
    dtype = NAMES.get(tensor.dtype, "float8" if "float8" in str(tensor.dtype) else "other")
    wide = tensor if dtype == "float64" else tensor.float() if dtype in READ_AS_FLOAT32 else None
    values = None if wide is None else wide.detach().contiguous().numpy()
    return {"tensor": list(tensor.shape), "dtype": dtype, "sha256": None if values is None else digest(values)}


def digest(values):
    return hashlib.sha256(np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<")).tobytes()).hexdigest()
