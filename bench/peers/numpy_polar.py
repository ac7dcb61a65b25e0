"""Times NumPy's singular value decomposition with vectors of a float64 Gaussian matrix; one JSON object on stdout, milliseconds.

Usage: numpy_polar.py SIZE SECONDS   (best of as many runs as fit into SECONDS, at least two)
"""

import json
import sys
import time

import numpy as np

size, seconds = int(sys.argv[1]), float(sys.argv[2])
x = np.random.default_rng(1).standard_normal((size, size))
start, least, runs = time.perf_counter(), float("inf"), 0
while runs < 2 or time.perf_counter() - start < seconds:
    before = time.perf_counter()
    np.linalg.svd(x, full_matrices=False)
    least = min(least, time.perf_counter() - before)
    runs += 1
print(json.dumps({"numpy": np.__version__, "svd": 1e3 * least}))
