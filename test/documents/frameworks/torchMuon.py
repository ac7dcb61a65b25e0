"""torch.optim.Muon as torch 2.9 and later have it, for a torch that has none: options, names, state, and what NS sees."""

import torch
from muons import newton_schulz


class TorchMuon(torch.optim.Optimizer):
    def __init__(self, params, lr=1e-3, weight_decay=0.1, momentum=0.95, nesterov=True):
        params = list(params)
        options = dict(lr=lr, weight_decay=weight_decay, momentum=momentum, nesterov=nesterov)
        super().__init__(
            [p[1] if isinstance(p, tuple) else p for p in params],
            dict(**options, ns_coefficients=(3.4445, -4.775, 2.0315), eps=1e-7, ns_steps=5, adjust_lr_fn=None),
        )
        if isinstance(params[0], tuple):
            self.param_groups[0]["param_names"] = [name for name, _ in params]

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                buffer = self.state[p].setdefault("momentum_buffer", torch.zeros_like(p))
                buffer.lerp_(p.grad, 1 - group["momentum"])
                seen = p.grad.lerp(buffer, group["momentum"]) if group["nesterov"] else buffer
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.add_(newton_schulz(seen), alpha=-group["lr"] * max(1, p.shape[0] / p.shape[1]) ** 0.5)
