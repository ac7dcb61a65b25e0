"""What the pages of docs/frameworks take for granted: a model, data, and an optimizer, the framework's own where it is installed and a
stand-in of the same state where it is not. `WORLDS` has a page's world and on how many ranks its Python runs.
"""

import dataclasses
import importlib
import json
import os
import struct
import sys
import types

import numpy as np

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
sys.path[1:1] = [os.path.join(ROOT, *path) for path in (("integrations", "pytorch"), ("test", "integrations", "pytorch"), ("bench", "peers"))]
VOCABULARY, CONTEXT = 64, 16


class World:
    """names: of the page's Python."""

    def __init__(self, names):
        self.names = names

    def train(self, takes_step):
        raise NotImplementedError

    def clear(self):
        pass

    def finish(self):
        pass

    def matrices(self):
        raise NotImplementedError


# PyTorch


def is_hidden(name, parameter):
    return parameter.ndim == 2 and name.startswith("blocks.")


class TorchWorld(World):
    """A GPT of two layers; `optimizer_of(hidden, rest)` makes what the page calls `optimizer`."""

    def __init__(self, optimizer_of=None, names=None, wraps=lambda model: model):
        import torch
        import torch.distributed as dist

        model = wraps(tiny_model())
        hidden = [p for n, p in model.named_parameters() if is_hidden(n, p)]
        rest = [p for n, p in model.named_parameters() if not is_hidden(n, p)]
        optimizer = optimizer_of(hidden, rest) if optimizer_of else None
        data = [self.batch(step) for step in range(1, 101)]
        own = dict(torch=torch, dist=dist, model=model, optimizer=optimizer, is_hidden=is_hidden, data=data, orig_model=model)
        super().__init__({**own, **(names or {})})
        self.model = model
        os.makedirs("out", exist_ok=True)

    @staticmethod
    def batch(step):
        import torch

        tokens = torch.randint(VOCABULARY, (2, CONTEXT + 1), generator=torch.Generator().manual_seed(step)).cumsum(1) % VOCABULARY
        return tokens[:, :-1], tokens[:, 1:]

    def train(self, takes_step):
        self.model(self.batch(self.names["step"])).backward()
        if takes_step:
            self.names["optimizer"].step()

    def clear(self):
        for p in self.model.parameters():
            p.grad = None

    def matrices(self):
        return [n for n, p in self.model.named_parameters() if is_hidden(n, p)]


def tiny_model():
    import torch
    from torch_gpt import Gpt

    class Model(Gpt):
        def forward(self, batch):
            return self.loss(*batch)

    torch.set_num_threads(1)
    torch.manual_seed(0)
    return Model(2, 32, 16, CONTEXT, VOCABULARY)


def torch_optim():
    import torch

    if hasattr(torch.optim, "Muon"):
        return TorchWorld(lambda hidden, rest: torch.optim.Muon(hidden))
    from torchMuon import TorchMuon

    torch.optim.Muon = TorchMuon
    return TorchWorld(lambda hidden, rest: TorchMuon(hidden))


def fsdp2():
    """torch.optim.Muon on shards; its torch has both."""
    import torch
    from torch.distributed.fsdp import fully_shard

    def wraps(model):
        for block in model.blocks:
            fully_shard(block)
        return fully_shard(model)

    return TorchWorld(lambda hidden, rest: torch.optim.Muon(hidden), wraps=wraps)


def keller_jordan():
    from muons import MuonWithAuxAdam

    def optimizer_of(hidden, rest):
        return MuonWithAuxAdam([dict(params=rest, use_muon=False), dict(params=hidden, use_muon=True)])

    return TorchWorld(optimizer_of)


def moonlight():
    from muons import Moonlight

    return TorchWorld(lambda hidden, rest: Moonlight(muon_params=hidden, adamw_params=rest))


def dion():
    from muons import DionMuon

    return TorchWorld(lambda hidden, rest: DionMuon([dict(params=hidden), dict(params=rest, algorithm="adamw")]))


