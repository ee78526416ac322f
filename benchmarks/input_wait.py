"""How long a training step waits for its pictures.

    python -m benchmarks.input_wait [--pictures 1000] [--steps 40] [--batch-size 32] [--boxes]
    python -m benchmarks.input_wait --image-size 299 --width 64 --batch-size 64      # on a GPU

Writes JPEG files of 500 x 375 pixels, as large as the usual bird photographs, and trains a ResNet18
on them, by default the narrow one of the demo at 128 pixels. The wait is the time `next(batches)`
takes inside the loop, where the pipeline reads ahead while the network computes; "alone" is the
pipeline with nothing to wait for it. The aim is a wait under 5 % of the step.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image

from data_pipelines import steps
from data_pipelines.records import Records
from data_pipelines.sources import read_folder
from tfretrieval import backbones

CLASSES = 10


def write_pictures(folder: Path, count: int) -> None:
    """Smooth random pictures with some grain: about 60 kB each, as photographs are."""
    rng = np.random.default_rng(0)
    for i in range(count):
        blobs = Image.fromarray(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8))
        pixels = np.asarray(blobs.resize((500, 375), Image.BICUBIC), np.int16)
        pixels = np.clip(pixels + rng.integers(-12, 13, pixels.shape), 0, 255).astype(np.uint8)
        path = folder / str(i % CLASSES) / f"{i}.jpg"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(path, quality=90)


def batches(records: Records, args: argparse.Namespace) -> Iterator:
    indices = np.arange(len(records))
    an_epoch = max(1, len(records) // args.batch_size)
    boxes = np.tile(np.float32([0.2, 0.2, 0.8, 0.8]), (len(records), 1)) if args.boxes else None
    return iter(
        steps.train_batches(
            records,
            indices,
            image_size=args.image_size,
            batch_size=args.batch_size,
            seed=0,
            epochs=2 + 2 * args.steps // an_epoch,
            boxes=boxes,
        )
    )


def make_step(side: int, width: int):
    model = backbones.resnet18((side, side, 3), width=width, num_classes=CLASSES)
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = tf.keras.optimizers.SGD(0.01)

    @tf.function(jit_compile=False)
    def step(pictures, labels):
        with tf.GradientTape() as tape:
            value = loss(labels, model(pictures, training=True))
        gradients = tape.gradient(value, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return value

    return step


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--image-size", type=int, default=128)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--boxes", action="store_true", help="crop inside a box of 36 %% area")
    args = parser.parse_args()
    tf.keras.utils.set_random_seed(0)
    tf.config.experimental.enable_op_determinism()

    with tempfile.TemporaryDirectory() as folder:
        write_pictures(Path(folder), args.pictures)
        records = read_folder(folder).records

        reading = batches(records, args)
        next(reading)
        start = time.perf_counter()
        for _ in range(args.steps):
            next(reading)
        alone = args.steps * args.batch_size / (time.perf_counter() - start)
        del reading

        step, reading = make_step(args.image_size, args.width), batches(records, args)
        for _ in range(5):
            step(*next(reading))
        waited = 0.0
        start = time.perf_counter()
        for _ in range(args.steps):
            before = time.perf_counter()
            batch = next(reading)
            waited += time.perf_counter() - before
            step(*batch).numpy()
        total = time.perf_counter() - start

    print(
        f"TensorFlow {tf.__version__}, Keras {version('keras')}, NumPy {np.__version__}, "
        f"Python {platform.python_version()}, {os.cpu_count()} cores, "
        f"{len(tf.config.list_physical_devices('GPU'))} GPUs"
    )
    print(f"input alone        {alone:8.0f} pictures/s")
    print(f"training           {args.steps * args.batch_size / total:8.0f} pictures/s")
    print(f"step               {1000 * total / args.steps:8.1f} ms")
    share = f"{waited / total:.1%} (aim < 5 %)"
    print(f"of it input wait   {1000 * waited / args.steps:8.1f} ms = {share}")


if __name__ == "__main__":
    main()
