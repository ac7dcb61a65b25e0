"""Peer of a full training step: torch_gpt.py's gradients, then Muon on the blocks and AdamW on the rest.

    /usr/bin/python3 bench/peers/torch_muon_step.py LAYERS WIDTH HEADSIZE CONTEXT BATCH VOCAB STEPS

Muon is written as Jordan's reference is (https://kellerjordan.github.io/posts/muon/), five steps in float32, since
a processor gains nothing from bfloat16 products. Prints one JSON object; seconds are of gradients and update.
"""
import json
import sys

import torch
from torch_gpt import gradient_step, prepare, summary, time_steps

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
STEPS = 5
LEARNING_RATE = 0.02
MOMENTUM = 0.95


def newton_schulz(update):
    a, b, c = COEFFICIENTS
    tall = update.size(0) > update.size(1)
    x = update.T if tall else update
    x = x / (x.norm() + 1e-7)
    for _ in range(STEPS):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if tall else x


class Muon:
    """Average momentum with Nesterov blend; one buffer a matrix."""

    def __init__(self, weights):
        self.weights = list(weights)
        self.buffers = [torch.zeros_like(weight) for weight in self.weights]

    @torch.no_grad()
    def step(self):
        for weight, buffer in zip(self.weights, self.buffers):
            buffer.lerp_(weight.grad, 1 - MOMENTUM)
            update = newton_schulz(weight.grad.lerp(buffer, MOMENTUM))
            scale = max(1, weight.size(0) / weight.size(1)) ** 0.5
            weight.add_(update, alpha=-LEARNING_RATE * scale)


def main(arguments):
    sizes, steps, model = prepare(arguments)
    rest = [model.embedding.weight, model.head.weight]
    muon, adamw = Muon(model.blocks.parameters()), torch.optim.AdamW(rest, lr=0.002, betas=(0.9, 0.95))

    def step(inputs, targets):
        gradient_step(model, inputs, targets)
        muon.step()
        adamw.step()

    print(json.dumps(summary(sizes, time_steps(step, (sizes[4], sizes[3]), sizes[5], steps), optimizer="muon and adamw")))


if __name__ == "__main__":
    main(sys.argv[1:])
