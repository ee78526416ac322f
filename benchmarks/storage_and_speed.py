"""Faster retrieval, less storage: what a code costs and loses beside the features it stands for.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python -m benchmarks.storage_and_speed \
        --dataset caltech_birds2011 --data-dir DATA

EfficientNet-Lite0 with ImageNet's weights sees every whole picture once. Its pooled features are
compared by cosine, as float32 and float16; codes of 16 to 512 bits are the signs of a tanh layer on
them (ArcFace, 30 epochs, as docs/numbers/comparison.md found it), of PCA-ITQ, which reads no label,
and of random hyperplanes. A shortlist of the 100 nearest codes is put in order by the float16
features, which are then kept beside the codes. Bytes are those of a picture in memory; milliseconds
those of one query for its ten nearest by NumPy, in the database as it is and in one of half a
million, the same rows again and again.
"""

import argparse
import time
from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf

import tfretrieval as tfr
from data_pipelines import catalogue, steps

LENGTHS = (16, 32, 64, 128, 256, 512)
SHORTLIST, NEAREST, TIMED = 100, 10, 20
LARGE, BLOCK = 500_000, 8192
Row = tuple[str, float, float, float, float, float, float]


def describe(data, batch_size: int = 64) -> np.ndarray:
    """Pooled features of all pictures, standardised by those that are trained on."""
    backbone = tfr.backbones.efficientnet_lite0((224, 224, 3), weights="imagenet")
    pooled = tf.keras.layers.GlobalAveragePooling2D()(backbone.output)
    network = tf.keras.Model(backbone.input, pooled)
    everything = np.arange(len(data.records))
    batches = steps.eval_batches(data.records, everything, image_size=224, batch_size=batch_size)
    features = network.predict(batches.map(lambda image, label: image), verbose=1)
    train = features[data.train]
    return (features - train.mean(axis=0)) / (train.std(axis=0) + 1e-6)


def learn(features: np.ndarray, labels: np.ndarray, train: np.ndarray, bits: int) -> np.ndarray:
    """Relaxed codes of a tanh layer, trained by ArcFace on class vectors."""
    tf.keras.utils.set_random_seed(0)
    inputs = tf.keras.Input(features.shape[1:])
    codes = tfr.layers.HashLayer(bits)(inputs)
    classes, ids = np.unique(labels[train], return_inverse=True)
    cosines = tfr.layers.CosineToCenters(len(classes))(codes)
    model = tf.keras.Model(inputs, cosines)
    loss = tfr.losses.ArcFace(margin=0.5, scale=8.0)
    model.compile(tf.keras.optimizers.Adam(3e-3), loss, jit_compile=False)
    model.fit(features[train], ids, batch_size=128, epochs=30, verbose=0)
    return tf.keras.Model(inputs, codes).predict(features, verbose=0)


def milliseconds(search: Callable[[int], object]) -> float:
    """Of one query: the median of several, one after the other."""
    search(0)
    taken = []
    for query in range(TIMED):
        began = time.perf_counter()
        search(query)
        taken.append(time.perf_counter() - began)
    return 1000 * float(np.median(taken))


def by_cosine(database: np.ndarray, queries: np.ndarray) -> Callable[[int], np.ndarray]:
    # NumPy has no fast product of float16: it is widened a block at a time.
    blocks = [database[start : start + BLOCK] for start in range(0, len(database), BLOCK)]

    def search(query: int) -> np.ndarray:
        wanted = queries[query]
        cosines = np.concatenate(
            [block.astype(np.float32, copy=False) @ wanted for block in blocks]
        )
        near = np.argpartition(cosines, -NEAREST)[-NEAREST:]
        return near[np.argsort(-cosines[near])]

    return search


def large(rows: np.ndarray) -> np.ndarray:
    return np.resize(rows, (LARGE, rows.shape[1]))