class Nanochat(TorchWorld):
    """Saves, at the end, as nanochat's checkpoint_manager does."""

    def finish(self):
        import torch

        rank = torch.distributed.get_rank()
        folder = os.path.join(".cache", "nanochat", "base_checkpoints", "d12")
        os.makedirs(folder, exist_ok=True)
        for step in (1000, 2000):
            torch.save(self.names["optimizer"].state_dict(), os.path.join(folder, f"optim_{step:06d}_rank{rank:d}.pt"))
            if rank == 0:
                torch.save(self.model.state_dict(), os.path.join(folder, f"model_{step:06d}.pt"))


def nanochat():
    from muons import MuonAdamW

    def optimizer_of(hidden, rest):
        groups = [dict(kind="adamw", params=rest, lr=1e-3, betas=(0.8, 0.95))]
        for shape in sorted({p.shape for p in hidden}):
            same = [p for p in hidden if p.shape == shape]
            groups.append(dict(kind="muon", params=same, lr=0.02, momentum=0.95, ns_steps=5, beta2=0.9, weight_decay=0.0))
        return MuonAdamW(groups)

    return Nanochat(optimizer_of)


def megatron():
    """The training loop of one's own: its optimizer is the page's `muon`."""
    try:
        importlib.import_module("emerging_optimizers.orthogonalized_optimizers")
        package = sys.modules["emerging_optimizers"]
    except ImportError:
        from muons import SingleDeviceMuon

        package = types.SimpleNamespace(orthogonalized_optimizers=types.SimpleNamespace(Muon=SingleDeviceMuon))
    world = TorchWorld(names={"emerging_optimizers": package})
    world.names["hidden_matrices"] = [p for n, p in world.model.named_parameters() if is_hidden(n, p)]
    world.names["optimizer"] = types.SimpleNamespace(step=lambda: world.names["muon"].step())
    return world


@dataclasses.dataclass
class ParamConfig:
    """As in train_gpt.py of modded-nanogpt, what matters of it."""

    label: str
    optim: str
    chunk_size: int
    reshape: tuple
    lr: float = 0.03
    momentum: float = 0.95


class BankWorld(World):
    """Banks of matrices that two ranks share, without training: momentum is drawn."""

    SHAPES = {"qk_bank": (24, 8, 48), "vo_bank": (4, 48, 48), "mlp_bank": (4, 192, 48)}

    def __init__(self):
        import torch
        import torch.distributed as dist

        rank, ranks = dist.get_rank(), dist.get_world_size()
        generator = torch.Generator().manual_seed(rank)
        configs, states = {}, {}
        for label, shape in self.SHAPES.items():
            key, chunk = object(), shape[0] // ranks
            configs[key] = ParamConfig(label, "normuon", chunk, shape)
            states[key] = {"momentum_buffer": torch.randn(chunk, *shape[1:], generator=generator)}
        manager = types.SimpleNamespace(optimizer=types.SimpleNamespace(param_cfgs=configs, param_states=states))
        names = dict(torch=torch, dataclasses=dataclasses, training_manager=manager, run_id="RUN", rank=rank)
        super().__init__(names)
        os.makedirs("logs/RUN", exist_ok=True)

    def train(self, takes_step):
        pass

    def matrices(self):
        return [f"{label}[{i}]" for label, shape in self.SHAPES.items() for i in range(shape[0])]


# JAX and MLX


