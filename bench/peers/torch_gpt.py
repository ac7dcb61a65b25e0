"""Peer of the training step: the same GPT in PyTorch eager, float32, forward and gradients.

    /usr/bin/python3 bench/peers/torch_gpt.py LAYERS WIDTH HEADSIZE CONTEXT BATCH VOCAB STEPS

Prints one JSON object. A step is timed inside a loop that draws a new batch each time (drawing it is not timed);
three steps come first, untimed. Attention uses torch's fused function where this torch has it (2.0 and later).
"""
import json
import os
import statistics
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

WARMUP_STEPS = 3
ROTARY_BASE = 10000.0
NORM_EPSILON = 1e-6


def rms_norm(x):
    if hasattr(F, "rms_norm"):
        return F.rms_norm(x, x.shape[-1:], eps=NORM_EPSILON)
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + NORM_EPSILON)


class Block(nn.Module):
    def __init__(self, width, head_size, context):
        super().__init__()
        self.head_size = head_size
        self.q, self.k, self.v, self.o = (nn.Linear(width, width, bias=False) for _ in range(4))
        self.up, self.down = nn.Linear(width, 4 * width, bias=False), nn.Linear(4 * width, width, bias=False)
        angle = torch.arange(context)[:, None] * ROTARY_BASE ** (-2 * torch.arange(head_size // 2) / head_size)
        self.register_buffer("cos", angle.cos().repeat(1, 2))
        self.register_buffer("sin", torch.cat([-angle.sin(), angle.sin()], -1))
        self.register_buffer("mask", torch.full((context, context), float("-inf")).triu(1))

    def rotate(self, x):
        half = self.head_size // 2
        return x * self.cos + torch.cat([x[..., half:], x[..., :half]], -1) * self.sin

    def attention(self, h):
        batch, tokens, width = h.shape
        q, k, v = (f(h).view(batch, tokens, -1, self.head_size).transpose(1, 2) for f in (self.q, self.k, self.v))
        q, k = self.rotate(rms_norm(q)), self.rotate(rms_norm(k))
        if hasattr(F, "scaled_dot_product_attention"):
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            q, k, v = (x.reshape(-1, tokens, self.head_size) for x in (q, k, v))
            scores = torch.baddbmm(self.mask, q, k.transpose(1, 2), alpha=self.head_size**-0.5)
            mixed = torch.bmm(scores.softmax(-1), v).view(batch, -1, tokens, self.head_size)
        return self.o(mixed.transpose(1, 2).reshape(batch, tokens, width))

    def forward(self, x):
        x = x + self.attention(rms_norm(x))
        return x + self.down(F.relu(self.up(rms_norm(x))).square())


class Gpt(nn.Module):
    def __init__(self, layers, width, head_size, context, vocabulary):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.blocks = nn.ModuleList(Block(width, head_size, context) for _ in range(layers))
        self.head = nn.Linear(width, vocabulary, bias=False)

    def loss(self, inputs, targets):
        """inputs, targets (batch, context) -> mean cross-entropy."""
        x = self.embedding(inputs)
        for block in self.blocks:
            x = block(x)
        return F.cross_entropy(self.head(rms_norm(x)).flatten(0, 1), targets.flatten())


def gradient_step(model, inputs, targets):
    """Forward and gradients; the gradients are left in each parameter's .grad."""
    for parameter in model.parameters():
        parameter.grad = None
    model.loss(inputs, targets).backward()


def time_steps(step, batch_shape, vocabulary, steps):
    """Seconds of each of `steps` calls of step(inputs, targets) after WARMUP_STEPS untimed ones."""
    seconds = []
    for _ in range(WARMUP_STEPS + steps):
        inputs, targets = torch.randint(vocabulary, (2, *batch_shape))
        start = time.perf_counter()
        step(inputs, targets)
        seconds.append(time.perf_counter() - start)
    return seconds[WARMUP_STEPS:]


def summary(sizes, seconds, **extra):
    """The JSON of a peer: sizes, median and best seconds, flops of the model's products (6 a weight and token, plus attention)."""
    layers, width, _, context, batch, vocabulary = sizes
    tokens = batch * context
    flops = 6 * (12 * layers * width * width + width * vocabulary) * tokens + 12 * layers * width * context * tokens
    return {
        "peer": "pytorch eager", "torch": torch.__version__, "threads": torch.get_num_threads(),
        "layers": layers, "width": width, "headSize": sizes[2], "context": context, "batch": batch,
        "vocabulary": vocabulary, "steps": len(seconds), "medianSeconds": statistics.median(seconds),
        "bestSeconds": min(seconds), "flops": flops, **extra,
    }


def prepare(arguments):
    """(sizes, steps, model) from LAYERS WIDTH HEADSIZE CONTEXT BATCH VOCAB STEPS; one thread a core."""
    if len(arguments) != 7 or not all(a.isdigit() and int(a) > 0 for a in arguments):
        sys.exit("usage: LAYERS WIDTH HEADSIZE CONTEXT BATCH VOCAB STEPS, all positive integers")
    *sizes, steps = map(int, arguments)
    layers, width, head_size, context, _, vocabulary = sizes
    if width % head_size != 0 or head_size % 2 != 0:
        sys.exit(f"WIDTH {width} must be a multiple of HEADSIZE {head_size}, which must be even")
    torch.manual_seed(0)
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    return sizes, steps, Gpt(layers, width, head_size, context, vocabulary)


def main(arguments):
    sizes, steps, model = prepare(arguments)
    step = lambda inputs, targets: gradient_step(model, inputs, targets)
    print(json.dumps(summary(sizes, time_steps(step, (sizes[4], sizes[3]), sizes[5], steps))))


if __name__ == "__main__":
    main(sys.argv[1:])