def rows(data, features: np.ndarray) -> Iterator[Row]:
    labels, query, database = data.records.labels, data.query, data.database
    wanted, known = labels[query], labels[database]
    unit = (features / np.linalg.norm(features, axis=1, keepdims=True)).astype(np.float32)
    for kind in (np.float32, np.float16):
        stored = unit[database].astype(kind)
        found = tfr.evaluation.cosine_retrieval(
            unit[query].astype(kind), wanted, stored, known, ks=(1, NEAREST)
        )
        one = by_cosine(stored, unit[query])
        many = by_cosine(large(stored), unit[query])
        yield (
            f"features, {np.dtype(kind).name}", stored.nbytes / len(stored),
            found.mean_average_precision, *found.precision_at_k.mean(axis=0),
            milliseconds(one), milliseconds(many),
        )  # fmt: skip
    half = unit.astype(np.float16)
    kept = half[database], large(half[database])
    makers = {
        "ArcFace": lambda bits: learn(features, labels, data.train, bits),
        "PCA-ITQ": lambda bits: (
            tfr.fitting.IterativeQuantization(bits, random_state=0)
            .fit(features[data.train])
            .transform(features)
        ),
        "random hyperplanes": lambda bits: tfr.fitting.random_hyperplanes(
            features, data.train, bits, seed=0
        ),
    }
    for name, make in makers.items():
        for bits in LENGTHS:
            packed = tfr.codes.pack(make(bits))
            yield from code_rows(f"{name}, {bits} bits", packed, bits, half[query], kept, data)


def code_rows(
    name: str,
    packed: np.ndarray,
    bits: int,
    asked: np.ndarray,
    kept: tuple[np.ndarray, np.ndarray],
    data,
) -> Iterator[Row]:
    """Of codes alone and of a shortlist by the features of the queries, and of both databases."""
    labels, query, database = data.records.labels, data.query, data.database
    found = tfr.evaluation.hamming_retrieval(
        packed[query], labels[query], packed[database], labels[database],
        bits=bits, ks=(1, NEAREST), stable=False,
    )  # fmt: skip
    index, many = tfr.search.HammingIndex(bits), tfr.search.HammingIndex(bits)
    index.add(packed[database])
    many.add(large(packed[database]))
    alone = [milliseconds(lambda q, i=i: i.search(packed[query[q : q + 1]], NEAREST))
             for i in (index, many)]  # fmt: skip
    size = packed.shape[1]
    mean = found.mean_average_precision
    yield (name, size, mean, *found.precision_at_k.mean(axis=0), *alone)

    _, shortlists = index.search(packed[query], SHORTLIST)
    best = np.array([tfr.search.rerank(wanted, kept[0], near)[0][:NEAREST]
                     for wanted, near in zip(asked, shortlists, strict=True)])  # fmt: skip
    right = labels[database][best] == labels[query][:, None]

    def in_order(q: int, searched: tfr.search.HammingIndex, stored: np.ndarray) -> object:
        _, near = searched.search(packed[query[q : q + 1]], SHORTLIST)
        return tfr.search.rerank(asked[q], stored, near[0])

    slower = [milliseconds(lambda q, i=i, k=k: in_order(q, i, k))
              for i, k in zip((index, many), kept, strict=True)]  # fmt: skip
    per_picture = size + kept[0].nbytes / len(kept[0])
    yield (f"{name}, shortlist by float16", per_picture, float("nan"),
           right[:, 0].mean(), right.mean(), *slower)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dataset", default="caltech_birds2011")
    parser.add_argument("--data-dir")
    options = parser.parse_args()
    data = catalogue.load(options.dataset, options.data_dir)
    features = describe(data)
    print(f"{len(data.query)} queries in {len(data.database)} pictures; {LARGE:,} for the last\n")
    names = ("", "bytes", "mAP", "R@1", "P@10", "ms", "ms in many")
    print("| " + " | ".join(names) + " |\n" + "|---" * len(names) + "|")
    for name, size, *figures in rows(data, features):
        shares = ["-" if np.isnan(f) else f"{100 * f:.1f}" for f in figures[:3]]
        times = [f"{value:.3g}" for value in figures[3:]]
        print("| " + " | ".join([name, f"{size:,.0f}", *shares, *times]) + " |", flush=True)


if __name__ == "__main__":
    main()
