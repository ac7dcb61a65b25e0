"""Times NumPy's exact singular values of a float32 Gaussian matrix; one JSON object on stdout, milliseconds.

Usage: numpy_spectra.py SIZE SECONDS   (best of as many runs as fit into SECONDS, at least two)
"""

import json
import sys
import time

import numpy as np


def best(run, seconds):
    start, least, runs = time.perf_counter(), float("inf"), 0
    while runs < 2 or time.perf_counter() - start < seconds:
        before = time.perf_counter()
        run()
        least = min(least, time.perf_counter() - before)
        runs += 1
    return 1e3 * least


def gram_eigvalsh(x):
    x = x.astype(np.float64)
    return np.linalg.eigvalsh(x @ x.T)


size, seconds = int(sys.argv[1]), float(sys.argv[2])
x = np.random.default_rng(1).standard_normal((size, size), dtype=np.float32)
print(
    json.dumps(
        {
            "numpy": np.__version__,
            "svd": best(lambda: np.linalg.svd(x, compute_uv=False), seconds / 2),
            "gramEigvalsh": best(lambda: gram_eigvalsh(x), seconds / 2),
        }
    )
)
