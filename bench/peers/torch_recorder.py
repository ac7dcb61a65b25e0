"""What the recorder adds to a training step: a GPT in PyTorch whose matrices of blocks are WIDTH x WIDTH, trained with Muon.

    /usr/bin/python3 bench/peers/torch_recorder.py LAYERS WIDTH TOKENS EVERY METHOD RECORDER.py

Attention's four matrices and an MLP without expansion, so that each of the six roles is a square matrix. One cycle of EVERY calls of
recorder.step() is made. ROUNDS of those in which a matrix has its turn stand behind a training step of their own, which takes turns with
one that is not recorded; the other calls follow each other, for what they take does not depend on what was trained. One thread, so that
other work on the machine keeps no thread waiting for another. Prints one JSON object: wall and processor seconds of the steps without and
with the recorder, of its calls with a turn and without, and of the first ones, in which it finds out what p.grad holds.
"""
import importlib.util
import json
import os
import sys
import tempfile
import time

import torch
import torch.nn as nn
from torch_gpt import Gpt
from torch_muon_step import Muon as Reference

HEAD, VOCABULARY, CONTEXT = 64, 256, 256
ROUNDS = 8


class Muon(torch.optim.Optimizer):
    """That of torch_muon_step.py as a torch.optim.Optimizer, with the state of KellerJordan/Muon."""

    def __init__(self, params):
        super().__init__(params, dict(momentum=0.95, nesterov=True))
        weights = self.param_groups[0]["params"]
        self._reference = Reference(weights)
        for weight, buffer in zip(weights, self._reference.buffers):
            self.state[weight]["momentum_buffer"] = buffer

    def step(self):
        self._reference.step()


def square_gpt(layers, width, context):
    """A Gpt whose MLP has no expansion: six matrices (width, width) a block."""
    model = Gpt(layers, width, HEAD, context, VOCABULARY)
    for block in model.blocks:
        block.up, block.down = (nn.Linear(width, width, bias=False) for _ in range(2))
    return model


def load(path):
    spec = importlib.util.spec_from_file_location("muonscope_recorder", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def timed(act):
    """(wall, processor) seconds; the latter of all threads."""
    wall, processor = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - wall, time.process_time() - processor


def main(layers, width, tokens, every, method, recorder_file):
    torch.manual_seed(0)
    torch.set_num_threads(1)
    model = square_gpt(layers, width, CONTEXT)
    rest = torch.optim.AdamW([model.embedding.weight, model.head.weight], lr=0.002)
    muon = Muon(list(model.blocks.parameters()))

    def step():
        for parameter in model.parameters():
            parameter.grad = None
        inputs, targets = torch.randint(VOCABULARY, (2, tokens // CONTEXT, CONTEXT))
        model.loss(inputs, targets).backward()
        muon.step()
        rest.step()

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "spectra.jsonl")
        recording = load(recorder_file).Recorder(muon, path, every=every, model=model, method=method)
        first = []
        while not first or not recording._probes[0].done:
            step()
            first.append(timed(recording.step))
        recording.steps = every  # the cycle begins with its first turn
        os.unlink(path) if os.path.exists(path) else None
        times = one_cycle(step, muon, recording, every)
        with open(path, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
    about = {"torch": torch.__version__, "threads": torch.get_num_threads(), "tokens": tokens, "every": every}
    about.update(matrices=len({line["name"] for line in lines}), methods=sorted({line["method"] for line in lines}))
    print(json.dumps({**about, "first": first, **times}))


def one_cycle(step, muon, recording, every):
    times = {"without": [], "with": [], "turns": [], "others": []}
    spacing = max(len(recording._turns) // ROUNDS, 1)
    for phase in range(1, every + 1):
        if phase not in recording._turns:
            times["others"].append(timed(recording.step))
        elif len(times["turns"]) % spacing > 0:
            for state in muon.state.values():
                state["momentum_buffer"].mul_(1)  # written to, as by a training step: else there is nothing to record
            times["turns"].append(timed(recording.step))
        else:
            without_first = len(times["with"]) % 2 == 0
            if without_first:
                times["without"].append(timed(step))
            trained, added = timed(step), timed(recording.step)
            times["with"].append([a + b for a, b in zip(trained, added)])
            times["turns"].append(added)
            if not without_first:
                times["without"].append(timed(step))
    return times


if __name__ == "__main__":
    *numbers, method, recorder_file = sys.argv[1:]
    main(*map(int, numbers), method, recorder_file)
