"""How often the picture next to one of an index is of its class: R@1, and what the index costs.

    python -m tfretrieval.search index --model imagenet --images CUB_200_2011/images --out INDEX
    python -m benchmarks.index_recall --index INDEX

Each picture searches all others, itself left out; its class is the folder that it lies in. By codes
alone (ties in the order of the index), by a shortlist of the 100 nearest codes in the order of the
features' cosine, and by the cosine of all features. Of these pictures no class was trained on, but
ImageNet, which the network learned from, holds some of CUB's.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from tfretrieval.search import PictureIndex

BLOCK = 256


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--index", required=True)
    index = PictureIndex(parser.parse_args().index)
    labels = np.array([picture.label for picture in index.pictures])
    features, codes = np.asarray(index.features, np.float32), np.asarray(index.codes)
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    right = {"codes": 0.0, "codes, shortlist by cosine": 0.0, "cosine of all": 0.0}
    seconds = dict.fromkeys(right, 0.0)
    for start in range(0, len(index), BLOCK):
        own = np.arange(start, min(start + BLOCK, len(index)))
        ways = {
            "codes": lambda own=own: [f.places for f in index.search(codes[own], 2)],
            "codes, shortlist by cosine": lambda own=own: [
                f.places for f in index.search(codes[own], 2, features[own])
            ],
            "cosine of all": lambda own=own: np.argsort(-(unit[own] @ unit.T), axis=1)[:, :2],
        }
        for name, search in ways.items():
            began = time.perf_counter()
            found = np.array(search())
            seconds[name] += time.perf_counter() - began
            # Itself is first, or, among equals, second.
            other = np.where(found[:, 0] == own, found[:, 1], found[:, 0])
            right[name] += float((labels[other] == labels[own]).sum())
    size = sum(file.stat().st_size for file in Path(index.folder).rglob("*") if file.is_file())
    print(f"{len(index)} pictures of {len(set(labels))} classes, {size / 1e6:.1f} MB on the disk, "
          f"of which codes {codes.nbytes / 1e6:.2f} MB")  # fmt: skip
    for name in right:
        print(f"R@1 by {name}: {100 * right[name] / len(index):.1f} %, "
              f"{1000 * seconds[name] / len(index):.2f} ms a query")  # fmt: skip


if __name__ == "__main__":
    main()
