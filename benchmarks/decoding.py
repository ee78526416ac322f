"""What it saves to decode a JPEG smaller where little of it is wanted.

    python -m benchmarks.decoding [--repeats 10]

A drawn JPEG of 12 megapixels, read by ``tfretrieval.images.load`` as it does now and with every
pixel decoded: milliseconds, and how far the grey levels are apart.
"""

from __future__ import annotations

import argparse
import io
import os
import platform
import statistics
import time
from collections.abc import Callable

import numpy as np
import tensorflow as tf
from PIL import Image

from tfretrieval import images

HEIGHT, WIDTH = 3000, 4000
SIZES = (64, 128, 224, 299, 512)


def drawn() -> bytes:
    """Blobs of forty pixels with a little noise."""
    rng = np.random.default_rng(0)
    blobs = rng.integers(0, 256, (HEIGHT // 40, WIDTH // 40, 3), np.uint8)
    pixels = np.asarray(Image.fromarray(blobs).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))
    noisy = np.clip(pixels + rng.normal(0, 4, pixels.shape), 0, 255).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(noisy).save(stream, "JPEG", quality=90)
    return stream.getvalue()


def milliseconds(work: Callable[[], tf.Tensor], repeats: int) -> tuple[float, np.ndarray]:
    """The median of some runs, and the pixels."""
    seen, times = work().numpy(), []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times), seen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=10)
    repeats = parser.parse_args().repeats
    contents = tf.constant(drawn())
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores")
    print(f"TensorFlow {tf.__version__}, {WIDTH} x {HEIGHT}, medians of {repeats}\n")
    print("| wanted | decoded at 1/ | ms | every pixel, ms | mean and largest difference |")
    print("|---|---|---|---|---|")
    for size in SIZES:
        scale = int(images.decoded_size(contents, size)[1])
        scaled = tf.function(lambda size=size: images.load(contents, size), jit_compile=False)
        whole = tf.function(
            lambda size=size: images.resize(
                images.decode_window(contents, [0, 0, HEIGHT, WIDTH]), (size, size)
            ),
            jit_compile=False,
        )
        (fast, seen), (slow, plain) = milliseconds(scaled, repeats), milliseconds(whole, repeats)
        apart = np.abs(seen - plain)
        difference = f"{apart.mean():.2f}, {apart.max():.1f}"
        print(f"| {size} | {scale} | {fast:.0f} | {slow:.0f} | {difference} |")


if __name__ == "__main__":
    main()
