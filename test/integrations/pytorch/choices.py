"""What a recorder chooses and how it names it: python choices.py FOLDER. Prints one JSON object.

roles: of parameter names as they are in the code people run. default: what is recorded of models by default. parts: stacks of
experts, fused projections, convolutions. moments: the two methods on the same matrices.
"""

import json
import os
import sys

import torch
from muons import DionMuon, SingleDeviceMuon
from training import Watch, recorder, summary, tiny_gpt

FOLDER = sys.argv[1]

NAMES = [
    "module.transformer.h.3.attn.c_q.weight",
    "transformer.h.3.attn.c_proj.weight",
    "transformer.h.3.mlp.c_fc.weight",
    "transformer.h.3.mlp.c_proj.weight",
    "transformer.h.3.attn.c_attn.weight",
    "_orig_mod.model.layers.11.self_attn.k_proj.weight",
    "model.layers.11.mlp.gate_proj.weight",
    "model.layers.11.mlp.up_proj.weight",
    "model.layers.11.mlp.experts.7.down_proj.weight",
    "layers.0.attention.wv.weight",
    "layers.0.attention.wo.weight",
    "layers.0.feed_forward.w1.weight",
    "layers.0.feed_forward.w2.weight",
    "layers.0.feed_forward.w3.weight",
    "blocks.0.ffn.w1.weight",
    "model.layers.2.block_sparse_moe.gate.weight",
    "encoder.layer.5.attention.output.dense.weight",
    "encoder.layer.5.intermediate.dense.weight",
    "encoder.layer.5.output.dense.weight",
    "gpt_neox.layers.1.attention.query_key_value.weight",
    "decoder.layers.4.self_attn.out_proj.weight",
    "decoder.layers.4.linear1.weight",
    "projector.weight",
]


def roles():
    names = [recorder._clean_name(name) for name in NAMES]
    return {name: [recorder._role_of(name, set(names)), *recorder._layer_of(name)[1:]] for name in names}


def module_with(shapes):
    """A module whose parameters have these names and shapes."""
    root = torch.nn.Module()
    for name, shape in shapes.items():
        *path, leaf = name.split(".")
        module = root
        for part in path:
            if not hasattr(module, part):
                module.add_module(part, torch.nn.Module())
            module = getattr(module, part)
        module.register_parameter(leaf, torch.nn.Parameter(torch.zeros(shape)))
    return root


def recorded(model, make, path, steps=2, **options):
    """Lines of a few steps with drawn gradients, and what NS was given."""
    optimizer = make(list(model.parameters()))
    watch = Watch(optimizer, model)
    recording = recorder.Recorder(optimizer, path, every=1, model=model, **options)
    generator = torch.Generator().manual_seed(0)
    for watch.step in range(1, steps + 1):
        for p in model.parameters():
            p.grad = torch.randn(p.shape, generator=generator)
        optimizer.step()
        recording.step()
    return {"file": path, "expected": watch.expected()}


def default():
    """Names of what is recorded by default: a deep GPT, one with fused projections, one of experts."""
    six = {"attn.q": "attn.q", "attn.k": "attn.k", "attn.v": "attn.v", "attn.o": "attn.o", "up": "mlp.up", "down": "mlp.down"}
    shapes = {
        "deep": {f"layers.{i}.{name}.weight": (4, 4) for i in range(12) for name in (*six.values(), "mlp.gate")},
        "fused": {f"h.{i}.attn.{name}.weight": (4, 4) for i in range(4) for name in ("c_attn", "c_proj")},
        "experts": {
            f"layers.{i}.{name}": shape
            for i in range(2)
            for name, shape in {**{f"{role}.weight": (4, 4) for role in six.values()}, "mlp.experts.w2": (3, 4, 6)}.items()
        },
    }
    return {
        name: recorded(module_with(of), DionMuon, os.path.join(FOLDER, f"{name}.jsonl"), steps=1)["file"]
        for name, of in shapes.items()
    }


