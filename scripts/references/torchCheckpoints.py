"""Files of torch.save, of every kind that is read or refused, and what a reader has to find in them.

    python scripts/references/torchCheckpoints.py fixtures/checkpoints/torch       # PyTorch 2.9 or later
    /usr/bin/python3 scripts/references/torchCheckpoints.py fixtures/checkpoints/torch --old     # PyTorch 1.13

Writes the files and expected.json, or with --old old.pt, oldLegacy.pt, script.pt and expectedOld.json:
{file: tree of expectedTree.py, or null for a file that is refused}; "objects" is the tree of objectsProtocol*.pt.
"""

import argparse
import collections
import json
import os
import pathlib
import random
import sys
import zipfile

import numpy as np
import torch
from expectedTree import expected_tree
from tinyModel import KellerJordanMuon, MoonlightMuon, TinyModel, split, train


def torch_muon(dtype=torch.float32, named=False):
    torch.manual_seed(0)
    model = TinyModel().to(dtype)
    hidden, rest = split(model)
    muon = torch.optim.Muon(hidden if named else [p for _, p in hidden], lr=0.02)
    adamw = torch.optim.AdamW(rest if named else [p for _, p in rest], lr=3e-4)
    train(model, [muon, adamw])
    return {"model": model.state_dict(), "optimizer": muon.state_dict(), "adamw": adamw.state_dict(), "step": 4}


def keller_jordan():
    torch.manual_seed(0)
    model = TinyModel()
    hidden, rest = split(model)
    groups = [{"params": [p for _, p in rest], "use_muon": False}, {"params": [p for _, p in hidden], "use_muon": True}]
    optimizer = KellerJordanMuon(groups)
    train(model, [optimizer])
    return {"model": model.state_dict(), "optimizer": optimizer.state_dict()}


def moonlight():
    torch.manual_seed(0)
    model = TinyModel()
    hidden, rest = split(model)
    optimizer = MoonlightMuon([p for _, p in hidden], [p for _, p in rest])
    train(model, [optimizer])
    return {"model": model.state_dict(), "optimizer": optimizer.state_dict()}


def views():
    """Strides, offsets, storages that several tensors share, and every floating type."""
    torch.manual_seed(0)
    base = torch.randn(6, 10)
    stack = torch.randn(3, 5, 7, dtype=torch.float64)
    special = torch.tensor([0.0, -0.0, float("inf"), float("-inf"), float("nan"), 6e-8, -6e-5, 65504.0, 1e-40, 3e38])
    return {
        "base": base,
        "transposed": base.t(),
        "row": base[3],
        "column": base[:, 4],
        "inner": base[1:5, 2:9],
        "stepped": base[::2, ::3],
        "permuted": stack.permute(2, 0, 1),
        "float64": stack,
        "bfloat16": base.bfloat16().t(),
        "float16": base.half()[:, 1:4],
        "specialFloat16": special.half(),
        "specialBfloat16": special.bfloat16(),
        "special": special,
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 3),
        "integers": torch.arange(7),
        "booleans": torch.tensor([True, False]),
        "parameter": torch.nn.Parameter(base[:2].clone()),
    }


def python_objects():
    """What stands around tensors in real checkpoints."""
    random.seed(0)
    np.random.seed(0)
    return {
        "rng": [torch.get_rng_state(), random.getstate(), np.random.get_state()],
        "numpy": [np.float64(2.5), np.float32(0.5), np.float16(1.5), np.int64(-3), np.uint8(200), np.bool_(True)],
        "arrays": [np.arange(6.0).reshape(2, 3), np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3))],
        "sets": [{7}, frozenset([8])],
        "complex": 1 + 2j,
        "integers": [2**70, -(2**70), -5, 300, 70_000, 2**40],
        "bytes": [b"ab\xff", b"", bytearray(b"xy")],
        "torch": [torch.Size([1, 2]), torch.device("cuda:0"), torch.bfloat16, torch.strided, torch.__version__],
        "dicts": [collections.defaultdict(int, {1: 2}), collections.Counter("aab"), collections.OrderedDict(a=1)],
        "path": pathlib.PurePosixPath("/a/b"),
        "args": argparse.Namespace(lr=0.1, sizes=[2, 3], none=None),
        "text": "σ \u2028 end",
        ("tuple", 1): True,
        3: False,
        None: 1.5,
    }


