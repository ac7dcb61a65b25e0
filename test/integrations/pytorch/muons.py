"""Small copies of the Muon classes that people run: their keys, their state, their momentum, and what they leave in p.grad.

Written anew from the facts of these sources; each class names its own. NS is Jordan's five steps everywhere, since what comes
behind its input is of no interest here. `seen`, if set, is called with the parameter and the very tensor that NS is given.

    KellerJordan/Muon at 857d1ad, muon.py                MoonshotAI/Moonlight at c2ad5b2, examples/toy_train.py
    microsoft/dion at 0a059a4, dion/muon.py, muon_reference.py
    karpathy/nanochat at 92d63d4, nanochat/optim.py; before 41bb2ea and 2c4473d, nanochat/muon.py
"""

import torch
import torch.distributed as dist


def newton_schulz(x):
    """Jordan's five steps, x (..., m, n). In float32: processors have no fast bfloat16."""
    a, b, c = 3.4445, -4.7750, 2.0315
    y = x.float()
    tall = y.size(-2) > y.size(-1)
    y = y.mT if tall else y
    y = y / (y.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(5):
        gram = y @ y.mT
        y = a * y + (b * gram + c * gram @ gram) @ y
    return (y.mT if tall else y).to(x.dtype)


class Watched(torch.optim.Optimizer):
    """An optimizer whose NS can be watched."""

    seen = None

    def orthonormalise(self, parameter, x):
        if self.seen is not None:
            self.seen(parameter, x)
        return newton_schulz(x)


def adam(parameter, state, gradient, lr, betas=(0.9, 0.95), eps=1e-10, keys=("exp_avg", "exp_avg_sq")):
    """One step of Adam, for the parameters that the combined classes leave to it."""
    if "step" not in state:
        state["step"] = 0
        for key in keys:
            state[key] = torch.zeros_like(parameter)
    state["step"] += 1
    first, second = state[keys[0]], state[keys[1]]
    first.lerp_(gradient, 1 - betas[0])
    second.lerp_(gradient.square(), 1 - betas[1])
    update = (first / (1 - betas[0] ** state["step"])) / ((second / (1 - betas[1] ** state["step"])).sqrt() + eps)
    parameter.add_(update, alpha=-lr)


# KellerJordan/Muon


class KellerJordan(Watched):
    """muon_update: buffer an average, and the blend written into the gradient. `nesterov` is no key of a group."""

    def update(self, p, group):
        if p.grad is None:
            p.grad = torch.zeros_like(p)
        state = self.state[p]
        if len(state) == 0:
            state["momentum_buffer"] = torch.zeros_like(p)
        momentum = state["momentum_buffer"]
        momentum.lerp_(p.grad, 1 - group["momentum"])
        blend = p.grad.lerp_(momentum, group["momentum"])
        update = self.orthonormalise(p, blend.view(len(blend), -1) if blend.ndim == 4 else blend)
        update *= max(1, p.grad.size(-2) / p.grad.size(-1)) ** 0.5
        p.mul_(1 - group["lr"] * group["weight_decay"])
        p.add_(update.reshape(p.shape), alpha=-group["lr"])

    def update_all(self, group):
        for p in group["params"]:
            self.update(p, group)

    def update_owned(self, group):
        """Rank k of w updates parameters k, k + w, ... and sends them to the others."""
        world, rank, params = dist.get_world_size(), dist.get_rank(), group["params"]
        for i, p in enumerate(params):
            if i % world == rank:
                self.update(p, group)
            dist.broadcast(p.data, src=i % world)


class SingleDeviceMuon(KellerJordan):
    def __init__(self, params, lr=0.02, weight_decay=0, momentum=0.95):
        super().__init__(params, dict(lr=lr, weight_decay=weight_decay, momentum=momentum))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            self.update_all(group)


class Muon(KellerJordan):
    """Over several ranks; its parameters are sorted by size first."""

    def __init__(self, params, lr=0.02, weight_decay=0, momentum=0.95):
        ordered = sorted(params, key=lambda p: p.size(), reverse=True)
        super().__init__(ordered, dict(lr=lr, weight_decay=weight_decay, momentum=momentum))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            self.update_owned(group)


class SingleDeviceMuonWithAuxAdam(KellerJordan):
    def __init__(self, param_groups):
        for group in param_groups:
            defaults = dict(lr=0.02, momentum=0.95) if group["use_muon"] else dict(lr=3e-4, betas=(0.9, 0.95), eps=1e-10)
            group.update({**defaults, "weight_decay": 0, **group})
        super().__init__(param_groups, {})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            if group["use_muon"]:
                self.update_muon(group)
            else:
                for p in group["params"]:
                    adam(p, self.state[p], p.grad, group["lr"], group["betas"], group["eps"])

    def update_muon(self, group):
        self.update_all(group)


class MuonWithAuxAdam(SingleDeviceMuonWithAuxAdam):
    def update_muon(self, group):
        self.update_owned(group)


# Moonlight


class Moonlight(Watched):
    """Buffer a sum; the gradient is left as it is; which parameters are Muon's stands in their state."""

    def __init__(self, lr=1e-3, wd=0.1, muon_params=(), momentum=0.95, nesterov=True, ns_steps=5, adamw_params=()):
        defaults = dict(lr=lr, wd=wd, momentum=momentum, nesterov=nesterov, ns_steps=ns_steps)
        super().__init__([*muon_params, *adamw_params], {**defaults, "adamw_betas": (0.9, 0.95), "adamw_eps": 1e-8})
        for params, use_muon in ((muon_params, True), (adamw_params, False)):
            for p in params:
                self.state[p]["use_muon"] = use_muon

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                if not state["use_muon"]:
                    adam(p, state, p.grad, group["lr"], group["adamw_betas"], group["adamw_eps"], ("moment1", "moment2"))
                    continue
                if "momentum_buffer" not in state:
                    state["momentum_buffer"] = torch.zeros_like(p.grad)
                buffer = state["momentum_buffer"]
                buffer.mul_(group["momentum"]).add_(p.grad)
                seen = p.grad.add(buffer, alpha=group["momentum"]) if group["nesterov"] else buffer
                p.mul_(1 - group["lr"] * group["wd"])
                p.add_(self.orthonormalise(p, seen), alpha=-group["lr"] * 0.2 * max(p.shape) ** 0.5)


# microsoft/dion


class DionMuon(Watched):
    """Buffer `momentum`, a sum, there from the start; groups have an `algorithm`; fused weights in blocks of rows."""

    def __init__(self, params, lr=0.01, mu=0.95, nesterov=False, flatten=False):
        defaults = dict(lr=lr, mu=mu, beta1=0.9, beta2=0.95, weight_decay=0.01, algorithm="muon", step=0, epsilon=1e-8)
        super().__init__(params, {**defaults, "nesterov": nesterov, "flatten": flatten, "adjust_lr": "spectral_norm"})
        for group in self.param_groups:
            for p in group["params"]:
                self.state[p]["momentum"] = torch.zeros_like(p)

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            group["step"] += 1
            for p in group["params"]:
                state = self.state[p]
                if group["algorithm"] != "muon":
                    adam(p, state, p.grad, group["lr"], keys=("moment", "variance"))
                    continue
                momentum = state["momentum"]
                gradient = p.grad.to(momentum.dtype)
                momentum.mul_(group["mu"]).add_(gradient)
                # mu M + G, compiled there, so rounded once.
                seen = gradient.add(momentum, alpha=group["mu"]) if group["nesterov"] else momentum
                if group["flatten"] and seen.ndim > 2:
                    seen = seen.flatten(1)
                blocks = seen.split(group.get("split_sizes") or [seen.shape[0]]) if seen.ndim == 2 else [seen]
                update = torch.cat([self.orthonormalise(p, whole(block)) for block in blocks])
                p.add_(like(update.reshape(p.shape), p), alpha=-group["lr"])


class DionReference(Watched):
    """MuonReference: after Moonlight, with `algorithm` in the state of a parameter."""

    def __init__(self, params, lr=1e-3, mu=0.95, nesterov=True, ns_steps=5):
        defaults = dict(lr=lr, weight_decay=0.1, momentum=mu, nesterov=nesterov, ns_steps=ns_steps, adjust_lr="spectral_norm")
        super().__init__(params, {**defaults, "betas": (0.95, 0.95), "epsilon": 1e-8})
        for group in self.param_groups:
            for p in group["params"]:
                self.state[p]["algorithm"] = group.get("algorithm", "muon")

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                if state["algorithm"] != "muon":
                    adam(p, state, p.grad, group["lr"], keys=("moment1", "moment2"))
                    continue
                if "momentum_buffer" not in state:
                    state["momentum_buffer"] = torch.zeros_like(p.grad)
                buffer = state["momentum_buffer"]
                buffer.mul_(group["momentum"]).add_(p.grad)
                seen = p.grad.add(buffer, alpha=group["momentum"]) if group["nesterov"] else buffer
                p.add_(like(self.orthonormalise(p, whole(seen)), p), alpha=-group["lr"])


def whole(tensor):
    """A DTensor's whole matrix, on every rank."""
    return tensor.full_tensor() if hasattr(tensor, "full_tensor") else tensor


def like(tensor, p):
    """A whole matrix in the shards of p."""
    if not hasattr(p, "placements"):
        return tensor
    from torch.distributed.tensor import distribute_tensor

    return distribute_tensor(tensor, p.device_mesh, p.placements)


# nanochat

# Its own list, of which `ns_steps` takes the first ones.
polar_express_coeffs = [
    (8.156554524902461, -22.48329292557795, 15.878769915207462),
    (4.042929935166739, -2.808917465908714, 0.5000178451051316),
    (3.8916678022926607, -2.772484153217685, 0.5060648178503393),
    (3.285753657755655, -2.3681294933425376, 0.46449024233003106),
    (2.3465413258596377, -1.7097828382687081, 0.42323551169305323),
]


class MuonAdamW(Watched):
    """Parameters of one shape in a group; one buffer for them all, in the state of the first; over ranks each keeps a chunk.

    The gradients are averaged here, not by DDP, and into tensors of their own: p.grad stays what this rank computed.
    """

    def __init__(self, param_groups):
        super().__init__(param_groups, {})

    @torch.no_grad()
    def step(self):
        several = dist.is_available() and dist.is_initialized()
        world, rank = (dist.get_world_size(), dist.get_rank()) if several else (1, 0)
        for group in self.param_groups:
            if group.get("kind", "muon") == "muon":
                self.update_stack(group, world, rank)
            else:
                for p in group["params"]:
                    adam(p, self.state[p], averaged(p.grad.clone(), world), group["lr"], group["betas"])

    def update_stack(self, group, world, rank):
        params = group["params"]
        chunk = -(-len(params) // world)
        state, shape = self.state[params[0]], params[0].shape
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros(chunk, *shape, dtype=params[0].dtype)
            state["second_momentum_buffer"] = torch.zeros(chunk, shape[0], 1, dtype=params[0].dtype)
        gradients = averaged(torch.stack([p.grad for p in params]), world)
        first = rank * chunk
        mine = slice(first, min(first + chunk, len(params)))
        if len(params[mine]) > 0:
            buffer = state["momentum_buffer"][: len(params[mine])]
            buffer.lerp_(gradients[mine], 1 - group["momentum"])
            blend = gradients[mine].lerp_(buffer, group["momentum"])
            for p, x in zip(params[mine], blend):
                p.add_(self.orthonormalise(p, x), alpha=-group["lr"])
        for i, p in enumerate(params if world > 1 else ()):
            dist.broadcast(p.data, src=i // chunk)


class StackedMuon(MuonAdamW):
    """Between 2c4473d and 41bb2ea: makes the groups itself, by shape; they have no `kind`."""

    def __init__(self, params, lr=0.02, momentum=0.95, ns_steps=5, beta2=0.95, weight_decay=0.0):
        params = list(params)
        groups = [dict(params=[p for p in params if p.shape == shape]) for shape in sorted({p.shape for p in params})]
        defaults = dict(lr=lr, momentum=momentum, ns_steps=ns_steps, beta2=beta2, weight_decay=weight_decay)
        torch.optim.Optimizer.__init__(self, groups, defaults)


class FirstMuon(Watched):
    """Before 2c4473d: KellerJordan's rule with `nesterov` and `ns_steps` in the groups."""

    def __init__(self, params, lr=0.02, momentum=0.95, nesterov=True, ns_steps=5):
        params = list(params)
        groups = [dict(params=[p for p in params if p.numel() == size]) for size in {p.numel() for p in params}]
        super().__init__(groups, dict(lr=lr, momentum=momentum, nesterov=nesterov, ns_steps=ns_steps))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                if "momentum_buffer" not in state:
                    state["momentum_buffer"] = torch.zeros_like(p.grad)
                buffer = state["momentum_buffer"]
                buffer.lerp_(p.grad, 1 - group["momentum"])
                seen = p.grad.lerp_(buffer, group["momentum"]) if group["nesterov"] else buffer
                p.add_(self.orthonormalise(p, seen), alpha=-group["lr"])


def averaged(gradient, world):
    if world > 1:
        dist.all_reduce(gradient)
        gradient /= world
    return gradient
