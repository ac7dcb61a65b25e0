"""A training loop with a recorder in it, and what NumPy says of the same tensors."""

import importlib.util
import os
import sys

import numpy as np
import torch

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
sys.path.insert(0, os.path.join(ROOT, "bench", "peers"))
from torch_gpt import Gpt  # noqa: E402


def load_recorder():
    path = os.path.join(ROOT, "integrations", "pytorch", "muonscope_recorder.py")
    spec = importlib.util.spec_from_file_location("muonscope_recorder", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["muonscope_recorder"] = module
    spec.loader.exec_module(module)
    return module


recorder = load_recorder()

torch.set_num_threads(1)
WIDTH, LAYERS, HEAD, CONTEXT, VOCABULARY = 32, 2, 16, 16, 64


def tiny_gpt(layers=LAYERS, width=WIDTH, head=HEAD):
    torch.manual_seed(0)
    return Gpt(layers, width, head, CONTEXT, VOCABULARY)


def hidden_and_rest(model):
    hidden = list(model.blocks.parameters())
    return hidden, [model.embedding.weight, model.head.weight]


def batch(step, rank=0, vocabulary=VOCABULARY, sequences=2):
    """Tokens of a step: a pattern that a model can learn, drawn without the global generator."""
    generator = torch.Generator().manual_seed(1000 * rank + step)
    tokens = torch.randint(vocabulary, (sequences, CONTEXT + 1), generator=generator).cumsum(1) % vocabulary
    return tokens[:, :-1], tokens[:, 1:]


class Watch:
    """Copies of what NS was given, by step and name of the parameter."""

    def __init__(self, optimizer, model):
        self.names = {id(p): name for name, p in model.named_parameters()}
        self.step, self.copies = 0, {}
        if isinstance(optimizer, getattr(torch.optim, "Muon", ())):
            watch_torch(self, optimizer)
        else:
            optimizer.seen = self.take

    def take(self, parameter, x):
        name, parts = self.names[id(parameter)], x.detach().clone()
        for i, part in enumerate(parts if x.ndim == 3 else [parts]):
            self.copies.setdefault((self.step, f"{name}[{i}]" if x.ndim == 3 else name), []).append(part)

    def expected(self):
        """[{step, name, values, ...}] by NumPy's SVD of the copies in float64."""
        return [summary(step, name, part, i) for (step, name), parts in self.copies.items() for i, part in enumerate(parts)]


def watch_torch(watch, optimizer):
    """torch.optim.Muon calls one function for one parameter after the other."""
    import torch.optim._muon as muon

    if not hasattr(muon, "_unwatched"):
        muon._unwatched = muon._zeropower_via_newtonschulz
    order = [p for group in optimizer.param_groups for p in group["params"]]
    calls = [0]

    def watched(x, *arguments):
        watch.take(order[calls[0] % len(order)], x.full_tensor() if hasattr(x, "full_tensor") else x)
        calls[0] += 1
        return muon._unwatched(x, *arguments)

    muon._zeropower_via_newtonschulz = watched


def summary(step, name, x, part=0):
    sigma = np.linalg.svd(x.double().numpy(), compute_uv=False)
    norm = float(np.sqrt((sigma**2).sum()))
    sigma = sigma / norm
    shares = sigma[sigma > 0] / sigma.sum()
    places = [int(np.ceil(round(q * len(sigma), 9))) - 1 for q in recorder.QUANTILES]
    return {
        "step": step,
        "name": name,
        "part": part,
        "shape": list(x.shape),
        "frobenius": norm,
        "spectral": float(sigma[0]),
        "values": [float(sigma[place]) for place in places],
        "smallest": float(sigma[-1]),
        "stableRank": float(1 / sigma[0] ** 2),
        "effectiveRank": float(np.exp(-(shares * np.log(shares)).sum())),
        "outlierShare": float(sigma[0] ** 2),
    }


def train(model, optimizer, path, steps=7, every=3, others=(), clear=None, loss_of=None, rank=0, **options):
    """Trains with a recorder in the loop; gives what NumPy says of every matrix at every step, and the recorder."""
    watch = Watch(optimizer, model)
    recording = recorder.Recorder(optimizer, path, every=every, model=model, **options)
    for step in range(recording.steps + 1, recording.steps + steps + 1):
        inputs, targets = batch(step, rank)
        watch.step = step
        (loss_of or model.loss)(inputs, targets).backward()
        for one in (optimizer, *others):
            one.step()
        if clear is not None:
            clear(model)
        recording.step()
        for p in model.parameters():
            p.grad = None
    return watch.expected(), recording
