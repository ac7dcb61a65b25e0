"""Runs the Python blocks of a page: python runPage.py PAGE BLOCKS.json RANK, in a folder of its own. RANK 0 starts the others.

BLOCKS.json is [{line, text}]. What a page takes for granted, its model, data and optimizer, comes from worlds.py. A line `...` of a
block stands for the training: what precedes it runs once, what follows behind every step; a block without one runs behind every step, or,
with a loop of its own, once. Recorders see STEPS steps, checkpoints are written at CHECKPOINTS. Prints {ran: [line], matrices:
[name of each hidden matrix]}.
"""

import ast
import json
import os
import subprocess
import sys

import worlds

STEPS, CHECKPOINTS = range(1, 101), (1000, 2000)
LOOPS = (ast.For, ast.While)


def is_dots(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node.value.value is Ellipsis


def compiled(nodes, name):
    return compile(ast.Module(body=nodes, type_ignores=[]), name, "exec")


def run_block(block, name, world):
    """Line numbers of a traceback are those of the page."""
    nodes = ast.parse("\n" * block["line"] + block["text"], name).body
    places = [i for i, node in enumerate(nodes) if is_dots(node)]
    if not places and any(isinstance(node, LOOPS) for node in nodes):
        exec(compiled(nodes, name), world.names)
        return
    end = places[0] if places else 0
    exec(compiled(nodes[:end], name), world.names)
    behind = compiled(nodes[end + 1 :] if places else nodes, name)
    for step in STEPS if "Recorder(" in block["text"] else CHECKPOINTS:
        world.names["step"] = step
        world.train(takes_step="optimizer.step()" not in block["text"])
        exec(behind, world.names)
        world.clear()


def main(page, blocks_file, rank=0):
    make, ranks = worlds.WORLDS[page]
    others = [subprocess.Popen([sys.executable, *sys.argv[:3], str(other)]) for other in range(1, ranks)] if rank == 0 else []
    if ranks > 1:
        import torch.distributed as dist

        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
        dist.init_process_group("gloo", init_method=f"file://{os.path.abspath('group')}", rank=rank, world_size=ranks)
    with open(blocks_file, encoding="utf-8") as file:
        blocks = json.load(file)
    ran = []
    for block in blocks:
        world = make()
        run_block(block, page, world)
        ran.append(block["line"])
    if not blocks:
        world = make()
    world.finish()
    if ranks > 1:
        dist.barrier()
        dist.destroy_process_group()
    if any(other.wait(timeout=120) for other in others):
        sys.exit("a rank failed")
    if rank == 0:
        print(json.dumps({"ran": ran, "matrices": world.matrices()}), flush=True)
    if ranks > 1:
        os._exit(0)  # now and then gloo's threads of torch 2.15 call std::terminate when an interpreter is taken down around them


main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
