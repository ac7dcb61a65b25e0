"""What goes wrong around a recorder: python failures.py FOLDER. Prints {case: {file, warnings, expected, ...}}.

Every case trains to its end; an exception out of a training loop fails the script.
"""

import json
import os
import resource
import sys
import warnings

import torch
from muons import Moonlight, SingleDeviceMuon
from training import hidden_and_rest, recorder, tiny_gpt, train

FOLDER = sys.argv[1]
CASES = {}


def case(function):
    CASES[function.__name__.replace("_", " ")] = function
    return function


def path_of(name):
    return os.path.join(FOLDER, f"{name}.jsonl")


def training(path, steps=7, optimizer=None, model=None, between=None, **options):
    """A whole training; `between(step, model, optimizer)` runs before each recorder.step()."""
    model = model or tiny_gpt()
    optimizer = optimizer or SingleDeviceMuon(hidden_and_rest(model)[0])
    step = [options.get("start", 0)]

    def clear(model):
        step[0] += 1
        if between is not None:
            between(step[0], model, optimizer)

    expected, _ = train(model, optimizer, path, steps=steps, clear=clear, **options)
    return {"file": path, "expected": expected}


@case
def unwritable_path():
    blocker = os.path.join(FOLDER, "a file")
    open(blocker, "w").close()
    return training(os.path.join(blocker, "spectra.jsonl"))


@case
def full_disk():
    """A limit on the size of files cuts a line off in its middle, as a full disk does; half way through there is room again."""
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, unlimited[1]))

    def make_room(step, model, optimizer):
        if step == 5:
            resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)

    return training(path_of("full"), between=make_room)


@case
def file_of_something_else():
    path = path_of("else")
    with open(path, "w") as file:
        file.write('{"loss": 3.1}\n{"loss": 2.9}\n')
    return training(path)


@case
def momentum_not_finite():
    def spoil(step, model, optimizer):
        if step >= 4:
            model.blocks[0].q.weight.grad[0, 0] = float("nan")

    return training(path_of("nan"), between=spoil)


@case
def parameter_removed():
    def remove(step, model, optimizer):
        if step == 3:
            group = optimizer.param_groups[0]
            group["params"] = [p for p in group["params"] if p is not model.blocks[1].up.weight]

    return training(path_of("removed"), between=remove)


@case
def state_missing():
    def drop(step, model, optimizer):
        if step >= 4:
            optimizer.state.pop(model.blocks[0].k.weight, None)

    return training(path_of("missing"), between=drop)


@case
def gradients_cleared():
    return cleared("cleared", lambda p: setattr(p, "grad", None))


@case
def gradients_zeroed():
    """As zero_grad() does by default before torch 2."""
    return cleared("zeroed", lambda p: p.grad.zero_(), steps=15)


def cleared(name, clear, **options):
    """What NumPy says of the buffers stands beside what NS was given."""
    buffers = []

    def between(step, model, optimizer):
        for parameter_name, p in model.blocks.named_parameters(prefix="blocks"):
            buffers.append((step, parameter_name, optimizer.state[p]["momentum_buffer"].clone()))
            clear(p)

    result = training(path_of(name), between=between, **options)
    from training import summary

    return {**result, "expected": [summary(*buffer) for buffer in buffers]}


@case
def measuring_fails():
    """As where a device runs out of memory."""
    kept, recorder._exact_spectrum = recorder._exact_spectrum, lambda x: (_ for _ in ()).throw(MemoryError("no memory left"))
    try:
        return training(path_of("memory"))
    finally:
        recorder._exact_spectrum = kept


@case
def warnings_are_errors():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return training(os.path.join(FOLDER, "a file", "spectra.jsonl"))


@case
def killed_and_restarted():
    """Killed in the middle of a line behind step 7, restarted from a checkpoint of step 4."""
    path = path_of("restarted")
    first = training(path)
    with open(path, "a") as file:
        file.write('{"schema": "muonscope.spectrum/1", "run": "resta')
    second = training(path, steps=6, start=4)
    return {**second, "expected": first["expected"] + [e for e in second["expected"] if e["step"] > 7]}


@case
def restarted_without_start():
    path = path_of("again")
    first = training(path)
    training(path)
    return first


@case
def nothing_changes():
    """Weights and the random state behind a training with a recorder, and without, bit for bit."""
    states = []
    for path, method in ((path_of("with"), "moments"), (None, None)):
        model = tiny_gpt(width=64)
        hidden, rest = hidden_and_rest(model)
        optimizer = Moonlight(muon_params=hidden, adamw_params=rest)
        recording = recorder.Recorder(optimizer, path, every=2, model=model, method=method) if path else None
        for _ in range(4):
            inputs, targets = torch.randint(64, (2, 2, 16))
            with torch.autocast("cpu", dtype=torch.bfloat16):
                model.loss(inputs, targets).backward()
                optimizer.step()
                if recording:
                    recording.step()
            optimizer.zero_grad()
        states.append([*(p.detach().clone() for p in model.parameters()), torch.get_rng_state()])
    return {"same": all(torch.equal(a, b) for a, b in zip(*states)), "file": path_of("with"), "expected": []}


def refusals():
    """What wrong use says, at construction."""
    model = tiny_gpt()
    muon = SingleDeviceMuon(hidden_and_rest(model)[0])
    attempts = {
        "no optimizer": lambda: recorder.Recorder(model, path_of("x"), model=model),
        "no Muon": lambda: recorder.Recorder(torch.optim.SGD(model.parameters(), 0.1, momentum=0.9), path_of("x"), model=model),
        "no model": lambda: recorder.Recorder(muon, path_of("x")),
        "another model": lambda: recorder.Recorder(muon, path_of("x"), model=tiny_gpt()),
        "every": lambda: recorder.Recorder(muon, path_of("x"), every=0, model=model),
        "method": lambda: recorder.Recorder(muon, path_of("x"), model=model, method="svd"),
        "run": lambda: recorder.Recorder(muon, path_of("x"), model=model, run="../up"),
        "matrices": lambda: recorder.Recorder(muon, path_of("x"), model=model, matrices=["*.nothing.*"]),
    }
    said = {}
    for name, attempt in attempts.items():
        try:
            attempt()
            said[name] = None
        except (TypeError, ValueError) as error:
            said[name] = f"{type(error).__name__}: {error}"
    return said


def main():
    results = {}
    for name, run in CASES.items():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            result = run()
        results[name] = {**result, "warnings": [str(w.message) for w in caught if "muonscope" in str(w.message)]}
    print(json.dumps({"cases": results, "refusals": refusals()}))


main()
