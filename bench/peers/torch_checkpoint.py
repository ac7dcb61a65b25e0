"""Writes the optimizer state of torch.optim.Muon with Gaussian float32 momentum: FILE MATRICES SIZE"""

import sys

import torch

path, matrices, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.manual_seed(1)
roles = ["attn.q", "attn.k", "attn.v", "attn.o", "mlp.up", "mlp.down"]
group = {
    "lr": 0.02,
    "weight_decay": 0.1,
    "momentum": 0.95,
    "nesterov": True,
    "ns_coefficients": (3.4445, -4.775, 2.0315),
    "eps": 1e-7,
    "ns_steps": 5,
    "adjust_lr_fn": None,
    "params": list(range(matrices)),
    "param_names": [f"blocks.{i // 6}.{roles[i % 6]}.weight" for i in range(matrices)],
}
state = {i: {"momentum_buffer": torch.randn(size, size)} for i in range(matrices)}
torch.save({"state": state, "param_groups": [group]}, path)
