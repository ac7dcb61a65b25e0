"""Writes 8 matrices of 1024 x 1024 with savez_compressed (write FILE), or prints the seconds to read them all (read FILE)."""

import sys
import time

import numpy as np

command, path = sys.argv[1:]
if command == "write":
    random = np.random.default_rng(0)
    np.savez_compressed(path, **{f"m{i}": random.standard_normal((1024, 1024), dtype=np.float32) for i in range(8)})
else:
    start = time.perf_counter()
    with np.load(path) as archive:
        arrays = [archive[name] for name in archive.files]
    print(time.perf_counter() - start)
