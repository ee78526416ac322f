"""Tiny pictures for the tests: made with Pillow, the same on every run."""

import io
import zlib

import numpy as np
from PIL import Image

from data_pipelines.records import Records


def picture(name="", height=12, width=16, mode="RGB"):
    """Blobs of colour that differ with the name."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    small = Image.fromarray(rng.integers(0, 256, (3, 4, 3), dtype=np.uint8))
    return small.resize((width, height)).convert(mode)


def encode(image, kind="JPEG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def write_tree(root, files):
    """Write `{relative path: bytes, or None for a JPEG}` below `root`; returns it as a string."""
    for name, contents in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode(picture(name)) if contents is None else contents)
    return str(root)


def make_records(labels, **columns):
    """Records in memory, one small PNG each, with class names "0", "1", ..."""
    labels = np.asarray(labels)
    classes = labels.shape[1] if labels.ndim == 2 else labels.max() + 1
    return Records(
        ids=[f"{i:03d}.png" for i in range(len(labels))],
        labels=labels,
        class_names=tuple(str(c) for c in range(classes)),
        blobs=tuple(encode(picture(str(i)), "PNG") for i in range(len(labels))),
        **columns,
    )
