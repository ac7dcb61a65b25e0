"""A checkpoint folder as Hugging Face's Trainer leaves it: a sharded model, and the state of torch.optim.Muon beside it.

    python scripts/references/trainerCheckpoint.py fixtures/trainer/checkpoint-3

Needs PyTorch 2.9 or later and safetensors. The files and the sorted index are those of Trainer and save_pretrained; the
library itself is not used. A Llama of eleven layers, so that sorting by name puts layer 10 before layer 2. Writes beside
the folder expected.json: {parameter: {shape, sha256 of its momentum's float32 bytes}}.
"""

import hashlib
import json
import os
import sys

import torch
from safetensors.torch import save_file

WIDTH, INNER, LAYERS, WORDS, STEPS = 4, 6, 11, 7, 3


def linear(outputs, inputs):
    return torch.nn.Linear(inputs, outputs, bias=False)


class Layer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.self_attn = torch.nn.ModuleDict({f"{name}_proj": linear(WIDTH, WIDTH) for name in "qkvo"})
        self.mlp = torch.nn.ModuleDict(
            {"gate_proj": linear(INNER, WIDTH), "up_proj": linear(INNER, WIDTH), "down_proj": linear(WIDTH, INNER)}
        )
        self.input_layernorm = torch.nn.RMSNorm(WIDTH)


class Llama(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.model = torch.nn.ModuleDict(
            {
                "embed_tokens": torch.nn.Embedding(WORDS, WIDTH),
                "layers": torch.nn.ModuleList(Layer() for _ in range(LAYERS)),
                "norm": torch.nn.RMSNorm(WIDTH),
            }
        )
        self.lm_head = linear(WORDS, WIDTH)


def write(tree, folder, name):
    torch.save(tree, f"{folder}/{name}")


def write_json(document, path, **options):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, **options)
        file.write("\n")


def main(folder):
    os.makedirs(folder, exist_ok=True)
    torch.manual_seed(0)
    model = Llama()
    hidden = {name: p for name, p in model.named_parameters() if p.ndim == 2 and ".layers." in name}
    optimizer = torch.optim.Muon(hidden.values(), lr=0.01)
    for _ in range(STEPS):
        for parameter in hidden.values():
            parameter.grad = torch.randn_like(parameter)
        optimizer.step()

    weights = {name: parameter.detach() for name, parameter in model.named_parameters()}
    names = sorted(weights)
    shards = [names[: len(names) // 2], names[len(names) // 2 :]]
    weight_map = {}
    for i, shard in enumerate(shards, start=1):
        file = f"model-{i:05d}-of-{len(shards):05d}.safetensors"
        save_file({name: weights[name] for name in shard}, f"{folder}/{file}", metadata={"format": "pt"})
        weight_map |= {name: file for name in shard}
    size = sum(weight.numel() * 4 for weight in weights.values())
    write_json({"metadata": {"total_size": size}, "weight_map": weight_map}, f"{folder}/model.safetensors.index.json", indent=0, sort_keys=True)

    write(optimizer.state_dict(), folder, "optimizer.pt")
    write({"last_epoch": STEPS, "_last_lr": [0.01]}, folder, "scheduler.pt")
    write({"python": (3, (1, 2, 3), None), "cpu": torch.zeros(16, dtype=torch.uint8)}, folder, "rng_state.pth")
    write_json({"global_step": STEPS, "max_steps": STEPS, "log_history": []}, f"{folder}/trainer_state.json")
    write_json({"model_type": "llama", "hidden_size": WIDTH, "num_hidden_layers": LAYERS}, f"{folder}/config.json")

    def entry(parameter):
        momentum = optimizer.state[parameter]["momentum_buffer"].numpy()
        return {"shape": list(momentum.shape), "sha256": hashlib.sha256(momentum.astype("<f4").tobytes()).hexdigest()}

    expected = {name: entry(parameter) for name, parameter in hidden.items()}
    write_json(expected, f"{os.path.dirname(folder)}/expected.json", separators=(",", ":"))


main(sys.argv[1])
