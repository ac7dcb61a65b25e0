"""How the reference scripts write numbers into a fixture.

An array is {"shape": [...], "dtype": "float32" | "float64", "base64": little-endian bytes, row-major}: exact to
the last bit, and a third of the size of decimal digits.
"""
import base64
import json

import numpy as np


def encode(array, dtype):
    """`array` as a JSON object; rounds to `dtype`."""
    values = np.ascontiguousarray(array, dtype=np.dtype(dtype).newbyteorder("<"))
    return {"shape": list(values.shape), "dtype": dtype, "base64": base64.b64encode(values.tobytes()).decode("ascii")}


def write_fixture(path, document):
    """Writes `document` with one line for each top-level key, so that a change is readable in a diff."""
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in document.items()]
    with open(path, "w", encoding="ascii") as file:
        file.write("{\n" + ",\n".join(lines) + "\n}\n")
