"""Trainings on several ranks, over gloo: python ranks.py FOLDER COPIES|SHARDS|MESHES|ABSENCES|LATE. Prints {case: {files, expected}}.

COPIES: DDP, and classes that share the work out themselves, two ranks. SHARDS: FSDP2, two ranks. MESHES: four ranks, with copies
of shards (HSDP), shards of unequal and no size, shards along two dimensions, and stacks of experts. The last two take torch 2.6.
ABSENCES: two ranks, of which one has no recorder or does not call it; each says its warnings and its longest recorder.step().
LATE: two ranks that make their recorders before the process group.
"""

import json
import os
import subprocess
import sys

WORLD = {"COPIES": 2, "SHARDS": 2, "MESHES": 4, "ABSENCES": 2, "LATE": 2}


def main(folder, cases):
    """Starts the ranks; every rank says what NS was given there, the files say what was recorded."""
    store = os.path.join(folder, f"store of {cases}")  # none of them may meet the ranks of another
    answer_of = [os.path.join(folder, f"answer{rank}.json") for rank in range(WORLD[cases])]
    ranks = [
        subprocess.Popen([sys.executable, os.path.abspath(__file__), folder, cases, str(rank), store, answer_of[rank]])
        for rank in range(WORLD[cases])
    ]
    if any([rank.wait(timeout=300) for rank in ranks]):
        sys.exit("a rank failed")
    answers = []
    for file in answer_of:
        with open(file, encoding="utf-8") as answer:
            answers.append(json.load(answer))
    merged = {}
    for case in answers[0]:
        # Copies are given the same on every rank; the first that has a matrix speaks for it.
        expected = {(e["step"], e["name"], e["part"]): e for answer in reversed(answers) for e in answer[case]["expected"]}
        files = [file for answer in answers for file in answer[case]["files"]]
        same = all(answer[case]["weights"] == answers[0][case]["weights"] for answer in answers)
        merged[case] = {"files": files, "expected": list(expected.values()), "sameWeights": same, "ranks": [answer[case]["said"] for answer in answers]}
    print(json.dumps(merged))


def rank_main(folder, cases, rank, store, answer):
    import torch
    import torch.distributed as dist

    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    join = lambda: dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=WORLD[cases])
    if cases != "LATE":
        join()
    results = {}
    made = {"COPIES": copies, "SHARDS": shards, "MESHES": meshes, "ABSENCES": absent, "LATE": lambda: late(join)}
    for name, run in made[cases]().items():
        path = os.path.join(folder, f"{cases}-{name.replace(' ', '-')}.jsonl")
        expected, model, *said = run(path, rank)
        mine = path.replace(".jsonl", f".rank{rank}.jsonl")
        weights = sum(float(full(p.detach()).double().sum()) for p in model.parameters())
        results[name] = {"files": [mine] * os.path.exists(mine), "expected": expected, "weights": round(weights, 6), "said": said}
    with open(answer, "w", encoding="utf-8") as file:
        json.dump(results, file)
    dist.barrier()
    dist.destroy_process_group()


def full(p):
    return p.full_tensor() if hasattr(p, "full_tensor") else p


def ddp(model):
    """The loss of a Gpt whose gradients DDP averages: of what goes through forward."""
    import torch
    from torch.nn.parallel import DistributedDataParallel

    class Loss(torch.nn.Module):
        def __init__(self, model):
            super().__init__()
            self.model = model

        def forward(self, inputs, targets):
            return self.model.loss(inputs, targets)

    return DistributedDataParallel(Loss(model))


def absent():
    import torch
    from absences import absences

    has_fsdp = hasattr(torch.optim, "Muon")
    return absences(ddp, (lambda model: fsdp(model, (2,)).loss) if has_fsdp else None)


def late(join):
    from absences import training

    def after(model):
        join()
        return ddp(model)

    return {"group comes later": training(lambda model: None, after=after)}


