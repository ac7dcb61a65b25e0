"""Writes fixtures/gpt/tinyGpt.json: a tiny GPT's loss, gradients and two short trainings, PyTorch float64.

The model is that of arXiv:2606.04058 with rotary attention and QK-norm, written here from its definition and
differentiated by torch.autograd, so it shares nothing with the TypeScript graph. Muon's step is muon.py's;
AdamW's is written out below. Every size differs from every other, so that swapped axes cannot pass.

    python3 scripts/references/gptReference.py fixtures/gpt/tinyGpt.json
"""
import sys

import numpy as np
import torch
import torch.nn.functional as F
from arrays import encode, write_fixture
from muon import SCHEDULES, muon_step

MODEL = {"layers": 2, "width": 12, "headSize": 6, "context": 10, "vocabulary": 17}
BATCH = 3
NORM_EPSILON = 1e-6
ROTARY_BASE = 10000.0

ADAMW = {"learningRate": 0.01, "betas": [0.9, 0.95], "epsilon": 1e-8, "weightDecay": 0.1}
TRAININGS = {
    "sum momentum, Nesterov, you5": {
        "steps": 8, "accumulation": 1, "schedule": "you5 x5", "adamw": ADAMW,
        "rate": {"warmupSteps": 2, "decayShare": 0.25},
        "muon": {"learningRate": 0.02, "momentum": 0.95, "convention": "sum", "nesterov": True,
                 "weightDecay": 0.05, "updateScale": "original"},
    },
    "average momentum, plain, jordan, accumulated": {
        "steps": 6, "accumulation": 2, "schedule": "jordan x5", "adamw": ADAMW,
        "rate": {"warmupSteps": 0, "decayShare": 0.5},
        "muon": {"learningRate": 0.02, "momentum": 0.9, "convention": "average", "nesterov": False,
                 "weightDecay": 0.05, "updateScale": "rms"},
    },
}


def parameter_shapes():
    """{name: (outputs, inputs)} in the order of the model's parameter list."""
    d, vocabulary = MODEL["width"], MODEL["vocabulary"]
    shapes = {"embedding": (vocabulary, d)}
    for layer in range(MODEL["layers"]):
        for name in "qkvo":
            shapes[f"layers.{layer}.attn.{name}"] = (d, d)
        shapes[f"layers.{layer}.mlp.up"] = (4 * d, d)
        shapes[f"layers.{layer}.mlp.down"] = (d, 4 * d)
    shapes["head"] = (vocabulary, d)
    return shapes


def rms_norm(x):
    return x / torch.sqrt(torch.mean(x * x, dim=-1, keepdim=True) + NORM_EPSILON)


