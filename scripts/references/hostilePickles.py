"""Pickles that run a program when Python loads them, in the ways pickles can, and damaged ones.

    python3 scripts/references/hostilePickles.py fixtures/checkpoints/torch/hostilePickles.json

{name: {"hex", "runs", "names"}}: `runs` tells whether Python's pickle ran the program, a `touch` of a file, when this script
loaded it in an empty folder; `names` is what a refusal has to name.
"""

import json
import os
import pickle
import subprocess
import sys
import tempfile
from collections import OrderedDict

COMMAND = "touch ran"
RAN = "ran"


class Reduced:
    """pickle writes the call that __reduce__ returns."""

    def __init__(self, *call):
        self.call = call

    def __reduce__(self):
        return self.call


def text(value):
    """BINUNICODE"""
    data = value.encode()
    return b"X" + len(data).to_bytes(4, "little") + data


def short(value):
    """SHORT_BINUNICODE"""
    return b"\x8c" + bytes([len(value)]) + value.encode()


def pickles():
    system = Reduced(os.system, (COMMAND,))
    yield "globalReduce", pickle.dumps(system, 2), "posix.system"
    yield "stackGlobalReduce", pickle.dumps(system, 4), "posix.system"
    yield "protocol0", pickle.dumps(system, 0), "posix.system"
    yield "insideStateDict", pickle.dumps({"state": {0: {"momentum_buffer": system}}}, 2), "posix.system"
    yield "asDictKey", b"\x80\x02}" + b"cposix\nsystem\n" + text(COMMAND) + b"\x85R" + b"Ns.", "posix.system"
    yield "subprocess", pickle.dumps(Reduced(subprocess.check_call, (["touch", RAN],)), 4), "subprocess.check_call"
    yield "eval", pickle.dumps(Reduced(eval, (f"__import__('os').system({COMMAND!r})",)), 2), "builtins.eval"
    yield "exec", pickle.dumps(Reduced(exec, (f"import os; os.system({COMMAND!r})",)), 4), "builtins.exec"
    yield "inst", b"\x80\x02(" + text(COMMAND) + b"iposix\nsystem\n.", "posix.system"
    yield "obj", b"\x80\x02(cposix\nsystem\n" + text(COMMAND) + b"o.", "posix.system"
    yield "newObjectEx", b"\x80\x04" + short("posix") + short("system") + b"\x93" + short(COMMAND) + b"\x85}\x92.", "posix.system"
    # os.system by way of names that look harmless
    getattr_system = b"cbuiltins\ngetattr\n(" + b"cos\nsystem\n" + text("__call__") + b"tR" + text(COMMAND) + b"\x85R."
    yield "getattrOfSystem", b"\x80\x02" + getattr_system, "os.system"
    yield "dottedName", b"\x80\x04" + short("torch") + short("hub.os.system") + b"\x93" + short(COMMAND) + b"\x85R.", "torch.hub.os.system"
    chain = b"c__builtin__\ngetattr\n(" + b"c__builtin__\ndict\n" + text("get") + b"tR."
    yield "getattrOfDict", b"\x80\x02" + chain, "builtins.getattr"
    # BUILD: state that replaces what an object does
    yield "buildSystem", b"\x80\x02cposix\nsystem\n}" + text("x") + text("y") + b"sb.", "posix.system"
    yield "buildOfGlobal", b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}b.", "torch._utils._rebuild_tensor_v2"
    yield "buildSetstate", b"\x80\x02cargparse\nNamespace\n)\x81}" + text("__setstate__") + b"cos\nsystem\nsb" + text(COMMAND) + b"b.", "os.system"
    yield "buildTwice", b"\x80\x02cargparse\nNamespace\n)\x81}b}b.", "argparse.Namespace"
    # persistent ids and extension codes
    yield "persistentText", b"\x80\x02P" + b"os.system\n.", "PERSID"
    yield "extension", b"\x80\x02\x82\x01.", "EXT1"
    yield "outOfBand", b"\x80\x05\x97.", "NEXT_BUFFER"
    # known names with arguments that torch never gives them
    yield "orderedDictOfMany", pickle.dumps(Reduced(OrderedDict, ([("a", 1)],)), 2), "collections.OrderedDict"
    yield "bytearrayOfLength", pickle.dumps(Reduced(bytearray, (2**40,)), 2), "builtins.bytearray"
    yield "encodeRot13", b"\x80\x02c_codecs\nencode\n" + text("abc") + text("rot13") + b"\x86R.", "_codecs.encode"
    yield "dtypeCalled", b"\x80\x02ctorch\nfloat32\n)R.", "torch.float32"
    yield "tensorCalled", b"\x80\x02ctorch\nTensor\n" + b"K\x03\x85R.", "torch.Tensor"
    yield "resultCalled", b"\x80\x02cargparse\nNamespace\n)R)R.", "argparse.Namespace"
    # objects that contain themselves
    itself = []
    itself.append(itself)
    yield "listInItself", pickle.dumps(itself, 2), "contains itself"
    pair = {"a": {}}
    pair["a"]["b"] = pair
    yield "dictInItself", pickle.dumps(pair, 4), "contains itself"
    yield "recordInItself", b"\x80\x02cargparse\nNamespace\n)\x81q\x00}" + text("me") + b"h\x00sb.", "contains itself"
    looped = []
    looped.append((looped,))
    yield "tupleInItself", pickle.dumps(looped[0], 2), "POP"


def runs(data):
    with tempfile.TemporaryDirectory() as folder:
        code = "import pickle, sys; pickle.loads(bytes.fromhex(sys.argv[1]))"
        subprocess.run([sys.executable, "-c", code, data.hex()], cwd=folder, stderr=subprocess.DEVNULL, check=False)
        return os.path.exists(f"{folder}/{RAN}")


if __name__ == "__main__":
    found = {name: {"hex": data.hex(), "runs": runs(data), "names": names} for name, data, names in pickles()}
    with open(sys.argv[1], "w", encoding="ascii") as file:
        file.write("{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in found.items()) + "\n}\n")