def copies():
    import torch
    from muons import Moonlight, Muon, MuonAdamW, MuonWithAuxAdam, SingleDeviceMuon
    from training import hidden_and_rest, tiny_gpt, train

    def with_ddp(make):
        def run(path, rank):
            model = tiny_gpt()
            expected, _ = train(model, make(*hidden_and_rest(model)), path, loss_of=ddp(model), rank=rank)
            return expected, model

        return run

    def nanochat(path, rank):
        model = tiny_gpt()
        hidden, rest = hidden_and_rest(model)
        groups = [dict(kind="adamw", params=rest, lr=1e-3, betas=(0.8, 0.95))]
        for shape in sorted({p.shape for p in hidden}):
            same = [p for p in hidden if p.shape == shape]
            groups.append(dict(kind="muon", params=same, lr=0.02, momentum=0.95, ns_steps=5, beta2=0.9, weight_decay=0.0))
        expected, _ = train(model, MuonAdamW(groups), path, rank=rank)
        return expected, model

    cases = {
        "KellerJordan Muon": with_ddp(lambda hidden, rest: Muon(hidden)),
        "KellerJordan MuonWithAuxAdam": with_ddp(
            lambda hidden, rest: MuonWithAuxAdam(
                [dict(params=rest, use_muon=False), dict(params=sorted(hidden, key=lambda p: p.size(), reverse=True), use_muon=True)]
            )
        ),
        "KellerJordan SingleDeviceMuon": with_ddp(lambda hidden, rest: SingleDeviceMuon(hidden)),
        "Moonlight": with_ddp(lambda hidden, rest: Moonlight(muon_params=hidden, adamw_params=rest)),
        "nanochat MuonAdamW": nanochat,
    }
    if hasattr(torch.optim, "Muon"):
        cases["torch.optim.Muon"] = with_ddp(lambda hidden, rest: torch.optim.Muon(hidden))
    return cases


def shards():
    import torch
    from muons import DionMuon, DionReference
    from training import hidden_and_rest, tiny_gpt, train

    def with_fsdp(make, dtype=torch.float32):
        def run(path, rank):
            model = fsdp(tiny_gpt().to(dtype), (2,))
            expected, _ = train(model, make(*hidden_and_rest(model)), path, rank=rank)
            return expected, model

        return run

    return {
        "torch.optim.Muon": with_fsdp(lambda hidden, rest: torch.optim.Muon(hidden)),
        "torch.optim.Muon bfloat16": with_fsdp(lambda hidden, rest: torch.optim.Muon(hidden), dtype=torch.bfloat16),
        "dion Muon": with_fsdp(lambda hidden, rest: DionMuon([dict(params=hidden), dict(params=rest, algorithm="adamw")], nesterov=True)),
        "dion MuonReference": with_fsdp(lambda hidden, rest: DionReference([dict(params=hidden), dict(params=rest, algorithm="adamw")])),
    }


def fsdp(model, mesh_shape):
    """A Gpt in FSDP2; over a mesh of two dimensions the first holds copies."""
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard, register_fsdp_forward_method

    mesh = init_device_mesh("cpu", mesh_shape, mesh_dim_names=("copies", "shards")[-len(mesh_shape) :])
    for block in model.blocks:
        fully_shard(block, mesh=mesh)
    fully_shard(model, mesh=mesh)
    register_fsdp_forward_method(model, "loss")
    return model


def meshes():
    import torch
    from muons import DionMuon, DionReference
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.tensor import DTensor, Shard, distribute_tensor
    from training import Watch, hidden_and_rest, recorder, tiny_gpt, train

    def hsdp(path, rank):
        model = fsdp(tiny_gpt(), (2, 2))
        expected, _ = train(model, torch.optim.Muon(hidden_and_rest(model)[0]), path, rank=rank)
        return expected, model

    def placed(shapes, mesh_shape, placements, make):
        """Parameters placed as they are told, gradients from a generator."""

        def run(path, rank):
            mesh = init_device_mesh("cpu", mesh_shape)
            generator = torch.Generator().manual_seed(0)
            drawn = lambda shape: distribute_tensor(torch.randn(shape, generator=generator), mesh, placements)
            model = torch.nn.Module()
            model.layers = torch.nn.ParameterList(torch.nn.Parameter(drawn(shape)) for shape in shapes)
            assert all(isinstance(p, DTensor) for p in model.parameters())
            optimizer = make(list(model.parameters()))
            watch = Watch(optimizer, model)
            recording = recorder.Recorder(optimizer, path, every=2, model=model, matrices="*")
            for watch.step in range(1, 6):
                for p in model.parameters():
                    p.grad = drawn(p.shape)
                optimizer.step()
                recording.step()
            return watch.expected(), model

        return run

    return {
        "HSDP": hsdp,
        "unequal shards": placed([(7, 8), (3, 5), (5, 3), (6, 1)], (4,), [Shard(0)], lambda params: DionReference(params)),
        "shards of columns": placed([(7, 6), (8, 3)], (4,), [Shard(1)], lambda params: DionReference(params)),
        "shards along two dimensions": placed([(7, 8), (6, 5)], (2, 2), [Shard(0), Shard(1)], lambda params: DionReference(params)),
        "experts": placed([(4, 6, 8), (6, 3, 5)], (4,), [Shard(0)], lambda params: DionMuon(params, nesterov=True)),
    }


if len(sys.argv) == 3:
    main(*sys.argv[1:])
else:
    rank_main(sys.argv[1], sys.argv[2], int(sys.argv[3]), *sys.argv[4:])