def parts():
    fused = lambda params: DionMuon([dict(params=params, split_sizes=(8, 4, 4))], nesterov=True)
    heads = lambda params: DionMuon([dict(params=params, num_heads=4)], nesterov=True)
    flat = lambda params: DionMuon(params, nesterov=True, flatten=True)
    runs = {
        "experts": ({"layers.0.mlp.experts.w1": (3, 6, 8)}, lambda params: DionMuon(params, nesterov=True)),
        "experts, KellerJordan": ({"layers.0.mlp.experts.w1": (3, 6, 8)}, SingleDeviceMuon),
        "convolution, KellerJordan": ({"layers.0.conv.weight": (6, 3, 2, 2)}, SingleDeviceMuon),
        "flattened": ({"layers.0.conv.weight": (6, 3, 2)}, flat),
        "fused": ({"layers.0.attn.qkv.weight": (16, 8)}, fused),
        "heads": ({"layers.0.attn.q.weight": (16, 8)}, heads),
    }
    return {
        name: recorded(module_with(shapes), make, os.path.join(FOLDER, f"part {i}.jsonl"), matrices="*")
        for i, (name, (shapes, make)) in enumerate(runs.items())
    }


def before_ns():
    """Rows equalised as nanochat does between momentum and NS."""
    model = module_with({"layers.0.attn.c_q.weight": (12, 8)})
    result = recorded(model, SingleDeviceMuon, os.path.join(FOLDER, "rows.jsonl"), before_ns=recorder.equal_rows)
    optimizer = SingleDeviceMuon(list(model.parameters()))
    watch = Watch(optimizer, model)
    del watch
    return result


def sizes():
    """Counts of parameters: all, and without embeddings and head."""
    gpt = tiny_gpt()
    tied = torch.nn.Module()
    tied.wte, tied.wpe = torch.nn.Embedding(11, 4), torch.nn.Embedding(7, 4)
    tied.layers = torch.nn.ModuleList([torch.nn.Linear(4, 11)])
    tied.lm_head = torch.nn.Linear(4, 11, bias=False)
    tied.lm_head.weight = tied.wte.weight
    return {name: recorder._model_size(model, None, None) for name, model in {"gpt": gpt, "tied": tied}.items()}


def moments():
    """Both methods on matrices of spectra that momentum has: a bulk over two decades, with and without one large direction."""
    generator = torch.Generator().manual_seed(0)
    orthogonal = lambda m, r: torch.linalg.qr(torch.randn(m, r, generator=generator, dtype=torch.float64))[0]
    results = []
    for m, n in ((64, 64), (96, 384), (320, 128), (192, 192)):
        r = min(m, n)
        for outlier in (0, 0.9, 0.99):
            logs = torch.randn(r, generator=generator, dtype=torch.float64) * 1.2
            sigma = logs.exp().sort(descending=True).values
            if outlier:
                sigma[0] = (outlier / (1 - outlier) * sigma[1:].square().sum()).sqrt()
            x = ((orthogonal(m, r) * sigma) @ orthogonal(n, r).T).float()
            found = recorder._measure(x, "moments")
            results.append({"shape": [m, n], "outlier": outlier, "found": found, "exact": summary(0, "", x)})
    gaussian = torch.randn(128, 128, generator=generator)
    results.append({"shape": [128, 128], "outlier": 0, "found": recorder._measure(gaussian, "moments"), "exact": summary(0, "", gaussian)})
    edges = {
        "zero": torch.zeros(80, 96),
        "rank one": torch.randn(80, 1, generator=generator) @ torch.randn(1, 96, generator=generator),
        "identity": torch.eye(70),
        "huge": 1e30 * torch.randn(70, 70, generator=generator),
        "tiny": 1e-30 * torch.randn(70, 70, generator=generator),
        "not finite": torch.full((70, 70), float("inf")),
        "small": torch.randn(20, 90, generator=generator),
    }
    found = {name: {m: recorder._measure(x, m) for m in ("exact", "moments")} for name, x in edges.items()}
    return {"results": results, "edges": found}


print(
    json.dumps(
        {
            "roles": roles(),
            "default": default(),
            "parts": parts(),
            "beforeNs": before_ns(),
            "sizes": sizes(),
            "moments": moments(),
            "quantiles": {r: recorder._positions(r) for r in (1, 2, 7, 20, 100, 512, 1000)},
            "errors": recorder.MOMENT_ERRORS,
        }
    )
)
