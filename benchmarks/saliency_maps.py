"""From small grey maps to boxes on one core: this library against a loop over `scipy.ndimage`.

    python -m benchmarks.saliency_maps [--maps 4096] [--batch-size 256] [--rounds 5]

Maps of 8x8 cells with one to three bright blobs, or of pure noise, the hard case: its components
wind. The peer is the usual loop over pictures: `zoom`, `label`, `bincount`, `find_objects`. All are
timed in turn and the median of the rounds is printed, with the share of boxes equal to the peer's.
Seconds are those of the processor, which for one thread are those of the clock on an idle machine.
The aim is 2,000 maps/s.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import argparse  # noqa: E402
import platform  # noqa: E402
import statistics  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from scipy import ndimage  # noqa: E402

from tfretrieval import saliency  # noqa: E402

ALPHA, SIDE, CELLS = 0.4, 32, 8


def blobs(count: int, rng: np.random.Generator) -> np.ndarray:
    y, x = np.mgrid[:CELLS, :CELLS][:, None, None] + 0.5
    center_y, center_x = rng.uniform(0, CELLS, (2, count, 3, 1, 1))
    width, height = rng.uniform(0.8, 2.5, (count, 3, 1, 1)), rng.uniform(0, 1, (count, 3, 1, 1))
    distance = ((y - center_y) ** 2 + (x - center_x) ** 2) / (2 * width**2)
    maps = (height * np.exp(-distance)).sum(1) + 0.05 * rng.random((count, CELLS, CELLS))
    return saliency.grey_maps(maps).numpy()


def usual_loop(maps: np.ndarray) -> np.ndarray:
    boxes = np.tile(np.float32([0, 0, 1, 1]), (len(maps), 1))
    for i, picture in enumerate(maps):
        zoomed = ndimage.zoom(
            picture.astype(np.float32), SIDE / CELLS, order=1, mode="nearest", grid_mode=True
        )
        labels, found = ndimage.label(zoomed > 255 * ALPHA, np.ones((3, 3)))
        if found:
            largest = np.bincount(labels.reshape(-1))[1:].argmax()
            rows, columns = ndimage.find_objects(labels)[largest]
            boxes[i] = rows.start, columns.start, rows.stop, columns.stop
            boxes[i] /= SIDE
    return boxes


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--maps", type=int, default=4096)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5, help="the median is printed")
    args = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    print(
        f"TensorFlow {tf.__version__}, NumPy {np.__version__}, Python "
        f"{platform.python_version()}, {platform.machine()}, one core; {args.maps} maps of "
        f"{CELLS}x{CELLS} to boxes on {SIDE}x{SIDE}, alpha {ALPHA}, batches of {args.batch_size}"
    )
    in_graph = tf.function(lambda maps: saliency.boxes(maps, ALPHA))

    def batched(function: Callable) -> Callable[[np.ndarray], np.ndarray]:
        starts = range(0, args.maps, args.batch_size)
        return lambda maps: np.concatenate(
            [function(maps[i : i + args.batch_size]).numpy() for i in starts]
        )

    contenders = {
        "loop over scipy.ndimage": usual_loop,
        "ours, eager": batched(lambda maps: saliency.boxes(maps, ALPHA)),
        "ours, in a graph": batched(in_graph),
    }
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (args.maps, CELLS, CELLS)).astype(np.uint8)
    for kind, maps in (("blobs", blobs(args.maps, rng)), ("noise", noise)):
        results = {name: function(maps) for name, function in contenders.items()}
        seconds: dict[str, list[float]] = {name: [] for name in contenders}
        for _ in range(args.rounds):
            for name, function in contenders.items():
                start = time.process_time()
                function(maps)
                seconds[name].append(time.process_time() - start)
        usual = statistics.median(seconds["loop over scipy.ndimage"])
        for name, values in seconds.items():
            median = statistics.median(values)
            equal = (results[name] == results["loop over scipy.ndimage"]).all(1).mean()
            print(
                f"{kind}  {name:24} {args.maps / median:8,.0f} maps/s  {usual / median:5.1f}x  "
                f"boxes equal {equal:.1%}"
            )


if __name__ == "__main__":
    main()