def python_objects_expected():
    objects = python_objects()
    return {
        **expected_tree({"rng": objects["rng"]}),
        "numpy": [2.5, 0.5, 1.5, -3, 200, True],
        "arrays": expected_tree(objects["arrays"]),
        "sets": [[7], [8]],
        "complex": [1, 2],
        "integers": expected_tree(objects["integers"]),
        "bytes": ["ab\xff", "", "xy"],
        "torch": [[1, 2], "cuda:0", "torch.bfloat16", "torch.strided", str(torch.__version__)],
        "dicts": [{"1": 2}, {"a": 2, "b": 1}, {"a": 1}],
        "path": "/a/b",
        "args": {"lr": 0.1, "sizes": [2, 3], "none": None},
        "text": "σ \u2028 end",
        "(tuple, 1)": True,
        "3": False,
        "None": 1.5,
    }


def unreadable():
    """Tensors that are known and not read, beside two that are."""
    return {
        "float8": torch.arange(4.0).to(torch.float8_e4m3fn),
        "uint16": torch.arange(4).to(torch.uint16),
        "sparse": torch.eye(3).to_sparse(),
        "meta": torch.empty(2, 5, device="meta"),
        "quantised": torch.quantize_per_tensor(torch.arange(4.0), 0.1, 0, torch.quint8),
        "negated": torch.randn(2, 2, dtype=torch.complex64).conj().imag,
        "kept": torch.arange(3.0),
    }


def rewrite(source, target, change=lambda name, data: data, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", compression) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, change(entry.filename, old.read(entry)))


def swapped(name, data):
    """As a big-endian machine would write float32 storages."""
    if name.endswith("/byteorder"):
        return b"big"
    return np.frombuffer(data, "<f4").astype(">f4").tobytes() if "/data/" in name else data


def write(folder):
    trees = {
        "torchMuon.pt": torch_muon(),
        "torchMuonNamed.pt": torch_muon(named=True),
        "torchMuonBfloat16.pt": torch_muon(torch.bfloat16),
        "kellerJordan.pt": keller_jordan(),
        "moonlight.pt": moonlight(),
        "views.pt": views(),
        "tensor.pt": torch.arange(6.0).reshape(2, 3),
        "list.pt": [torch.arange(3.0), 5],
    }
    expected = {}
    for name, tree in trees.items():
        torch.save(tree, f"{folder}/{name}")
        expected[name] = expected_tree(tree)
    for protocol in (2, 4, 5):
        torch.save(python_objects(), f"{folder}/objectsProtocol{protocol}.pt", pickle_protocol=protocol)
    expected["objects"] = python_objects_expected()
    torch.save(unreadable(), f"{folder}/unreadable.pt")
    expected["unreadable.pt"] = {
        "float8": expected_tree(unreadable()["float8"]),
        "uint16": {"tensor": [4], "dtype": "other", "sha256": None},
        "kept": expected_tree(torch.arange(3.0)),
    }
    small = {"model": {"weight": torch.arange(12.0).reshape(3, 4)}, "half": torch.arange(6.0).reshape(2, 3).t()}
    torch.save(small, f"{folder}/small.pt")
    rewrite(f"{folder}/small.pt", f"{folder}/deflated.pt", compression=zipfile.ZIP_DEFLATED)
    rewrite(f"{folder}/small.pt", f"{folder}/bigEndian.pt", swapped)
    expected |= {name: expected_tree(small) for name in ("small.pt", "deflated.pt", "bigEndian.pt")}
    torch.save(small, f"{folder}/legacy.pt", _use_new_zipfile_serialization=False)
    torch.save(torch.nn.Linear(2, 2), f"{folder}/module.pt")
    expected |= {"legacy.pt": None, "module.pt": None}
    return expected


def write_old(folder):
    numpy = [np.float64(2.5), np.arange(3.0)]
    tree = {"views": views(), "model": TinyModel().state_dict(), "numpy": numpy, "args": argparse.Namespace(lr=0.1)}
    torch.save(tree, f"{folder}/old.pt")
    torch.save(tree["views"]["base"], f"{folder}/oldLegacy.pt", _use_new_zipfile_serialization=False)
    torch.jit.save(torch.jit.trace(torch.nn.Linear(2, 2), torch.zeros(1, 2)), f"{folder}/script.pt")
    expected = expected_tree({**tree, "numpy": [2.5, numpy[1]], "args": {"lr": 0.1}})
    return {"old.pt": expected, "oldLegacy.pt": None, "script.pt": None}


if __name__ == "__main__":
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    is_old = "--old" in sys.argv
    expected = (write_old if is_old else write)(folder)
    with open(f"{folder}/{'expectedOld' if is_old else 'expected'}.json", "w", encoding="utf-8") as file:
        json.dump(expected, file, separators=(",", ":"))
        file.write("\n")
