"""Singular values of every float32 storage of a .pt with NumPy: FILE METHOD PART PARTS

METHOD is gram (float64 Gram matrix, eigvalsh) or svd (float32, without vectors). The storages are read by zipfile, so that
torch need not be imported. PART of PARTS takes every PARTS-th matrix, for several processes of one BLAS thread each.
Prints the largest singular value of the sum over its matrices, so that nothing is left out.
"""

import math
import sys
import zipfile

import numpy as np


def gram(x):
    x = x.astype(np.float64)
    return np.sqrt(np.maximum(np.linalg.eigvalsh(x @ x.T), 0))


def svd(x):
    return np.linalg.svd(x, compute_uv=False)


path, method, part, parts = sys.argv[1], {"gram": gram, "svd": svd}[sys.argv[2]], int(sys.argv[3]), int(sys.argv[4])
total = 0.0
with zipfile.ZipFile(path) as archive:
    names = sorted(name for name in archive.namelist() if "/data/" in name)
    for name in names[part::parts]:
        data = np.frombuffer(archive.read(name), dtype=np.float32)
        side = math.isqrt(data.size)
        total += float(method(data.reshape(side, side)).max())
print(total)
