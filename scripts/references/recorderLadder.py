"""What the PyTorch recorder writes in three small trainings, and what NumPy says of the same tensors.

    python scripts/references/recorderLadder.py fixtures/recorder

A ladder for `ingest` and `laws`: GPTs of four layers and width 16, 24 and 32, trained with torch.optim.Muon (2.9 or newer) for
STEPS steps on a pattern, one file a run. numpy.json holds, for every matrix at its last turn, the values of NumPy's SVD in float64 of
what torch.optim.Muon gave to Newton-Schulz: [{run, step, name, frobenius, values}]; values at the quantiles of the lines.
"""

import json
import os
import sys

import torch

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "test", "integrations", "pytorch"))
from training import hidden_and_rest, tiny_gpt, train  # noqa: E402

WIDTHS = (16, 24, 32)
LAYERS, STEPS, EVERY = 4, 40, 10


def run(width, folder):
    path = os.path.join(folder, f"width{width}.jsonl")
    if os.path.exists(path):
        os.remove(path)
    model = tiny_gpt(layers=LAYERS, width=width, head=8)
    hidden, rest = hidden_and_rest(model)
    adamw = torch.optim.AdamW(rest, lr=2e-3, betas=(0.9, 0.95))
    seen, _ = train(model, torch.optim.Muon(hidden, lr=0.02), path, steps=STEPS, every=EVERY, others=[adamw])
    with open(path, encoding="utf-8") as file:
        recorded = {(line["step"], line["name"]) for line in map(json.loads, file) if line["step"] > STEPS - EVERY}
    return [
        {"run": f"width{width}", **{key: e[key] for key in ("step", "name", "frobenius", "values")}}
        for e in seen
        if (e["step"], e["name"]) in recorded
    ]


def main(folder):
    os.makedirs(folder, exist_ok=True)
    records = [record for width in WIDTHS for record in run(width, folder)]
    digits = lambda record: {**record, "frobenius": float(f"{record['frobenius']:.9g}"), "values": [float(f"{v:.9g}") for v in record["values"]]}
    with open(os.path.join(folder, "numpy.json"), "w", encoding="utf-8") as file:
        file.write("[\n" + ",\n".join(json.dumps(digits(record)) for record in records) + "\n]\n")


main(sys.argv[1])
