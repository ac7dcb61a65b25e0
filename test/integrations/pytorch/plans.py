"""apply_plan on every class: python plans.py PLAN.json NAMES.json [allow]. Prints {class: outcome}.

NAMES.json is a list of parameter names; each becomes a 12 x 16 matrix. Every optimizer takes a step, is given the plan, and takes
another. An outcome is {"error"} or {"report", "warnings", "settings": {name: {steps, triple}}, "sameMomentum", "sameOrder"}, for
torch.optim.Muon with "outputs": {name: singular values of the second update}.
"""

import json
import sys
import warnings

import numpy as np
import torch
from muons import DionMuon, FirstMuon, Moonlight, MuonAdamW, SingleDeviceMuon
from training import recorder

SHAPE = (12, 16)
SIGMA = 0.3 * (1 / 100) ** np.linspace(0, 1, SHAPE[0])
SIGMA /= np.linalg.norm(SIGMA)


def model_of(names):
    """Modules nested as the names say."""
    root = torch.nn.Module()
    for name in names:
        *path, leaf = name.split(".")
        module = root
        for part in path:
            if not hasattr(module, part):
                module.add_module(part, torch.nn.Module())
            module = getattr(module, part)
        module.register_parameter(leaf, torch.nn.Parameter(torch.zeros(SHAPE)))
    return root


def gradient(index):
    """A matrix with the singular values SIGMA."""
    random = np.random.default_rng(index)
    u, _ = np.linalg.qr(random.standard_normal((SHAPE[0], SHAPE[0])))
    v, _ = np.linalg.qr(random.standard_normal((SHAPE[1], SHAPE[0])))
    return torch.from_numpy((u * SIGMA) @ v.T).float()


CLASSES = {
    "SingleDeviceMuon": SingleDeviceMuon,
    "Moonlight": lambda params: Moonlight(muon_params=params),
    "FirstMuon": FirstMuon,
    "DionMuon": DionMuon,
    "MuonAdamW": lambda params: MuonAdamW(
        [dict(kind="muon", params=params, lr=0.02, momentum=0.95, ns_steps=5, beta2=0.9, weight_decay=0.0)]
    ),
}
if hasattr(torch.optim, "Muon"):
    CLASSES["torch.optim.Muon"] = lambda params: torch.optim.Muon(params, lr=1.0, momentum=0.0, nesterov=False, weight_decay=0.0)
    CLASSES["torch.optim.Muon with names"] = lambda params: torch.optim.Muon(params, lr=1.0, momentum=0.5, weight_decay=0.0)


def outcome(class_name, plan, names, allow_loss):
    model = model_of(names)
    with_names = class_name.endswith("with names")
    optimizer = CLASSES[class_name](list(model.named_parameters() if with_names else model.parameters()))
    for i, p in enumerate(model.parameters()):
        p.grad = gradient(i)
    optimizer.step()
    before = momentum_of(optimizer, model)
    groups = repr(optimizer.param_groups)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            report = recorder.apply_plan(optimizer, plan, model=None if with_names else model, allow_loss=allow_loss)
        except ValueError as error:
            return {"error": str(error), "unchanged": groups == repr(optimizer.param_groups)}
    after = momentum_of(optimizer, model)
    starts = {name: p.detach().clone() for name, p in model.named_parameters()}
    for i, p in enumerate(model.parameters()):
        p.grad = gradient(i)
    optimizer.step()
    group_of = {id(p): group for group in optimizer.param_groups for p in group["params"]}
    result = {
        "report": report,
        "warnings": [str(w.message) for w in caught],
        "settings": {
            name: {"steps": group_of[id(p)].get("ns_steps"), "triple": group_of[id(p)].get("ns_coefficients")}
            for name, p in model.named_parameters()
        },
        "sameMomentum": before.keys() == after.keys() and all(torch.equal(before[name], after[name]) for name in before),
    }
    if class_name == "torch.optim.Muon":
        updates = {name: starts[name] - p.detach() for name, p in model.named_parameters()}
        result["outputs"] = {n: np.linalg.svd(u.double().numpy(), compute_uv=False).tolist() for n, u in updates.items()}
    return result


def momentum_of(optimizer, model):
    """{name: buffer}, wherever the optimizer keeps it."""
    buffers = {}
    for matrix in recorder._planned_matrices(optimizer, {id(p): name for name, p in model.named_parameters()}):
        for group in optimizer.param_groups:
            if any(p is matrix.parameter for p in group["params"]):
                layout = recorder._layout_of(optimizer, group)
                buffers[matrix.name] = recorder._buffer_of(matrix, group, layout, recorder._Ranks("plan")).clone()
    return buffers


def scheduled(plan, names):
    """What apply_plan says to an optimizer that has a learning rate scheduler."""
    model = model_of(names)
    optimizer = Moonlight(muon_params=list(model.parameters()))
    torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1.0)
    try:
        recorder.apply_plan(optimizer, plan, model=model, allow_loss=True)
    except ValueError as error:
        return str(error)


def main(plan, names_file, allow=""):
    with open(names_file, encoding="utf-8") as file:
        names = json.load(file)
    outcomes = {name: outcome(name, plan, names, allow == "allow") for name in CLASSES}
    print(json.dumps({"sigma": SIGMA.tolist(), "outcomes": outcomes, "scheduled": scheduled(plan, names)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
