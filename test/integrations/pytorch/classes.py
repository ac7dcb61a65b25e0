"""One training for each class of Muon and dtype: python classes.py FOLDER. Prints {case: {file, expected}}."""

import json
import os
import sys

import torch
from muons import (
    DionMuon,
    DionReference,
    FirstMuon,
    Moonlight,
    MuonAdamW,
    SingleDeviceMuon,
    SingleDeviceMuonWithAuxAdam,
    StackedMuon,
)
from training import hidden_and_rest, tiny_gpt, train


def by_shape(params, **settings):
    return [dict(params=[p for p in params if p.shape == shape], **settings) for shape in sorted({p.shape for p in params})]


CLASSES = {
    "KellerJordan SingleDeviceMuon": lambda hidden, rest: SingleDeviceMuon(hidden),
    "KellerJordan SingleDeviceMuonWithAuxAdam": lambda hidden, rest: SingleDeviceMuonWithAuxAdam(
        [dict(params=rest, use_muon=False), dict(params=hidden, use_muon=True)]
    ),
    "Moonlight": lambda hidden, rest: Moonlight(muon_params=hidden, adamw_params=rest),
    "Moonlight without Nesterov": lambda hidden, rest: Moonlight(muon_params=hidden, adamw_params=rest, nesterov=False),
    "dion Muon": lambda hidden, rest: DionMuon([dict(params=hidden), dict(params=rest, algorithm="adamw")]),
    "dion Muon with Nesterov": lambda hidden, rest: DionMuon([dict(params=hidden), dict(params=rest, algorithm="adamw")], nesterov=True),
    "dion MuonReference": lambda hidden, rest: DionReference([dict(params=hidden), dict(params=rest, algorithm="adamw")]),
    "nanochat MuonAdamW": lambda hidden, rest: MuonAdamW(
        [dict(kind="adamw", params=rest, lr=1e-3, betas=(0.8, 0.95))]
        + by_shape(hidden, kind="muon", lr=0.02, momentum=0.95, ns_steps=5, beta2=0.9, weight_decay=0.0)
    ),
    "nanochat stacked Muon": lambda hidden, rest: StackedMuon(hidden),
    "nanochat first Muon": lambda hidden, rest: FirstMuon(hidden),
}
if hasattr(torch.optim, "Muon"):
    CLASSES["torch.optim.Muon"] = lambda hidden, rest: torch.optim.Muon(hidden)
    CLASSES["torch.optim.Muon without Nesterov"] = lambda hidden, rest: torch.optim.Muon(hidden, nesterov=False)

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def main(folder):
    results = {}
    for name, make in CLASSES.items():
        for dtype_name, dtype in DTYPES.items():
            model = tiny_gpt().to(dtype)
            path = os.path.join(folder, f"{name} {dtype_name}.jsonl".replace(" ", "-"))
            expected, _ = train(model, make(*hidden_and_rest(model)), path)
            results[f"{name}, {dtype_name}"] = {"file": path, "expected": expected}
    print(json.dumps({"torch": torch.__version__, "cases": results}))


main(sys.argv[1])
