"""Writes fixtures/checkpoints/plain/: files of numpy.save, savez and savez_compressed, of safetensors, and a sharded
checkpoint of huggingface_hub, with what NumPy reads in them as expected.json.

expected.json: file -> name of the array -> {"shape", "dtype", "values"}; values as float64, or null where they are no
floating numbers.

    pip install numpy torch safetensors huggingface_hub ml_dtypes
    python scripts/references/plainCheckpoints.py fixtures/checkpoints/plain
"""
import pathlib
import sys

import ml_dtypes
import numpy as np
import torch
from arrays import encode, write_fixture
from huggingface_hub import save_torch_state_dict
from numpy.lib import format as npy_format
from safetensors.torch import save_file

FLOATING = ("float64", "float32", "float16", "bfloat16", "float8_e4m3fn")
EXPECTED = {}


def expect(file, arrays):
    """Records what `file` holds: name -> array, as NumPy has it."""
    EXPECTED[file] = {
        name: {
            "shape": list(array.shape),
            "dtype": str(array.dtype),
            "values": encode(array.astype(np.float64), "float64") if str(array.dtype) in FLOATING else None,
        }
        for name, array in arrays.items()
    }


def edge_values(dtype):
    """Largest, smallest normal, smallest subnormal, zeros, infinities, NaN."""
    info = ml_dtypes.finfo(dtype)
    values = [info.max, info.min, info.smallest_normal, info.smallest_subnormal, 0.0, -0.0, np.inf, -np.inf, np.nan]
    return np.array([float(value) for value in values]).astype(dtype)


def numpy_arrays():
    random = np.random.default_rng(4)
    matrix = random.standard_normal((5, 7))
    return {
        "double": matrix,
        "single": matrix.astype(np.float32),
        "half": np.concatenate([edge_values(np.float16), matrix[0].astype(np.float16)]),
        "bfloat16": np.concatenate([edge_values(ml_dtypes.bfloat16), matrix[1].astype(ml_dtypes.bfloat16)]),
        "fortran": np.asfortranarray(matrix.astype(np.float32)),
        "fortranStack": np.asfortranarray(random.standard_normal((3, 4, 5))),
        "bigEndian": matrix.astype(">f4"),
        "bigEndianHalfFortran": np.asfortranarray(matrix.astype(">f2")),
        "scalar": np.float32(-2.5).reshape(()),
        "nothing": np.zeros((0, 3), np.float32),
        "whole": np.arange(6).reshape(2, 3),
    }


def write_numpy(folder):
    arrays = numpy_arrays()
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
        expect(f"{name}.npy", {name: array})
    for version in ((2, 0), (3, 0)):
        with open(folder / f"version{version[0]}.npy", "wb") as file:
            npy_format.write_array(file, arrays["single"], version)
        expect(f"version{version[0]}.npy", {f"version{version[0]}": arrays["single"]})
    named = {"block.0/q": arrays["single"], "grüße 注意": arrays["fortran"], **{k: arrays[k] for k in ("bfloat16", "whole", "nothing")}}
    unreadable = {"fields": np.zeros(2, [("a", "f4"), ("b", "i2", (2,))]), "words": np.array(["a", "b"])}
    for file, save in (("stored.npz", np.savez), ("deflated.npz", np.savez_compressed)):
        save(folder / file, **named, **unreadable)
        expect(file, named)


def torch_tensors():
    arrays = numpy_arrays()
    return {
        "b.double": torch.tensor(arrays["double"]),
        "a.single": torch.tensor(arrays["single"]),
        "half": torch.tensor(arrays["half"]),
        "bfloat16": torch.tensor(arrays["bfloat16"].astype(np.float32)).bfloat16(),
        "grüße 注意": torch.tensor(arrays["double"][0]).float(),
        "scalar": torch.tensor(-2.5),
        "nothing": torch.zeros(0, 3),
        "whole": torch.arange(6).reshape(2, 3),
        "flags": torch.tensor([True, False, True]),
        "eight": torch.tensor([1.0, -0.5]).to(torch.float8_e4m3fn),
    }


def as_numpy(tensor):
    if tensor.dtype == torch.bfloat16:
        return tensor.float().numpy().astype(ml_dtypes.bfloat16)
    if tensor.dtype == torch.float8_e4m3fn:
        return tensor.float().numpy().astype(ml_dtypes.float8_e4m3fn)
    return tensor.numpy()


def write_safetensors(folder):
    tensors = torch_tensors()
    save_file(tensors, folder / "single.safetensors", metadata={"format": "pt", "note": "grüße"})
    expect("single.safetensors", {name: as_numpy(tensor) for name, tensor in tensors.items()})
    save_torch_state_dict(dict(tensors), folder / "sharded", max_shard_size=200)
    expect("sharded", {name: as_numpy(tensor) for name, tensor in tensors.items()})


if __name__ == "__main__":
    out = pathlib.Path(sys.argv[1])
    (out / "sharded").mkdir(parents=True, exist_ok=True)
    write_numpy(out)
    write_safetensors(out)
    write_fixture(out / "expected.json", EXPECTED)
