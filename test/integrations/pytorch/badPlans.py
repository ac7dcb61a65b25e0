"""What apply_plan says to plans and optimizers that do not fit: python badPlans.py PLAN.json NAMES.json. Prints {case: {error, unchanged}}.

PLAN.json is a plan that Moonlight can run, for the parameters of NAMES.json.
"""

import copy
import json
import os
import sys

import torch
from muons import Moonlight
from plans import model_of
from training import recorder


def edited(plan, edit):
    """A copy of the plan whose fourth row is edited, or which is edited itself."""
    changed = copy.deepcopy(plan)
    edit(changed, changed["layers"][3])
    return changed


def cases(plan, names, path):
    """{case: (plan, names of the parameters, optimizer of the parameters)}"""
    muon = lambda params: Moonlight(muon_params=params)
    without = lambda *keys: edited(plan, lambda _, row: drop(row, keys))
    broken = os.path.join(os.path.dirname(path), "broken.json")
    with open(broken, "w") as file:
        file.write('{"schema": ')
    deeper = names + [name.replace(".11.", f".{layer}.") for layer in (12, 13) for name in names if ".11." in name]
    return {
        "deeper model": (plan, deeper, muon),
        "shallower model": (plan, [name for name in names if ".11." not in name], muon),
        "other names": (plan, ["encoder.mixer.weight"], muon),
        "AdamW": (plan, names, torch.optim.AdamW),
        "two optimizers": (plan, names, lambda params: [muon(params), torch.optim.AdamW(params)]),
        "no layers": (edited(plan, lambda document, _: document.pop("layers")), names, muon),
        **{f"no {key}": (without(key), names, muon) for key in ("role", "depth", "schedule", "parameter")},
        **{f"no schedule.{key}": (without("schedule", key), names, muon) for key in ("name", "coefficients", "entry", "precision")},
        "no schedule.entry.scale": (without("schedule", "entry", "scale"), names, muon),
        "pair": (edited(plan, lambda _, row: row["schedule"].update(coefficients=[[1, 2]])), names, muon),
        "scale of zero": (edited(plan, lambda _, row: row["schedule"]["entry"].update(scale=0)), names, muon),
        "no expression": (edited(plan, lambda _, row: row.update(parameter="(((")), names, muon),
        "not JSON": (broken, names, muon),
        "no file": (broken + ".not", names, muon),
        "a list": ([], names, muon),
    }


def drop(row, keys):
    for key in keys[:-1]:
        row = row[key]
    del row[keys[-1]]


def main(path, names_file):
    with open(path, encoding="utf-8") as plan, open(names_file, encoding="utf-8") as names:
        made = cases(json.load(plan), json.load(names), path)
    outcomes = {}
    for name, (plan, names, optimizer_of) in made.items():
        model = model_of(names)
        optimizer = optimizer_of(list(model.parameters()))
        groups = repr(getattr(optimizer, "param_groups", None))
        try:
            recorder.apply_plan(optimizer, plan, model=model)
            error = None
        except (TypeError, ValueError, OSError) as raised:
            error = f"{type(raised).__name__}: {raised}"
        outcomes[name] = {"error": error, "unchanged": groups == repr(getattr(optimizer, "param_groups", None))}
    print(json.dumps(outcomes))


main(*sys.argv[1:])
