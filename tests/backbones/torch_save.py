"""Files as torch.save wrote them before version 1.6, spelt instruction by instruction."""

import pickle
import struct
from pathlib import Path

import numpy as np

from tfretrieval.backbones.torch_file import MAGIC

STORAGES = {"float32": b"Float", "int64": b"Long"}
# Magic number, version, machine.
START = b"".join(pickle.dumps(part, 2) for part in (MAGIC, 1001, {"little_endian": True}))


def save_old(arrays: dict[str, np.ndarray], path: Path) -> None:
    """A dict of contiguous float32 and int64 tensors, each with a storage of its own."""
    held, data = b"\x80\x02}(", b""
    for index, (name, array) in enumerate(arrays.items()):
        kind = STORAGES[array.dtype.name]
        strides = [stride // array.itemsize for stride in array.strides]
        storage = b"(" + _text("storage") + b"ctorch\n" + kind + b"Storage\n"
        storage += _text(str(index)) + _text("cpu") + _whole(array.size) + b"NtQ"
        sizes = b"".join(
            b"(" + b"".join(map(_whole, each)) + b"t" for each in (array.shape, strides)
        )
        held += _text(name) + b"ctorch._utils\n_rebuild_tensor_v2\n("
        held += storage + _whole(0) + sizes + b"\x89}tR"
        data += struct.pack("<q", array.size) + array.tobytes()
    names = pickle.dumps([str(index) for index in range(len(arrays))], 2)
    path.write_bytes(START + held + b"u." + names + data)


def _text(text):
    return b"X" + struct.pack("<I", len(text)) + text.encode()


def _whole(number):
    return b"J" + struct.pack("<i", number)


def _tuple(numbers):
    return b"(" + b"".join(map(_whole, numbers)) + b"t"
