"""Checkpoints written by the Muon of each project, on the CPU, and the momentum a reader has to find in them under which name.

    python scripts/references/layoutCheckpoints.py NAME fixtures/layouts

NAME is kellerJordan, moonlight, dion, nanochat (PyTorch 2.9 or later, the project on PYTHONPATH) or optax. Writes
fixtures/layouts/NAME/ with its files and expected.json:
{files: [...], model: file or null, momentum: {parameter: {shape, sha256 of its float32 bytes}}, adam: [parameter, ...]}.

kellerJordan  muon.MuonWithAuxAdam on 2 ranks over gloo; each rank's file holds what it owns
moonlight     Muon of examples/toy_train.py; what it imports for its data is left out
dion          dion.Muon by id, dion.NorMuon by name as torch's get_optimizer_state_dict has it; with AdamW and Lion groups
nanochat      nanochat.gpt.GPT of one layer and its MuonAdamW on 2 ranks, in files of the names of its checkpoint_manager,
              embeddings in bfloat16; gloo has no futures and no averages: collectives are waited for and averaged here
optax         optax.contrib.muon, its state flattened by jax.tree_util, as .npz and .safetensors

Models beside them have names and shapes, no values.
"""

import hashlib
import importlib
import json
import os
import sys
import types

import numpy as np

STEPS = 3

# muon.py stands beside this file, and is another one
sys.path = [path for path in sys.path if os.path.abspath(path or ".") != os.path.dirname(os.path.abspath(__file__))]


def entry(array):
    array = np.ascontiguousarray(np.asarray(array, dtype="<f4"))
    return {"shape": list(array.shape), "sha256": hashlib.sha256(array.tobytes()).hexdigest()}


def write_expected(folder, cases):
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/expected.json", "w", encoding="utf-8") as file:
        json.dump(cases, file, separators=(",", ":"))
        file.write("\n")


def build_model(seed=0):
    import torch

    width, inner = 8, 12
    torch.manual_seed(seed)

    def linear(outputs, inputs):
        return torch.nn.Linear(inputs, outputs, bias=False)

    class Block(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.self_attn = torch.nn.ModuleDict(
                {"q_proj": linear(width, width), "k_proj": linear(4, width), "v_proj": linear(4, width), "o_proj": linear(width, 4)}
            )
            self.mlp = torch.nn.ModuleDict({"up_proj": linear(inner, width), "down_proj": linear(width, inner)})
            self.norm = torch.nn.LayerNorm(width, bias=False)

        def forward(self, x):
            h, a, m = self.norm(x), self.self_attn, self.mlp
            scores = torch.tanh(a["q_proj"](h)[..., :4] + a["k_proj"](h))
            x = x + a["o_proj"](scores * a["v_proj"](h))
            return x + m["down_proj"](torch.relu(m["up_proj"](x)))

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embed_tokens = torch.nn.Embedding(11, width)
            self.layers = torch.nn.ModuleList(Block() for _ in range(2))
            self.lm_head = linear(11, width)

        def forward(self, tokens):
            x = self.embed_tokens(tokens)
            for layer in self.layers:
                x = layer(x)
            return self.lm_head(x)

    return Model()


def split(model):
    named = list(model.named_parameters())
    hidden = [(n, p) for n, p in named if p.ndim == 2 and n.startswith("layers.")]
    return hidden, [(n, p) for n, p in named if not (p.ndim == 2 and n.startswith("layers."))]


def train(model, step, rank=0):
    import torch

    for i in range(STEPS):
        tokens = torch.randint(11, (4, 6), generator=torch.Generator().manual_seed(10 * i + rank))
        logits = model(tokens[:, :-1])
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
        loss.backward()
        if torch.distributed.is_initialized():
            for p in model.parameters():
                torch.distributed.all_reduce(p.grad, torch.distributed.ReduceOp.SUM)
        step()
        model.zero_grad(set_to_none=True)


def shapes_of(model):
    """A state dict of the model's names and shapes; one zero stands for all values, to keep the files small."""
    return {name: weight.new_zeros(1).expand(weight.shape) for name, weight in model.state_dict().items()}


def momentum_of(optimizer, named, key="momentum_buffer"):
    return {n: entry(optimizer.state[p][key]) for n, p in named if key in optimizer.state.get(p, {})}


def spawn(run, ranks, folder, port):
    import torch.multiprocessing as mp

    mp.spawn(in_group, (run, ranks, folder, port), nprocs=ranks)


def in_group(rank, run, ranks, folder, port):
    import torch.distributed as dist

    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port), RANK=str(rank), WORLD_SIZE=str(ranks), LOCAL_RANK=str(rank))
    dist.init_process_group("gloo", rank=rank, world_size=ranks)
    found = run(rank, folder)
    gathered = [None] * ranks
    dist.all_gather_object(gathered, found)
    if rank == 0:
        with open(f"{folder}/gathered.json", "w", encoding="utf-8") as file:
            json.dump({name: value for own in gathered for name, value in own.items()}, file)
    dist.destroy_process_group()