class OptaxWorld(World):
    """optax's own Muon on two blocks of kernels."""

    def __init__(self):
        import jax
        import jax.numpy as jnp
        import optax

        keys = iter(jax.random.split(jax.random.PRNGKey(0), 20))
        kernel = lambda *shape: {"kernel": jax.random.normal(next(keys), shape)}
        block = lambda: {
            "attn": {"query": kernel(16, 16), "out": kernel(16, 16)},
            "mlp": {"c_fc": kernel(16, 32), "c_proj": kernel(32, 16)},
            "ln": {"scale": jnp.ones(16)},
        }
        self.params = {"params": {"h_0": block(), "h_1": block(), "wte": {"embedding": jax.random.normal(next(keys), (20, 16))}}}
        self.jax, self.optax, self.optimizer = jax, optax, optax.contrib.muon(0.02)
        super().__init__(dict(jax=jax, np=np, opt_state=self.optimizer.init(self.params)))
        os.makedirs("out", exist_ok=True)

    def train(self, takes_step):
        gradients = self.jax.tree.map(lambda p: self.jax.numpy.sin(p * self.names["step"]), self.params)
        updates, self.names["opt_state"] = self.optimizer.update(gradients, self.names["opt_state"], self.params)
        self.params = self.optax.apply_updates(self.params, updates)

    def matrices(self):
        return [f"params.h_{i}.{n}.kernel" for i in range(2) for n in ("attn.query", "attn.out", "mlp.c_fc", "mlp.c_proj")]


class MlxWorld(World):
    """The state that MLX's Muon keeps, and its two functions that the page calls, where MLX is not installed."""

    def __init__(self):
        random = np.random.default_rng(0)
        drawn = lambda *shape: {"weight": {"v": random.standard_normal(shape).astype("<f4")}}
        layer = lambda: {
            "self_attn": {f"{letter}_proj": drawn(16, 16) for letter in "qkvo"},
            "mlp": {"up_proj": drawn(32, 16), "down_proj": drawn(16, 32)},
        }
        state = {"step": np.array(1, "<u8"), "learning_rate": np.array(0.02, "<f4"), "model": {"layers": [layer(), layer()]}}
        super().__init__(dict(mx=mlx_core(), optimizer=types.SimpleNamespace(state=state)))
        os.makedirs("out", exist_ok=True)
        weights = {name[:-2]: value for name, value in flattened(state) if name.endswith(".v")}
        write_safetensors("out/model.safetensors", {**weights, "model.embed_tokens.weight": np.zeros((20, 16), "<f4")})

    def train(self, takes_step):
        pass

    def matrices(self):
        return [name[:-2] for name, _ in flattened(self.names["optimizer"].state) if name.endswith(".v")]


def mlx_core():
    """mlx.core, or what the page calls of it."""
    try:
        return importlib.import_module("mlx.core")
    except ImportError:
        for name in ("mlx", "mlx.utils"):
            sys.modules[name] = types.ModuleType(name)
        sys.modules["mlx.utils"].tree_flatten = flattened
        return types.SimpleNamespace(save_safetensors=write_safetensors)


def flattened(tree, prefix=""):
    """[("a.0.b", leaf)]"""
    if not isinstance(tree, (dict, list)):
        return [(prefix, tree)]
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    return [leaf for key, value in items for leaf in flattened(value, f"{prefix}.{key}" if prefix else str(key))]


def write_safetensors(path, arrays):
    header, offset = {}, 0
    for name, array in arrays.items():
        dtype = {"<f4": "F32", "<u8": "U64"}[array.dtype.str]
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(array.tobytes() for array in arrays.values()))


# page -> (its world, ranks)
WORLDS = {
    "frameworks/dion.md": (dion, 1),
    "frameworks/fsdp2.md": (fsdp2, 2),
    "frameworks/kellerJordan.md": (keller_jordan, 2),
    "frameworks/megatron.md": (megatron, 1),
    "frameworks/mlx.md": (MlxWorld, 1),
    "frameworks/moddedNanogpt.md": (BankWorld, 2),
    "frameworks/moonlight.md": (moonlight, 1),
    "frameworks/nanochat.md": (nanochat, 2),
    "frameworks/optax.md": (OptaxWorld, 1),
    "frameworks/torch.md": (torch_optim, 1),
    "recorder.md": (torch_optim, 1),
    "../integrations/pytorch/README.md": (torch_optim, 1),
}
