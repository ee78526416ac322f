"""From a picture to its answer with a million codes: how long, and where the time goes.

    python -m tfretrieval.search index --model imagenet --view crop --images FOLDER --out INDEX
    python -m benchmarks.answer_time --index INDEX --grown LARGE_INDEX
    python -m tfretrieval.search serve --index LARGE_INDEX
    python -m benchmarks.search_server --images FOLDER

The index is grown to a million rows: its own features again and again, with a little noise, and
its own codes, each with four random bits turned over. Pictures of the index ask, one after the
other. Every part is called by itself: decoding the file to the network's size, looking (the
network, its map, the region), decoding the region, describing (the network and the code),
searching all codes for a shortlist, putting that in order by the features. `all of it` is one
call that does the same. Milliseconds; half of the pictures took no longer than p50.
"""

import argparse
import random
import resource
import shutil
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import tensorflow as tf

import tfretrieval as tfr
from tfretrieval.backbones.networks import network as network_of
from tfretrieval.encoders import ImageNetEncoder, open_encoder
from tfretrieval.encoders.answering import answer
from tfretrieval.encoders.imagenet_encoder import ALPHA
from tfretrieval.encoders.opening import QUANTIZATION
from tfretrieval.search import PictureIndex
from tfretrieval.search.picture_index import SHORTLIST
from tfretrieval.search.reranking import rerank

BLOCK, TURNED, NOISE, K = 50_000, 4, 0.05, 24
T = TypeVar("T")


def grow(small: PictureIndex, folder: Path, number: int) -> PictureIndex:
    """An index of so many rows that are like those of a small one."""
    about = small.about
    large = PictureIndex.create(
        folder, small.root, small.bits, about["features"], about["model"], about["encoder"]
    )
    shutil.copy(small.folder / QUANTIZATION, folder)
    generator = np.random.default_rng(0)
    features, codes = np.asarray(small.features, np.float32), np.asarray(small.codes)
    spread = NOISE * features.std()
    while len(large) < number:
        rows = generator.integers(0, len(small), min(BLOCK, number - len(large)))
        packed, places = codes[rows].copy(), np.arange(len(rows))
        for _ in range(TURNED):
            bit = generator.integers(0, small.bits, len(rows))
            packed[places, bit // 8] ^= (128 >> (bit % 8)).astype(np.uint8)
        noise = generator.standard_normal((len(rows), features.shape[1]), np.float32)
        pictures = [small.pictures[row] for row in rows.tolist()]
        large.add(pictures, features[rows] + spread * noise, packed)
    return large


class Parts:
    """What an answer is made of, one function a part, and the seconds that each took."""

    def __init__(self, index: PictureIndex, encoder: ImageNetEncoder):
        self.index, self.encoder = index, encoder
        self.seconds: dict[str, list[float]] = defaultdict(list)
        size = encoder.image_size
        backbone = network_of(encoder.network).build((size, size, 3), weights="imagenet")
        localizer = tfr.saliency.Localizer(backbone)
        pooled = tf.keras.layers.GlobalAveragePooling2D()(backbone.output)
        network = tf.keras.Model(backbone.input, pooled)
        self.load = tf.function(lambda contents: tfr.images.load(contents, size)[None])
        self.look = tf.function(
            lambda whole: tfr.saliency.regions(localizer(whole), ALPHA)[0], autograph=False
        )
        self.cut = tf.function(lambda contents, box: tfr.images.load(contents, size, box)[None])
        self.network = tf.function(lambda picture: network(picture, training=False))

    def timed(self, name: str, work: Callable[[], T]) -> T:
        start = time.perf_counter()
        done = work()
        self.seconds[name].append(time.perf_counter() - start)
        return done

    def ask(self, file: bytes) -> None:
        contents = tf.constant(file)
        whole = self.timed("decode the whole", lambda: self.load(contents))
        box = self.timed("look", lambda: self.look(whole))
        crop = self.timed("decode the region", lambda: self.cut(contents, box[0]))
        features = self.timed("describe", lambda: self.network(crop).numpy())
        packed = self.timed("code", lambda: self.encoder.codes(features))
        [found] = self.timed("search", lambda: self.index.search(packed, SHORTLIST * K))
        self.timed("put in order", lambda: rerank(features[0], self.index.features, found.places))
        self.timed("all of it", lambda: answer(self.index, self.encoder, file, K))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--index", required=True)
    parser.add_argument("--grown", required=True, type=Path, help="made where it is not there yet")
    parser.add_argument("--codes", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=200)
    options = parser.parse_args()
    small = PictureIndex(options.index)
    if not options.grown.exists():
        grow(small, options.grown, options.codes)
    start = time.perf_counter()
    index = PictureIndex(options.grown)
    opened = time.perf_counter() - start
    encoder = open_encoder(index)
    if not (isinstance(encoder, ImageNetEncoder) and encoder.crop):
        parser.error("--index: one that index --model imagenet --view crop has made")
    parts = Parts(index, encoder)
    drawn = random.Random(0).sample(range(len(small)), min(options.queries, len(small)))
    files = [small.path(place).read_bytes() for place in drawn]
    for file in files[:3]:
        parts.ask(file)
    parts.seconds.clear()
    for file in files:
        parts.ask(file)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{len(index):,} codes of {index.bits} bits, {len(files)} pictures; the index opened in "
          f"{opened:.1f} s; {memory:.1f} GiB at most\n")  # fmt: skip
    print("| part | p50, ms | p95, ms |\n|---|---|---|")
    for name, seconds in parts.seconds.items():
        half, most = np.percentile(1000 * np.array(seconds), (50, 95))
        print(f"| {name} | {half:.1f} | {most:.1f} |")


if __name__ == "__main__":
    main()
