"""One look at every picture against `model.predict` on the same pictures.

    python -m benchmarks.saliency_pass [--pictures 1024] [--batch-size 64] [--rounds 3]
    python -m benchmarks.saliency_pass --image-size 299 --width 64      # on a GPU

The pass (`data_pipelines.saliency_table.look`) decodes, runs the network up to its layer, makes
small grey maps and writes the table; `predict` decodes the same pictures by the same pipeline and
runs the same network. Both begin with nothing traced. Turn about, the median of the ratios counts:
the aim is a pass within 10 % of `predict`.
"""

import argparse
import os
import platform
import statistics
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from data_pipelines import saliency_table, steps  # noqa: E402
from data_pipelines.drawn_birds import Artist  # noqa: E402
from data_pipelines.records import Records  # noqa: E402
from tfretrieval.backbones import resnet18  # noqa: E402
from tfretrieval.saliency import Localizer  # noqa: E402


def drawn(count: int) -> Records:
    artist = Artist(classes=5, size=160)
    blobs = tuple(
        tf.io.encode_jpeg(artist.draw(f"train/{i}", i % 5, i).pixels).numpy() for i in range(count)
    )
    labels = np.arange(count) % 5
    return Records([str(i) for i in range(count)], labels, tuple("abcde"), blobs=blobs)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pictures", type=int, default=1024)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--image-size", type=int, default=128)
    parser.add_argument("--width", type=int, default=32)
    args = parser.parse_args()
    side = args.image_size
    records = drawn(args.pictures)
    ratios = []
    for number in range(args.rounds):
        localizer = Localizer(resnet18((side, side, 3), args.width))
        with tempfile.TemporaryDirectory() as folder:
            start = time.monotonic()
            path = f"{folder}/maps.npz"
            saliency_table.look(
                localizer, records, path, batch_size=args.batch_size, progress=False
            )
            ours = time.monotonic() - start
        batches = steps.eval_batches(
            records, np.arange(len(records)), image_size=side, batch_size=args.batch_size
        )
        network = tf.keras.models.clone_model(localizer.model)
        start = time.monotonic()
        network.predict(batches.map(lambda image, label: image), verbose=0)
        theirs = time.monotonic() - start
        ratios.append(ours / theirs)
        print(
            f"round {number + 1}: the pass {args.pictures / ours:.0f} pictures/s, predict "
            f"{args.pictures / theirs:.0f} pictures/s, {ratios[-1]:.2f} times as long",
            flush=True,
        )
    print(
        f"TensorFlow {tf.__version__}, Python {platform.python_version()}, {os.cpu_count()} cores; "
        f"ResNet18 of width {args.width} at {side} pixels: median {statistics.median(ratios):.2f}"
    )


if __name__ == "__main__":
    main()