def gathered_in(folder):
    with open(f"{folder}/gathered.json", encoding="utf-8") as file:
        found = json.load(file)
    os.remove(f"{folder}/gathered.json")
    return found


def run_keller_jordan(rank, folder):
    import torch
    from muon import MuonWithAuxAdam

    model = build_model()
    hidden, rest = split(model)
    optimizer = MuonWithAuxAdam(
        [
            dict(params=[p for _, p in rest], lr=1e-3, use_muon=False),
            dict(params=[p for _, p in hidden], lr=0.02, momentum=0.9, use_muon=True),
        ]
    )
    train(model, optimizer.step, rank)
    torch.save(optimizer.state_dict(), f"{folder}/optim_000003_rank{rank}.pt")
    if rank == 0:
        torch.save(shapes_of(model), f"{folder}/model_000003.pt")
    return momentum_of(optimizer, hidden)


def keller_jordan(folder):
    spawn(run_keller_jordan, 2, folder, 29551)
    files = [f"optim_000003_rank{r}.pt" for r in (0, 1)]
    rest = [n for n, _ in split(build_model())[1]]
    return [{"files": files, "model": "model_000003.pt", "momentum": gathered_in(folder), "adam": rest}]


def moonlight(folder):
    import torch

    unused = {
        "loguru": ["logger"],
        "datasets": ["load_dataset"],
        "transformers": ["Qwen2Config", "Qwen2ForCausalLM", "Qwen2Tokenizer", "get_cosine_schedule_with_warmup"],
    }
    for name, attributes in unused.items():
        sys.modules[name] = types.ModuleType(name)
        for attribute in attributes:
            setattr(sys.modules[name], attribute, None)
    muon = importlib.import_module("toy_train").Muon
    model = build_model()
    hidden, rest = split(model)
    optimizer = muon(muon_params=[p for _, p in hidden], adamw_params=[p for _, p in rest])
    train(model, optimizer.step)
    torch.save({"model": shapes_of(model), "optimizer": optimizer.state_dict()}, f"{folder}/step_3.pt")
    adam = [n for n, _ in rest]
    return [{"files": ["step_3.pt"], "model": None, "momentum": momentum_of(optimizer, hidden), "adam": adam}]


def dion(folder):
    import torch
    from dion import Muon, NorMuon
    from torch.distributed.checkpoint.state_dict import get_optimizer_state_dict

    cases = []
    for name, optimizer_class in (("muon", Muon), ("norMuon", NorMuon)):
        model = build_model()
        hidden, rest = split(model)
        groups = [
            dict(params=[p for _, p in hidden]),
            dict(params=[p for _, p in rest[:1]], algorithm="lion"),
            dict(params=[p for _, p in rest[1:]], algorithm="adamw"),
        ]
        optimizer = optimizer_class(groups, nesterov=name == "muon")
        train(model, optimizer.step)
        if name == "muon":
            tree = {"model": shapes_of(model), "optimizer": optimizer.state_dict()}
        else:
            tree = {"optimizer": get_optimizer_state_dict(model, optimizer)}
        file = f"{name}_step3.pt"
        torch.save(tree, f"{folder}/{file}")
        cases.append({"files": [file], "model": None, "momentum": momentum_of(optimizer, hidden, "momentum"), "adam": [n for n, _ in rest]})
    return cases


def nanochat_model():
    os.environ["NANOCHAT_DTYPE"] = "bfloat16"
    import torch
    from nanochat.gpt import GPT, GPTConfig

    torch.manual_seed(0)
    with torch.device("meta"):
        model = GPT(GPTConfig(sequence_len=16, vocab_size=64, n_layer=1, n_head=2, n_kv_head=1, n_embd=24, window_pattern="L"))
    model.to_empty(device="cpu")
    model.init_weights()
    return model


