"""Distributed checkpoints written by several local processes over gloo, and what a reader has to find in them.

    python scripts/references/distributedCheckpoints.py fixtures/checkpoints/distributed     # PyTorch 2.9 or later, on the CPU

Writes a folder for each way of saving, rankShard.pt (what torch.save keeps of DTensors), and expected.json:
{folder: tree of expectedTree.py, of whole tensors}.

fsdp2           FSDP2 on 2 ranks, torch.optim.Muon after 3 steps, model and optimizer by torch's state_dict functions
fsdp2Flat       the same with flatten_optimizer_state_dict
ownMetadata     the same, each rank saving without collectives
mesh4           4 ranks as a 2 x 2 mesh: shards along both axes, uneven and empty shards, copies, bfloat16, a stack
safetensors     2 ranks, chunks in the safetensors format
"""

import json
import os
import sys

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
import torch.multiprocessing as mp
from expectedTree import expected_tree
from torch.distributed.checkpoint.filesystem import FileSystemWriter, SerializationFormat
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict, get_optimizer_state_dict
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor, Replicate, Shard, distribute_tensor


def trained(mesh):
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(8, 7, bias=False), torch.nn.Linear(7, 5, bias=False))
    for layer in model:
        fully_shard(layer, mesh=mesh)
    fully_shard(model, mesh=mesh)
    optimizer = torch.optim.Muon(model.parameters(), lr=0.02)
    for _ in range(3):
        model(torch.randn(4, 8)).square().sum().backward()
        optimizer.step()
        optimizer.zero_grad()
    return model, optimizer


def state(model, optimizer, flat=False):
    options = StateDictOptions(flatten_optimizer_state_dict=flat)
    return {"model": get_model_state_dict(model), "optimizer": get_optimizer_state_dict(model, optimizer, options=options), "step": 3}


def mesh_state():
    mesh = init_device_mesh("cpu", (2, 2), mesh_dim_names=("data", "tensor"))
    torch.manual_seed(0)

    def placed(*shape, on, dtype=torch.float32):
        return distribute_tensor(torch.randn(*shape, dtype=torch.float32).to(dtype), mesh, on)

    buffers = {
        "both": placed(7, 5, on=[Shard(0), Shard(1)]),
        "columns": placed(5, 9, on=[Replicate(), Shard(1)]),
        "rowsTwice": placed(7, 3, on=[Shard(0), Shard(0)]),
        "empty": placed(2, 3, on=[Shard(0), Shard(0)]),
        "copies": placed(3, 4, on=[Replicate(), Replicate()]),
        "stack": placed(5, 4, 3, on=[Shard(0), Shard(2)]),
        "inner": placed(3, 6, 4, on=[Shard(1), Replicate()]),
        "bfloat16": placed(6, 6, on=[Shard(1), Shard(0)], dtype=torch.bfloat16),
        "float64": placed(5, 5, on=[Shard(0), Replicate()], dtype=torch.float64),
    }
    return {"optim": {"state": {name: {"momentum": buffer} for name, buffer in buffers.items()}, "lr": [0.1, 0.2]}}


def whole(tree):
    if isinstance(tree, DTensor):
        return tree.full_tensor()
    if isinstance(tree, dict):
        return {key: whole(value) for key, value in tree.items()}
    return [whole(value) for value in tree] if isinstance(tree, (list, tuple)) else tree


def run(rank, ranks, port):
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    dist.init_process_group("gloo", rank=rank, world_size=ranks)
    expected = {}
    if ranks == 4:
        tree = mesh_state()
        dcp.save(tree, checkpoint_id="mesh4")
        expected["mesh4"] = expected_tree(whole(tree))
    else:
        model, optimizer = trained(init_device_mesh("cpu", (ranks,)))
        tree = state(model, optimizer)
        dcp.save(tree, checkpoint_id="fsdp2")
        dcp.save(state(model, optimizer, flat=True), checkpoint_id="fsdp2Flat")
        dcp.save(tree, checkpoint_id="ownMetadata", use_collectives=False)
        writer = FileSystemWriter("safetensors", serialization_format=SerializationFormat.SAFETENSORS)
        dcp.save(tree, storage_writer=writer)
        folders = ("fsdp2", "fsdp2Flat", "ownMetadata", "safetensors")
        expected |= {folder: expected_tree(whole(tree)) for folder in folders}
        mesh = init_device_mesh("cpu", (ranks,))
        copies = distribute_tensor(torch.arange(6.0).reshape(2, 3), mesh, [Replicate()])
        if rank == 1:
            torch.save({"optimizer": optimizer.state_dict(), "whole": copies}, "rankShard.pt")
            expected["rankShard.pt"] = {"whole": expected_tree(copies.to_local())}
    gathered = [None] * ranks
    dist.all_gather_object(gathered, expected)
    if rank == 0:
        with open(f"expected{ranks}.json", "w", encoding="utf-8") as file:
            json.dump({name: tree for own in gathered for name, tree in own.items()}, file)
    dist.destroy_process_group()


if __name__ == "__main__":
    os.makedirs(sys.argv[1], exist_ok=True)
    os.chdir(sys.argv[1])  # paths are kept in .metadata: relative ones
    expected = {}
    for ranks, port in ((2, 29531), (4, 29532)):
        mp.spawn(run, (ranks, port), nprocs=ranks)
        with open(f"expected{ranks}.json", encoding="utf-8") as file:
            expected |= json.load(file)
        os.remove(f"expected{ranks}.json")
    with open("expected.json", "w", encoding="utf-8") as file:
        json.dump(expected, file, separators=(",", ":"))
        file.write("\n")
