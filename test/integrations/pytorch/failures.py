"""What goes wrong around a recorder: python failures.py FOLDER. Prints {case: {file, warnings, expected, ...}}.

Every case trains to its end; an exception out of a training loop fails the script.
"""

import json
import os
import resource
import sys
import warnings

import numpy as np
import torch
from muons import Moonlight, SingleDeviceMuon, StackedMuon
from training import batch, hidden_and_rest, recorder, tiny_gpt, train

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
def file_of_deep_nesting():
    path = path_of("nested")
    with open(path, "w") as file:
        file.write("[" * 60_000 + "\n")
    return training(path)


@case
def pipe_without_reader():
    path = path_of("pipe")
    os.mkfifo(path)
    return {**training(path), "file": path_of("no file")}


@case
def path_that_no_file_can_have():
    return {**training("a\0b.jsonl"), "file": path_of("no file")}


@case
def path_of_bytes():
    """And NumPy's integers for numbers."""
    return {**training(os.fsencode(path_of("bytes")), every=np.int64(3)), "file": path_of("bytes")}


@case
def steps_skipped():
    """As GradScaler does where gradients are not finite."""
    model = tiny_gpt()

    class Skipping(SingleDeviceMuon):
        taken = 0

        def step(self):
            self.taken += 1
            if self.taken not in (4, 5):
                super().step()

    Skipping.__name__ = "SkippingMuon"
    return training(path_of("skipped"), model=model, optimizer=Skipping(hidden_and_rest(model)[0]))


@case
def state_loaded_later():
    """Behind the recorder's construction. The gradient never changes, so that M is near G: taken for a first step, M is a sum."""
    model = tiny_gpt()
    saving, optimizer = (StackedMuon(hidden_and_rest(model)[0], lr=0.0) for _ in range(2))
    for _ in range(100):
        model.loss(*batch(1)).backward()
        saving.step()
        model.zero_grad()
    saved = saving.state_dict()

    def loss_of(*_):
        if not optimizer.state:
            optimizer.load_state_dict(saved)
        return model.loss(*batch(1))

    expected, _ = train(model, optimizer, path_of("loaded"), loss_of=loss_of)
    return {"file": path_of("loaded"), "expected": expected}


class Alike(torch.nn.Module):
    """Two parameters with one name, where `module` is taken for a wrapper."""

    def __init__(self):
        super().__init__()
        linear = lambda: torch.nn.ModuleList([torch.nn.Linear(16, 16, bias=False)])
        self.blocks, self.module = linear(), torch.nn.Module()
        self.module.blocks = linear()

    def loss(self, inputs, targets):
        return self.module.blocks[0](self.blocks[0](inputs.float())).square().mean()


@case
def names_alike():
    model = Alike()
    return training(path_of("alike"), model=model, optimizer=Moonlight(muon_params=list(model.parameters())), matrices="*")


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
def warnings_cannot_be_shown():
    """As where stderr is closed."""
    kept = warnings.showwarning

    def fail(*_, **__):
        raise ValueError("I/O operation on closed file")

    warnings.showwarning = fail
    try:
        return training(os.path.join(FOLDER, "a file", "spectra.jsonl"))
    finally:
        warnings.showwarning = kept


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
        "empty list": lambda: recorder.Recorder([], path_of("x"), model=model),
        "no path": lambda: recorder.Recorder(muon, None, model=model),
        "empty path": lambda: recorder.Recorder(muon, "", model=model),
        "before_ns": lambda: recorder.Recorder(muon, path_of("x"), model=model, before_ns="equal_rows"),
        "no pattern": lambda: recorder.Recorder(muon, path_of("x"), model=model, matrices=3),
        "negative every": lambda: recorder.Recorder(muon, path_of("x"), every=-1, model=model),
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
