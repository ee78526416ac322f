"""Whether an exported SavedModel gives the bits of the run it came from.

    python -m benchmarks.exported_bits RUN

RUN is a finished run of a recipe on drawn_birds/demo. The bytes of every query go through
``encode_bytes``; packed codes and relaxed codes are compared with ``codes.npz``. Run it on both
stacks: the SavedModel of one is read by the other.
"""

import argparse
import os
import platform
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from data_pipelines import catalogue  # noqa: E402

BATCH = 50


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("run", type=Path)
    run = parser.parse_args().run
    records = catalogue.load("drawn_birds/demo").records
    place = {name: i for i, name in enumerate(records.ids.tolist())}
    with np.load(run / "codes.npz") as file:
        ids, packed, codes = (file[f"query_{name}"] for name in ("ids", "packed", "codes"))
        bits = int(file["bits"])
    encode = tf.saved_model.load(str(run / "savedmodel")).signatures["encode_bytes"]
    contents = [records.read(place[name]) for name in ids.tolist()]
    outputs = [
        encode(contents=tf.constant(contents[start : start + BATCH]))
        for start in range(0, len(contents), BATCH)
    ]
    exported, relaxed = (
        np.concatenate([output[name].numpy() for output in outputs]) for name in ("packed", "codes")
    )
    unpacked = [np.unpackbits(array, axis=1, count=bits) for array in (packed, exported)]
    different = unpacked[0] != unpacked[1]
    apart = np.abs(relaxed - codes).max(axis=1)
    print(
        f"Python {platform.python_version()}, TensorFlow {tf.__version__}: {len(ids)} queries, "
        f"{different.sum()} of {different.size:,} bits differ, in {different.any(1).sum()} "
        f"pictures; relaxed codes differ by {np.median(apart):.1e} in the median and by "
        f"{apart.max():.1e} at most; by more than 1e-3 in {(apart > 1e-3).sum()} pictures"
    )


if __name__ == "__main__":
    main()
