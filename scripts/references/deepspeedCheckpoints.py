"""Checkpoints of DeepSpeed's ZeRO with its own Muon, on the CPU, and what a reader has to find in them.

    DS_ACCELERATOR=cpu python scripts/references/deepspeedCheckpoints.py fixtures/checkpoints/deepspeed     # DeepSpeed 0.19

Writes zero1, zero2, zero3 (2 ranks) and zero3Ranks4, and expected.json: {folder: {parameter: {key: tensor}}} with the
optimizer's state and float32 weights of whole parameters, gathered from all ranks while the engine runs.

gloo cannot gather tensors of different shapes, as Muon does under ZeRO-3 with NCCL: there the same is done by broadcasts.
"""

import json
import os
import shutil
import sys

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from expectedTree import expected_tree

MOMENTUM = 0.95


def allow_uneven_gather(rank, ranks):
    gather = dist.all_gather

    class Done:
        def wait(self):
            return True

    def all_gather(tensor_list, tensor, group=None, async_op=False):
        if len({item.shape for item in tensor_list}) == 1:
            return gather(tensor_list, tensor, group=group, async_op=async_op)
        for source in range(ranks):
            if source == rank:
                tensor_list[source].copy_(tensor)
            dist.broadcast(tensor_list[source], source, group=group)
        return Done()

    dist.all_gather = all_gather


def build():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(8, 7), torch.nn.Linear(7, 5), torch.nn.Linear(5, 9))
    for p in model.parameters():
        p.use_muon = p.ndim == 2
    return model


def run(rank, ranks, stage, folder, port):
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE=str(ranks))
    import deepspeed

    allow_uneven_gather(rank, ranks)
    model = build()
    config = {
        "train_micro_batch_size_per_gpu": 4,
        "optimizer": {"type": "Muon", "params": {"lr": 0.02, "momentum": MOMENTUM}},
        "zero_optimization": {"stage": stage, "reduce_scatter": False},
    }
    engine, *_ = deepspeed.initialize(model=model, model_parameters=list(model.parameters()), config=config)
    for step in range(3):
        batches = torch.randn(ranks, 4, 8, generator=torch.Generator().manual_seed(step))
        engine.backward(engine(batches[rank]).square().sum())
        engine.step()
    engine.save_checkpoint(folder)
    expected = whole_state(engine, stage)
    if rank == 0:
        with open(f"{folder}.json", "w", encoding="utf-8") as file:
            json.dump(expected, file)
    dist.barrier()
    dist.destroy_process_group()


def whole_state(engine, stage):
    """Under ZeRO-3 DeepSpeed itself gathers whole states; under ZeRO-1 and 2 its converter's way is taken."""
    from deepspeed.utils import safe_get_full_fp32_param, safe_get_full_optimizer_state

    found = {}
    for name, p in engine.module.named_parameters():
        keys = ("momentum_buffer",) if p.use_muon else ("exp_avg", "exp_avg_sq")
        if stage == 3:
            state = {key: safe_get_full_optimizer_state(p, key) for key in keys}
        elif p.use_muon:
            state = {"momentum_buffer": whole_momentum(engine.optimizer, p)}
        else:
            state = {key: joined_range(engine.optimizer, p, key) for key in keys}
        found[name] = {key: expected_tree(value.reshape(shape_of(p))) for key, value in state.items()}
        found[name]["fp32"] = expected_tree(safe_get_full_fp32_param(p).reshape(shape_of(p)))
    return found


def joined_range(optimizer, p, key):
    """Ranges of all ranks one behind the other, cut as zero_to_fp32.py does (_zero2_merge_trainable_params)."""
    (group,) = [i for i, params in enumerate(optimizer.round_robin_bit16_groups) if any(p is q for q in params)]
    own = optimizer.optimizer.state[optimizer.single_partition_of_fp32_groups[group]][key]
    ranges = [torch.empty_like(own) for _ in range(dist.get_world_size())]
    dist.all_gather(ranges, own)
    start = 0
    for candidate in optimizer.round_robin_bit16_groups[group]:
        if candidate is p:
            return torch.cat(ranges).narrow(0, start, p.numel())
        start += candidate.numel()


def shape_of(p):
    return getattr(p, "ds_shape", p.shape)


def whole_momentum(optimizer, p):
    """Under ZeRO-1 and 2 a rank holds whole momentum of the parameters its range touches; the first such rank's is taken."""
    own = None
    for group, params in enumerate(optimizer.params_in_partition):
        buffer = optimizer.optimizer.state[optimizer.single_partition_of_fp32_groups[group]].get("momentum_buffer")
        start = 0
        for candidate in params:
            if candidate is p:
                own = buffer[start : start + p.numel()].clone()
            start += candidate.numel()
    all_ranks = [None] * dist.get_world_size()
    dist.all_gather_object(all_ranks, own)
    return next(value for value in all_ranks if value is not None)


if __name__ == "__main__":
    os.makedirs(sys.argv[1], exist_ok=True)
    os.chdir(sys.argv[1])
    expected = {}
    runs = (("zero1", 2, 1), ("zero2", 2, 2), ("zero3", 2, 3), ("zero3Ranks4", 4, 3))
    for port, (folder, ranks, stage) in enumerate(runs, 29541):
        shutil.rmtree(folder, ignore_errors=True)
        mp.spawn(run, (ranks, stage, folder, port), nprocs=ranks)
        os.remove(f"{folder}/zero_to_fp32.py")  # DeepSpeed's own converter, which it copies into every checkpoint
        with open(f"{folder}.json", encoding="utf-8") as file:
            expected[folder] = json.load(file)
        os.remove(f"{folder}.json")
    with open("expected.json", "w", encoding="utf-8") as file:
        json.dump(expected, file, separators=(",", ":"))
        file.write("\n")
