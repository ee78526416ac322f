"""Pictures with several objects: losses on pairs and triplets, by how many labels answers share.

    python -m benchmarks.several_labels

Draws 2,000 pictures with one to three of six kinds of things each (the rivals of drawn_birds); what
a picture holds are its labels, known since the program put them there. EfficientNet-Lite0 with
ImageNet's weights sees each once; codes of 48 bits are the signs of one layer on its standardised
features. 500 pictures search the 1,500 that are trained on. Each loss gets one of three rates of
Adam by the weighted mAP of a tenth of the training pictures, held out, and is then trained on all
of them, with three seeds; a loss's own number is the one that docs/numbers/comparison.md found on
birds. The table stands there.
"""

import argparse
import random
from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf
from PIL import Image
from tqdm.auto import tqdm

import tfretrieval as tfr
from data_pipelines.drawn_birds.canvas import Layer, Pen
from data_pipelines.drawn_birds.objects import standing
from data_pipelines.drawn_birds.photograph import SUPERSAMPLE, photograph
from data_pipelines.drawn_birds.things import KINDS

NAMES = sorted(KINDS)
TRAIN, QUERIES, SIZE, BITS = 1500, 500, 128, 48
RATES, EPOCHS, BATCH, SEEDS = (3e-4, 1e-3, 3e-3), 30, 128, 3
HELD_OUT = TRAIN // 10
LOSSES: dict[str, Callable[[], tf.keras.losses.Loss]] = {
    "DSH": lambda: tfr.losses.DSHLoss(margin=2.0 * BITS),
    "DPSH": lambda: tfr.losses.DPSHLoss(0.1),
    "DTSH": lambda: tfr.losses.DTSHLoss(margin=BITS / 2),
    "HashNet": lambda: tfr.losses.HashNetLoss(),
    "DCH": lambda: tfr.losses.CauchyCrossEntropyLoss(gamma=60.0),
    "CSQ": lambda: tfr.losses.CentralSimilarityLoss(len(NAMES), BITS, 1e-2),
    "contrastive": lambda: tfr.losses.PairContrastiveLoss(14.0),
    "multi-similarity": lambda: tfr.losses.MultiSimilarityLoss(beta=20.0),
    "supervised contrastive": lambda: tfr.losses.SupervisedContrastiveLoss(0.3),
    "triplet, semi-hard": lambda: tfr.losses.InBatch(tfr.losses.TripletLoss(3.5), "semi-hard"),
    "adaptive triplet, all of the batch": lambda: tfr.losses.InBatch(
        tfr.losses.AdaptiveTripletLoss("batch"), "all"
    ),
}
LINEAR = ("DSH", "DPSH", "DTSH")


def draw(number: int) -> tuple[np.ndarray, np.ndarray]:
    """A picture, and which kinds it holds, 0 or 1 each."""
    dice = random.Random(f"several labels/{number}")
    canvas = SIZE * SUPERSAMPLE
    layer = Layer(Image.new("RGB", (canvas, canvas)), Image.new("L", (canvas, canvas)))
    pen = Pen(layer.paint, layer.mask)
    placed: list[tuple[complex, float]] = []
    labels = np.zeros(len(NAMES), int)
    for kind in dice.sample(NAMES, dice.randint(1, 3)):
        while True:
            reach = dice.uniform(0.13, 0.2)
            at = complex(dice.uniform(reach, 1 - reach), dice.uniform(reach, 1 - reach))
            if all(abs(at - other) > reach + radius for other, radius in placed):
                break
        placed.append((at, reach))
        KINDS[kind](dice, pen, at * canvas, reach * canvas)
        labels[NAMES.index(kind)] = 1
    at, reach = (value * canvas for value in placed[0])
    return photograph(standing(layer, at, reach), at, dice, distractors=0).pixels, labels


def train(name: str, x: np.ndarray, y: np.ndarray, rate: float, seed: int) -> tf.keras.Model:
    """The layer of a loss, from features to relaxed codes."""
    tf.keras.utils.set_random_seed(seed)
    activation = None if name in LINEAR else "tanh"
    model = tf.keras.Sequential(
        [tf.keras.Input(x.shape[1:]), tf.keras.layers.Dense(BITS, activation, dtype="float32")]
    )
    model.compile(tf.keras.optimizers.Adam(rate), LOSSES[name](), jit_compile=False)
    model.fit(x, y, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    return model


def measure(codes: np.ndarray, labels: np.ndarray, queries: np.ndarray, items: np.ndarray):
    """mAP, NDCG@100 and weighted mAP."""
    parts = codes[queries], labels[queries], codes[items], labels[items]
    graded = tfr.evaluation.graded_retrieval(*parts, ks=(100,))
    plain = tfr.evaluation.hamming_retrieval(*parts, stable=False)
    figures = (graded.mean_ndcg_at_k[0], graded.mean_weighted_average_precision)
    return np.array([plain.mean_average_precision, *figures])


def rows(x: np.ndarray, labels: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Name, and figures of each seed, ``[seeds, 3]``."""
    fit, held_out = np.arange(HELD_OUT, TRAIN), np.arange(HELD_OUT)
    everything, queries = np.arange(TRAIN), np.arange(TRAIN, TRAIN + QUERIES)
    planes = [tfr.fitting.random_hyperplanes(x, everything, BITS, seed) for seed in range(SEEDS)]
    yield "random hyperplanes", np.stack([measure(p, labels, queries, everything) for p in planes])
    turned = [
        tfr.fitting.IterativeQuantization(BITS, random_state=seed).fit(x[:TRAIN]).transform(x)
        for seed in range(SEEDS)
    ]
    yield "PCA-ITQ", np.stack([measure(t, labels, queries, everything) for t in turned])
    for name in LOSSES:
        tried = {
            rate: measure(
                train(name, x[fit], labels[fit], rate, 0).predict(x, verbose=0),
                labels, held_out, fit,
            )[2]
            for rate in RATES
        }  # fmt: skip
        rate = max(tried, key=tried.__getitem__)
        found = [
            measure(
                train(name, x[:TRAIN], labels[:TRAIN], rate, seed).predict(x, verbose=0),
                labels, queries, everything,
            )
            for seed in range(SEEDS)
        ]  # fmt: skip
        yield f"{name} (rate {rate:g})", np.stack(found)


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    drawn = [draw(number) for number in tqdm(range(TRAIN + QUERIES), desc="drawing")]
    pictures, labels = (np.stack(part) for part in zip(*drawn, strict=True))
    backbone = tfr.backbones.efficientnet_lite0((SIZE, SIZE, 3), weights="imagenet")
    pooled = tf.keras.layers.GlobalAveragePooling2D()(backbone.output)
    features = tf.keras.Model(backbone.input, pooled).predict(pictures, batch_size=64, verbose=1)
    seen = features[:TRAIN]
    x = ((features - seen.mean(axis=0)) / (seen.std(axis=0) + 1e-6)).astype("float32")
    print(f"labels a picture: {labels.sum(axis=1).mean():.2f}\n")
    print("| 48 bits | mAP | NDCG@100 | weighted mAP |\n|---|---|---|---|")
    for name, values in rows(x, labels):
        shown = [
            f"{m:.2f} ± {s:.2f}" if column == 2 else f"{100 * m:.1f} ± {100 * s:.1f}"
            for column, (m, s) in enumerate(
                zip(values.mean(axis=0), values.std(axis=0, ddof=1), strict=True)
            )
        ]
        print(f"| {name} | " + " | ".join(shown) + " |", flush=True)


if __name__ == "__main__":
    main()
