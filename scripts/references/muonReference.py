"""Writes fixtures/muon/singleMatrix.json: 50 steps of Muon on one matrix, NumPy float64.

Every combination of shape (tall, square, wide), momentum convention, Nesterov and update scaling; the schedules
take turns. Gradients are given, float32 values drawn around a fixed low-rank direction so that the spectrum is
spread like a real momentum's; weights, momentum and update are kept at steps 1 and 50.

    python3 scripts/references/muonReference.py fixtures/muon/singleMatrix.json
"""
import itertools
import sys

import numpy as np
from arrays import encode, write_fixture
from muon import SCHEDULES, muon_step

STEPS = 50
KEPT = (1, 50)
SHAPES = {"tall": (9, 4), "square": (6, 6), "wide": (4, 9)}


def float32_values(random, shape, deviation):
    """Gaussians that float32 holds exactly, as float64."""
    return (deviation * random.standard_normal(shape)).astype(np.float32).astype(np.float64)


def gradients_of(random, shape):
    """(STEPS, m, n): a rank-1 signal of norm about 3 plus noise."""
    signal = 3 * np.outer(random.standard_normal(shape[0]), random.standard_normal(shape[1])) / shape[0]
    noisy = signal + 0.3 * random.standard_normal((STEPS, *shape))
    return noisy.astype(np.float32).astype(np.float64)


def run(weight, gradients, muon, schedule, dtype):
    """All steps in `dtype`; returns {step: (weight, momentum, update)} for the steps in KEPT."""
    weight = weight.astype(dtype)
    momentum = np.zeros_like(weight)
    kept = {}
    for step, gradient in enumerate(gradients.astype(dtype), start=1):
        weight, momentum, update = muon_step(weight, momentum, gradient, muon, schedule, muon["learningRate"])
        if step in KEPT:
            kept[step] = (weight, momentum, update)
    return kept


def case_of(shape_name, weight, gradients, muon, schedule_name):
    exact = run(weight, gradients, muon, SCHEDULES[schedule_name], np.float64)
    single = run(weight, gradients, muon, SCHEDULES[schedule_name], np.float32)
    deviation = max(float(np.max(np.abs(exact[s][0] - single[s][0]))) for s in KEPT)
    after = {
        str(step): {k: encode(v, "float64") for k, v in zip(("weight", "momentum", "update"), arrays)}
        for step, arrays in exact.items()
    }
    return {"shape": shape_name, "muon": muon, "schedule": schedule_name, "float32Deviation": deviation, "after": after}


def main(path):
    random = np.random.default_rng(20260604)
    shapes, cases = {}, []
    order = itertools.cycle(SCHEDULES)
    for name, shape in SHAPES.items():
        weight, gradients = float32_values(random, shape, 0.5), gradients_of(random, shape)
        shapes[name] = {"weight": encode(weight, "float32"), "gradients": encode(gradients, "float32")}
        for convention, nesterov, scale in itertools.product(("sum", "average"), (True, False), ("original", "rms")):
            muon = {"learningRate": 0.02, "momentum": 0.95, "convention": convention, "nesterov": nesterov,
                    "weightDecay": 0.1, "updateScale": scale}
            cases.append(case_of(name, weight, gradients, muon, next(order)))
    versions = {"python": sys.version.split()[0], "numpy": np.__version__}
    write_fixture(path, {"schema": "muonscope.fixture.muon/1", "versions": versions, "steps": STEPS,
                         "schedules": SCHEDULES, "shapes": shapes, "cases": cases})
    print(f"{len(cases)} cases, largest float32 deviation {max(c['float32Deviation'] for c in cases):.2e}")


if __name__ == "__main__":
    main(sys.argv[1])