def with_futures(collective):
    """The collective as nanochat calls it, over gloo: done when it returns, with a future that says so."""
    import torch
    import torch.distributed as dist

    def call(output, *arguments, op=None, async_op=False):
        keywords = {} if op is None else {"op": dist.ReduceOp.SUM}
        collective(output, *arguments, **keywords)
        if op is not None:
            output.div_(dist.get_world_size())
        done = torch.futures.Future()
        done.set_result(output)
        return types.SimpleNamespace(get_future=lambda: done)

    return call


def run_nanochat(rank, folder):
    import torch
    import torch.distributed as dist

    for name in ("all_reduce", "reduce_scatter_tensor", "all_gather_into_tensor"):
        setattr(dist, name, with_futures(getattr(dist, name)))
    model = nanochat_model()
    optimizer = model.setup_optimizer()
    generator = torch.Generator().manual_seed(rank)
    for _ in range(STEPS):
        tokens = torch.randint(64, (2, 17), generator=generator)
        model(tokens[:, :-1].contiguous(), tokens[:, 1:].contiguous()).backward()
        optimizer.step()
        model.zero_grad(set_to_none=True)
    if rank == 0:
        torch.save(shapes_of(model), f"{folder}/model_{STEPS:06d}.pt")
    torch.save(optimizer.state_dict(), f"{folder}/optim_{STEPS:06d}_rank{rank:d}.pt")  # names as in checkpoint_manager.py
    name_of = {p: n for n, p in model.named_parameters()}
    found = {}
    for group in optimizer.param_groups:
        state = optimizer.state.get(group["params"][0], {})
        if group["kind"] != "muon":
            continue
        stack = state["momentum_buffer"]
        for i, p in enumerate(group["params"][rank * len(stack) : (rank + 1) * len(stack)]):
            found[name_of[p]] = entry(stack[i])
    return found


def nanochat(folder):
    spawn(run_nanochat, 2, folder, 29552)
    files = [f"optim_{STEPS:06d}_rank{r}.pt" for r in range(2)]
    return [{"files": files, "model": f"model_{STEPS:06d}.pt", "momentum": gathered_in(folder), "adam": None}]


def optax(folder):
    import jax
    import jax.numpy as jnp
    import optax as library
    from safetensors.numpy import save_file

    keys = iter(jax.random.split(jax.random.PRNGKey(0), 20))

    def kernel(*shape):
        return {"kernel": jax.random.normal(next(keys), shape)}

    def block():
        return {"attn": {"query": kernel(8, 8), "out": kernel(8, 8)}, "mlp": {"c_fc": kernel(8, 12), "c_proj": kernel(12, 8)}, "ln": {"scale": jnp.ones(8)}}

    params = {"params": {"h_0": block(), "h_1": block(), "wte": {"embedding": jax.random.normal(next(keys), (11, 8))}}}
    optimizer = library.chain(library.clip_by_global_norm(1.0), library.contrib.muon(0.02))
    state = optimizer.init(params)
    for i in range(STEPS):
        gradients = jax.tree.map(lambda p, k=i: jnp.sin(p * (k + 1)), params)
        updates, state = optimizer.update(gradients, state, params)
        params = library.apply_updates(params, updates)
    leaves, _ = jax.tree_util.tree_flatten_with_path(state)
    flat = {jax.tree_util.keystr(path, simple=True, separator="/"): np.asarray(leaf) for path, leaf in leaves}
    np.savez(f"{folder}/step_3.npz", **flat)
    save_file({jax.tree_util.keystr(path): np.asarray(leaf) for path, leaf in leaves}, f"{folder}/step_3.safetensors")
    momentum = {
        name.split("/mu/")[1].replace("/", "."): entry(leaf)
        for name, leaf in flat.items()
        if "/muon/" in name and "/mu/" in name and "embedding" not in name
    }
    adam = [f"params.h_{i}.ln.scale" for i in (0, 1)]
    return [{"files": [file], "model": None, "momentum": momentum, "adam": adam} for file in ("step_3.npz", "step_3.safetensors")]


PROJECTS = {
    "kellerJordan": keller_jordan,
    "moonlight": moonlight,
    "dion": dion,
    "nanochat": nanochat,
    "optax": optax,
}


if __name__ == "__main__":
    name, target = sys.argv[1], f"{sys.argv[2]}/{sys.argv[1]}"
    os.makedirs(target, exist_ok=True)
    write_expected(target, PROJECTS[name](target))
