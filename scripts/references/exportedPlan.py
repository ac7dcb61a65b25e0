"""Runs an exported plan in the framework it is written for, one optimizer step on matrices of known singular values.

    python scripts/references/exportedPlan.py FRAMEWORK EXPORTED.py > RESULT.json

FRAMEWORK is torch, optax, emerging-optimizers or dion; EXPORTED.py one of test/report/exports/golden. The gradient of each
parameter has the singular values SIGMA, of unit Frobenius norm; singular vectors are seeded.
Without momentum and weight decay, at learning rate 1 from zero weights, the weights after the step are minus the
orthonormalised gradient, times the framework's factor for the shape, which is divided out.

RESULT.json is {"framework", "version", "codeSha256", "sigma", "outputs": {name: singular values, descending}}; the hash is of
the exported file from its first import on.
"""

import hashlib
import importlib.util
import json
import math
import sys

import numpy as np

CODE_STARTS = "\nimport re\n"

SHAPES = {"self_attn.q_proj": (24, 24), "mlp.experts.0.down_proj": (24, 40), "mlp.experts.1.down_proj": (24, 40)}
PARAMETERS = {f"model.layers.{layer}.{name}": shape for layer in range(4) for name, shape in SHAPES.items()}
SIGMA = 0.3 * (1 / 30) ** np.linspace(0, 1, 24)
SIGMA /= np.linalg.norm(SIGMA)


def exported(path):
    spec = importlib.util.spec_from_file_location("exported_plan", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def gradient(index, shape):
    random = np.random.default_rng(index)
    u, _ = np.linalg.qr(random.standard_normal((shape[0], len(SIGMA))))
    v, _ = np.linalg.qr(random.standard_normal((shape[1], len(SIGMA))))
    return ((u * SIGMA) @ v.T).astype(np.float32)


def with_torch(gradients, optimizers_of):
    """optimizers_of: named parameters -> optimizers, rest."""
    import torch

    named = [(name, torch.nn.Parameter(torch.zeros(g.shape))) for name, g in gradients.items()]
    named.append(("model.norm.weight", torch.nn.Parameter(torch.zeros(3))))
    optimizers, rest = optimizers_of(named)
    assert [p.shape for p in rest] == [torch.Size([3])], "expected one parameter that no rule names"
    for name, parameter in named[:-1]:
        parameter.grad = torch.from_numpy(gradients[name])
    for optimizer in optimizers:
        optimizer.step()
    return {name: -parameter.detach().float().numpy() for name, parameter in named[:-1]}


def run_torch(module, gradients):
    import torch

    def make(named):
        groups, rest = module.parameter_groups(named)
        return [torch.optim.Muon(groups, lr=1.0, momentum=0.0, nesterov=False, weight_decay=0.0)], rest

    updates = with_torch(gradients, make)
    return torch.__version__, {n: u / math.sqrt(max(1, u.shape[0] / u.shape[1])) for n, u in updates.items()}


def run_optax(module, gradients):
    import jax
    import jax.numpy as jnp
    import optax

    params = {name: jnp.zeros(g.shape) for name, g in gradients.items()} | {"model.norm": jnp.zeros(3)}
    grads = {name: jnp.asarray(g) for name, g in gradients.items()} | {"model.norm": jnp.ones(3)}
    optimizer = module.muon(1.0, other=optax.sgd(1.0), beta=0.0, nesterov=False)
    updates, _ = jax.jit(optimizer.update)(grads, optimizer.init(params), params)
    assert np.allclose(updates["model.norm"], -1.0), "expected a parameter that no rule names to be left to `other`"
    scaled = {n: -np.asarray(updates[n]) / math.sqrt(max(1, g.shape[1] / g.shape[0])) for n, g in gradients.items()}
    return f"{optax.__version__} (jax {jax.__version__})", scaled


def run_emerging_optimizers(module, gradients):
    import emerging_optimizers

    def make(named):
        groups, rest = module.parameter_groups(named)
        options = {"lr": 1.0, "momentum": 0.0, "weight_decay": 0.0, "scale_mode": "shape_scaling"}
        return [module.PlannedMuon(groups, fp32_matmul_prec="highest", **options)], rest

    updates = with_torch(gradients, make)
    return emerging_optimizers.__version__, {n: u / math.sqrt(max(1, u.shape[0] / u.shape[1])) for n, u in updates.items()}


def run_dion(module, gradients):
    import dion

    def make(named):
        return module.optimizers(named, lr=1.0, mu=0.0, weight_decay=0.0, nesterov=False, adjust_lr=None)

    return getattr(dion, "__version__", "unversioned"), with_torch(gradients, make)


RUNS = {"torch": run_torch, "optax": run_optax, "emerging-optimizers": run_emerging_optimizers, "dion": run_dion}


def main():
    framework, path = sys.argv[1:]
    gradients = {name: gradient(index, shape) for index, (name, shape) in enumerate(PARAMETERS.items())}
    version, updates = RUNS[framework](exported(path), gradients)
    with open(path, encoding="utf-8") as file:
        code = file.read().partition(CODE_STARTS)[2]
    outputs = {
        name: [float(f"{s:.6g}") for s in np.linalg.svd(u.astype(np.float64), compute_uv=False)[: len(SIGMA)]]
        for name, u in updates.items()
    }
    digest = hashlib.sha256(code.encode()).hexdigest()
    result = {"framework": framework, "version": version, "codeSha256": digest, "sigma": SIGMA.tolist(), "outputs": outputs}
    print(json.dumps(result).replace("], ", "],\n").replace(": {", ":\n{"))


main()
