"""CIFAR-10 (Krizhevsky 2009), the binary version.

```
batches.meta.txt                                     the class names
data_batch_1.bin ... data_batch_5.bin, test_batch.bin  a row: label, 32 x 32 red, green, blue
```

The Python version holds the same pictures in pickles, which can run code; it is not read.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from data_pipelines.records import DataError, Listing, Records, read_regular
from data_pipelines.sources.layout import Archive, Layout, Prepared
from data_pipelines.sources.published_set import PublishedSet

FILES = {
    "train": tuple(f"data_batch_{i}.bin" for i in range(1, 6)),
    "test": ("test_batch.bin",),
}
NAMES = "batches.meta.txt"
_ROW = 1 + 3 * 32 * 32


def read_cifar10(root: Path) -> Listing:
    """The pictures as PNG in memory, some 150 MB; ids are those of TFDS, `train_00000`.

    Raises:
        DataError: a file is missing or damaged.
    """
    try:
        names = tuple(read_regular(root / NAMES).decode("utf-8").split())
        batches = {split: [_rows(root / name) for name in FILES[split]] for split in FILES}
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cifar10 in {str(root)!r} cannot be read: {error}") from None
    rows = {split: np.concatenate(parts) for split, parts in batches.items()}
    every = np.concatenate([rows["train"], rows["test"]])
    if every[:, 0].max(initial=0) >= len(names):
        raise DataError(f"cifar10 in {str(root)!r} has a label without a name in {NAMES}")
    records = Records(
        ids=np.array([f"{split}_{i:05d}" for split in rows for i in range(len(rows[split]))]),
        labels=every[:, 0],
        class_names=names,
        blobs=tuple(
            _png(planes)
            for planes in tqdm(
                every[:, 1:].reshape(-1, 3, 32, 32), "packing cifar10", delay=3, disable=None
            )
        ),
    )
    return Listing(records, np.repeat([*rows], [len(part) for part in rows.values()]))


def _rows(path: Path) -> np.ndarray:
    data = np.frombuffer(read_regular(path), np.uint8)
    if not len(data) or len(data) % _ROW:
        raise DataError(f"{str(path)!r} is damaged: rows of {_ROW} bytes are expected")
    return data.reshape(-1, _ROW)


def _png(planes: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(planes.transpose(1, 2, 0)).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


CIFAR10 = PublishedSet(
    Layout(
        "cifar10",
        folder="cifar-10-batches-bin",
        marks=(NAMES, "data_batch_1.bin", "test_batch.bin"),
        archives=(
            Archive(
                "cifar-10-binary.tar.gz",
                "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
                # As TFDS 4.9.10 keeps it.
                "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
            ),
        ),
        size="0.2 GB",
        prepared=Prepared(),
        hint="the Python version consists of pickles, which can run code, and is not read",
    ),
    read_cifar10,
    counts=(50000, 10000, 10),
)