def rotate(x):
    """Rotary embedding of (..., tokens, headSize): pair (j, j + headSize/2) turns by t * base^(-2j/headSize)."""
    tokens, size = x.shape[-2:]
    rate = ROTARY_BASE ** (-2 * torch.arange(size // 2, dtype=x.dtype) / size)
    angle = torch.arange(tokens, dtype=x.dtype)[:, None] * rate
    a, b = x[..., : size // 2], x[..., size // 2 :]
    return torch.cat([a * angle.cos() - b * angle.sin(), b * angle.cos() + a * angle.sin()], dim=-1)


def attention(h, weights, layer):
    """h (batch, tokens, d) -> (batch, tokens, d); head i holds columns i*headSize .. (i+1)*headSize."""
    batch, tokens, d = h.shape
    heads = lambda y: y.view(batch, tokens, -1, MODEL["headSize"]).transpose(1, 2)
    q, k, v = (heads(h @ weights[f"layers.{layer}.attn.{n}"].T) for n in "qkv")
    q, k = rotate(rms_norm(q)), rotate(rms_norm(k))
    scores = q @ k.transpose(-1, -2) / MODEL["headSize"] ** 0.5
    future = torch.ones(tokens, tokens, dtype=torch.bool).triu(1)
    share = torch.softmax(scores.masked_fill(future, float("-inf")), dim=-1)
    mixed = (share @ v).transpose(1, 2).reshape(batch, tokens, d)
    return mixed @ weights[f"layers.{layer}.attn.o"].T


def loss_of(weights, tokens):
    """Mean cross-entropy of sequences (batch, context + 1): each token predicts the next."""
    x = weights["embedding"][tokens[:, :-1]]
    for layer in range(MODEL["layers"]):
        x = x + attention(rms_norm(x), weights, layer)
        hidden = torch.relu(rms_norm(x) @ weights[f"layers.{layer}.mlp.up"].T) ** 2
        x = x + hidden @ weights[f"layers.{layer}.mlp.down"].T
    logits = rms_norm(x) @ weights["head"].T
    return F.cross_entropy(logits.reshape(-1, MODEL["vocabulary"]), tokens[:, 1:].reshape(-1))


def loss_and_gradients(weights, tokens):
    """weights {name: array}, tokens (batch, context + 1) -> (float, {name: array})."""
    leaves = {name: torch.tensor(value, requires_grad=True) for name, value in weights.items()}
    loss = loss_of(leaves, torch.tensor(tokens))
    gradients = torch.autograd.grad(loss, list(leaves.values()))
    return loss.item(), {name: g.numpy() for name, g in zip(leaves, gradients)}


def adamw_step(weight, state, gradient, adamw, rate, step):
    """Decoupled decay, bias correction, epsilon outside the root; `step` is 1-based (Loshchilov and Hutter 2019)."""
    beta1, beta2 = adamw["betas"]
    first = beta1 * state[0] + (1 - beta1) * gradient
    second = beta2 * state[1] + (1 - beta2) * gradient * gradient
    direction = (first / (1 - beta1**step)) / (np.sqrt(second / (1 - beta2**step)) + adamw["epsilon"])
    return weight * (1 - rate * adamw["weightDecay"]) - rate * direction, (first, second)


def rate_factor(step, steps, warmup_steps, decay_share):
    """Share of the learning rate at 0-based `step`."""
    warm = (step + 1) / warmup_steps if warmup_steps > 0 else 1.0
    cool = (steps - step) / (decay_share * steps) if decay_share > 0 else 1.0
    return min(1.0, warm, cool)


def train(weights, batches, training, dtype):
    """batches[step][accumulation] (batch, context + 1). Returns (loss a step, final weights)."""
    weights = {name: value.astype(dtype) for name, value in weights.items()}
    muon, adamw, losses = training["muon"], training["adamw"], []
    state = {name: (np.zeros_like(value), np.zeros_like(value)) for name, value in weights.items()}
    for step, parts in enumerate(batches):
        results = [loss_and_gradients(weights, tokens) for tokens in parts]
        losses.append(sum(loss for loss, _ in results) / len(results))
        factor = rate_factor(step, training["steps"], training["rate"]["warmupSteps"], training["rate"]["decayShare"])
        for name, weight in weights.items():
            gradient = sum(g[name] for _, g in results) / len(results)
            if name in ("embedding", "head"):
                rate = factor * adamw["learningRate"]
                weights[name], state[name] = adamw_step(weight, state[name], gradient, adamw, rate, step + 1)
            else:
                schedule, rate = SCHEDULES[training["schedule"]], factor * muon["learningRate"]
                weights[name], momentum, _ = muon_step(weight, state[name][0], gradient, muon, schedule, rate)
                state[name] = (momentum, None)
    return losses, weights


def encode_all(arrays, dtype):
    return {name: encode(value, dtype) for name, value in arrays.items()}


def largest_difference(a, b):
    return max(float(np.max(np.abs(a[name] - b[name]))) for name in a)


def training_record(weights, training, random):
    """A training with its tokens, its float64 results, and how far the same run in float32 ends from them."""
    size = (training["steps"], training["accumulation"], BATCH, MODEL["context"] + 1)
    batches = random.integers(0, MODEL["vocabulary"], size)
    losses, final = train(weights, batches, training, np.float64)
    single_losses, single = train(weights, batches, training, np.float32)
    deviation = {"loss": float(np.max(np.abs(np.subtract(losses, single_losses)))),
                 "weight": largest_difference(final, single)}
    return {**training, "tokens": batches.tolist(), "losses": losses, "finalWeights": encode_all(final, "float64"),
            "float32Deviation": deviation}


def main(path):
    torch.set_num_threads(1)
    random = np.random.default_rng(20260605)
    weights = {}
    for name, shape in parameter_shapes().items():
        values = random.standard_normal(shape) * (0.8 if name == "embedding" else shape[1] ** -0.5)
        weights[name] = values.astype(np.float32).astype(np.float64)
    tokens = random.integers(0, MODEL["vocabulary"], (BATCH, MODEL["context"] + 1))
    loss, gradients = loss_and_gradients(weights, tokens)
    single_loss, single = loss_and_gradients({n: w.astype(np.float32) for n, w in weights.items()}, tokens)
    trainings = {name: training_record(weights, training, random) for name, training in TRAININGS.items()}
    deviation = {"loss": abs(loss - single_loss), "gradient": largest_difference(gradients, single)}
    versions = {"python": sys.version.split()[0], "numpy": np.__version__, "torch": torch.__version__}
    write_fixture(path, {
        "schema": "muonscope.fixture.gpt/1", "versions": versions, "model": MODEL, "batch": BATCH,
        "schedules": {t["schedule"]: SCHEDULES[t["schedule"]] for t in TRAININGS.values()},
        "weights": encode_all(weights, "float32"), "tokens": tokens.tolist(), "loss": loss,
        "gradients": encode_all(gradients, "float64"), "float32Deviation": deviation, "trainings": trainings,
    })
    print(f"loss {loss}, float32 deviation {deviation}")
    for name, training in trainings.items():
        print(f"{name}: {training['losses'][0]:.4f} -> {training['losses'][-1]:.4f}, {training['float32Deviation']}")


if __name__ == "__main__":
    main(sys.argv[1])
