"""A model with the names of a GPT, small enough to be committed, and Muon as three projects write it.

KellerJordanMuon and MoonlightMuon follow the published behaviour of their classes: what they keep, under which keys, with
which options. They are written for these fixtures.
"""

import torch

WIDTH = 8
LAYERS = 2


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = torch.nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.proj = torch.nn.Linear(WIDTH, WIDTH, bias=False)
        self.up = torch.nn.Linear(WIDTH, 12, bias=False)
        self.down = torch.nn.Linear(12, WIDTH, bias=False)

    def forward(self, x):
        q, k, v = self.qkv(x).chunk(3, -1)
        x = x + self.proj(torch.softmax(q @ k.mT, -1) @ v)
        return x + self.down(torch.relu(self.up(x)))


class TinyModel(torch.nn.Module):
    def __init__(self, vocabulary=11):
        super().__init__()
        self.embed = torch.nn.Embedding(vocabulary, WIDTH)
        self.layers = torch.nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm = torch.nn.LayerNorm(WIDTH)
        self.head = torch.nn.Linear(WIDTH, vocabulary, bias=False)

    def forward(self, tokens):
        x = self.embed(tokens)
        for layer in self.layers:
            x = layer(x)
        return self.head(self.norm(x))


def split(model):
    """Names and parameters of Muon, and of the rest."""
    named = list(model.named_parameters())
    hidden = [(name, p) for name, p in named if p.ndim == 2 and "layers" in name]
    return hidden, [(name, p) for name, p in named if not (p.ndim == 2 and "layers" in name)]


def train(model, optimizers, steps=4, seed=0):
    random = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        tokens = torch.randint(11, (3, 6), generator=random)
        logits = model(tokens[:, :-1]).float()
        torch.nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten()).backward()
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()


def orthonormalised(matrix, steps=5):
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrix.bfloat16()
    x = x / (x.norm() + 1e-7)
    if x.size(0) > x.size(1):
        return orthonormalised(matrix.mT, steps).mT
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.to(matrix.dtype)


class KellerJordanMuon(torch.optim.Optimizer):
    """MuonWithAuxAdam of KellerJordan/Muon at 00ba60d: average, Nesterov; rank r of n owns parameters r, r + n, ..."""

    def __init__(self, param_groups, rank=0, ranks=1):
        defaults = {
            True: {"lr": 0.02, "momentum": 0.95, "weight_decay": 0},
            False: {"lr": 3e-4, "betas": (0.9, 0.95), "eps": 1e-10, "weight_decay": 0},
        }
        super().__init__([{**defaults[group["use_muon"]], **group} for group in param_groups], {})
        self.rank, self.ranks = rank, ranks

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for index, p in enumerate(group["params"]):
                if group["use_muon"]:
                    if index % self.ranks == self.rank:
                        self.muon_step(group, p)
                    if self.ranks > 1:
                        torch.distributed.broadcast(p.data, index % self.ranks)
                else:
                    self.adam_step(group, p)

    def muon_step(self, group, p):
        state = self.state[p]
        if not state:
            state["momentum_buffer"] = torch.zeros_like(p)
        state["momentum_buffer"].lerp_(p.grad, 1 - group["momentum"])
        seen = p.grad.lerp(state["momentum_buffer"], group["momentum"])
        p.mul_(1 - group["lr"] * group["weight_decay"])
        p.add_(orthonormalised(seen), alpha=-group["lr"] * max(1, p.size(0) / p.size(1)) ** 0.5)

    def adam_step(self, group, p):
        state = self.state[p]
        if not state:
            state.update(exp_avg=torch.zeros_like(p), exp_avg_sq=torch.zeros_like(p), step=0)
        state["step"] += 1
        state["exp_avg"].lerp_(p.grad, 1 - group["betas"][0])
        state["exp_avg_sq"].lerp_(p.grad.square(), 1 - group["betas"][1])
        first = state["exp_avg"] / (1 - group["betas"][0] ** state["step"])
        second = state["exp_avg_sq"] / (1 - group["betas"][1] ** state["step"])
        p.add_(first / (second.sqrt() + group["eps"]), alpha=-group["lr"])


class MoonlightMuon(torch.optim.Optimizer):
    """Muon of MoonshotAI/Moonlight at abaa96e: sum, Nesterov, one group; use_muon, moment1 and moment2 in the state."""

    def __init__(self, muon_params, adamw_params, lr=1e-3, wd=0.1):
        options = {"momentum": 0.95, "nesterov": True, "ns_steps": 5, "adamw_betas": (0.9, 0.95), "adamw_eps": 1e-8}
        super().__init__([*muon_params, *adamw_params], {"lr": lr, "wd": wd, **options})
        for p in muon_params:
            self.state[p]["use_muon"] = True
        for p in adamw_params:
            self.state[p]["use_muon"] = False

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                p.mul_(1 - group["lr"] * group["wd"])
                if state["use_muon"]:
                    buffer = state.setdefault("momentum_buffer", torch.zeros_like(p))
                    buffer.mul_(group["momentum"]).add_(p.grad)
                    seen = p.grad.add(buffer, alpha=group["momentum"])
                    p.add_(orthonormalised(seen), alpha=-group["lr"] * 0.2 * max(p.shape) ** 0.5)
                else:
                    self.adamw_step(group, p, state)

    def adamw_step(self, group, p, state):
        beta1, beta2 = group["adamw_betas"]
        state["step"] = state.get("step", 0) + 1
        first = state.setdefault("moment1", torch.zeros_like(p)).lerp_(p.grad, 1 - beta1)
        second = state.setdefault("moment2", torch.zeros_like(p)).lerp_(p.grad.square(), 1 - beta2)
        scale = (1 - beta1 ** state["step"]) / (1 - beta2 ** state["step"]) ** 0.5
        p.add_(first / (group["adamw_eps"] + second.sqrt()), alpha=-group["lr"] / scale)
