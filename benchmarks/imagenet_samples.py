"""Checks ImageNet weights by one photograph of each class, and times the networks.

    python -m benchmarks.imagenet_samples FOLDER [--network efficientnet_lite0] [--threads 1]

`FOLDER` is a copy of github.com/EliSchwartz/imagenet-sample-images: 1,000 JPEG files whose names
begin with their WordNet id, which is the classes' order. A picture is the center square,
s / (s + 32) of the shorter side, bicubic to the s pixels that the network was trained at; or
squashed whole. The photographs are probably training pictures of the networks: this checks a port,
it is no accuracy on ImageNet.
"""

from __future__ import annotations

import argparse
import inspect
import os
import time
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image

import tfretrieval as tfr

NETWORKS = ("efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2")
BATCH = 50


def picture(path: Path, side: int, squash: bool) -> np.ndarray:
    """One photograph as the network takes it, uint8 `[side, side, 3]`."""
    image = Image.open(path).convert("RGB")
    width, height = image.size
    if not squash:
        square = int(side / (side + 32) * min(width, height))
        left, top = (width - square) // 2, (height - square) // 2
        image = image.crop((left, top, left + square, top + square))
    return np.asarray(image.resize((side, side), Image.Resampling.BICUBIC))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--network", choices=NETWORKS, nargs="+", default=NETWORKS)
    parser.add_argument("--threads", type=int, default=1, help="1")
    args = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(args.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    files = sorted(args.folder.glob("*.JPEG"))
    if len(files) != 1000:
        raise SystemExit(f"{args.folder} has {len(files)} JPEG files, not 1,000: one of each class")
    for name in args.network:
        build = getattr(tfr.backbones, name)
        side = inspect.signature(build).parameters["input_shape"].default[0]
        model = build(weights="imagenet", num_classes=1000)
        for squash in (False, True):
            first = five = 0
            took = []
            for start in range(0, 1000, BATCH):
                images = np.stack([picture(f, side, squash) for f in files[start : start + BATCH]])
                began = time.perf_counter()
                logits = model.predict_on_batch(images.astype(np.float32))
                took.append(time.perf_counter() - began)
                ranks = np.argsort(-logits, axis=1)[:, :5]
                right = ranks == np.arange(start, start + BATCH)[:, None]
                first, five = first + right[:, 0].sum(), five + right.sum()
            cut = "squashed" if squash else "center"
            print(
                f"{name} {side} {cut}: {first} right, {five} in the first five, "
                f"{BATCH / np.median(took):.1f} pictures a second, load {os.getloadavg()[0]:.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
