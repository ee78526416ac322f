"""How hard are the drawn birds? Two numbers, each with its definition.

    python -m benchmarks.drawn_birds_difficulty [--epochs 28] [--width 16] [--pixels 128]

The band: nearest neighbour on colour histograms under 30 % accuracy, and the codes of a narrow
ResNet18 trained with cross-entropy between 35 and 65 mAP. Pictures come straight from the artist,
without JPEG.
"""

import argparse
import time

import numpy as np
import tensorflow as tf
from PIL import Image

from data_pipelines.builders import DrawnBirdsConfig
from tfretrieval.backbones import resnet18
from tfretrieval.evaluation import hamming_retrieval

Part = tuple[np.ndarray, np.ndarray]


def draw_part(config: DrawnBirdsConfig, part: str, pixels: int) -> Part:
    """Pictures uint8 ``[N, pixels, pixels, 3]`` and labels int32 ``[N]`` of a part."""
    artist, images, labels = config.artist(), [], []
    for name, label, number in config.pictures(part):
        full = Image.fromarray(artist.draw(name, label, number).pixels)
        images.append(np.asarray(full.resize((pixels, pixels), Image.Resampling.BILINEAR)))
        labels.append(label)
    return np.stack(images), np.array(labels, np.int32)


def histogram_accuracy(train: Part, test: Part) -> float:
    """Accuracy of the L1 nearest neighbour on RGB histograms of 8 x 8 x 8 cells."""

    def histograms(images: np.ndarray) -> np.ndarray:
        coarse = images.astype(np.int64) // 32
        cells = (coarse[..., 0] * 64 + coarse[..., 1] * 8 + coarse[..., 2]).reshape(len(images), -1)
        return np.stack([np.bincount(row, minlength=512) for row in cells]).astype(np.float32)

    database = histograms(train[0])
    nearest = [np.abs(database - query).sum(1).argmin() for query in histograms(test[0])]
    return float((train[1][nearest] == test[1]).mean())


def code_network(pixels: int, width: int, bits: int, classes: int) -> tf.keras.Model:
    """ResNet18, global average pooling, Dense(bits) with tanh, Dense(classes)."""
    backbone = resnet18((pixels, pixels, 3), width=width)
    features = tf.keras.layers.GlobalAveragePooling2D()(backbone.output)
    codes = tf.keras.layers.Dense(bits, activation="tanh", name="codes")(features)
    logits = tf.keras.layers.Dense(classes, name="logits")(codes)
    return tf.keras.Model(backbone.input, logits)


def batches(images: np.ndarray, labels: np.ndarray, pixels: int, seed: int) -> tf.data.Dataset:
    """Shuffled batches of 32, mirrored at random and shifted by up to an eighth of the side."""
    pad = pixels // 8

    def augment(image: tf.Tensor, label: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        image = tf.pad(image, [[pad, pad], [pad, pad], [0, 0]], "REFLECT")
        image = tf.image.random_crop(image, [pixels, pixels, 3])
        return tf.cast(tf.image.random_flip_left_right(image), tf.float32), label

    data = tf.data.Dataset.from_tensor_slices((images, labels)).shuffle(len(images), seed=seed)
    return data.map(augment, 2).batch(32, drop_remainder=True).prefetch(2)


def train_codes(train: Part, test: Part, args: argparse.Namespace) -> tuple[float, float]:
    """Train under cross-entropy; returns Hamming mAP test -> train, and test accuracy."""
    classes = int(train[1].max()) + 1
    model = code_network(args.pixels, args.width, args.bits, classes)
    data = batches(*train, args.pixels, args.seed)
    steps = args.epochs * len(data)
    rate = tf.keras.optimizers.schedules.CosineDecay(args.learning_rate, steps)
    model.compile(
        tf.keras.optimizers.Adam(rate),
        tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )
    model.fit(data, epochs=args.epochs, verbose=2)
    both = tf.keras.Model(model.input, [model.get_layer("codes").output, model.output])
    codes, logits = both.predict(test[0].astype(np.float32), batch_size=64, verbose=0)
    database, _ = both.predict(train[0].astype(np.float32), batch_size=64, verbose=0)
    result = hamming_retrieval(codes, test[1], database, train[1])
    print(result.definition)
    return result.mean_average_precision, float((logits.argmax(1) == test[1]).mean())


def main() -> None:
    """Draw, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--epochs", type=int, default=28)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--bits", type=int, default=64)
    parser.add_argument("--pixels", type=int, default=128)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    tf.keras.utils.set_random_seed(args.seed)

    config = DrawnBirdsConfig(name="demo")
    start = time.process_time()
    train, test = (draw_part(config, part, args.pixels) for part in ("train", "test"))
    count = len(train[0]) + len(test[0])
    each = 1000 * (time.process_time() - start) / count
    print(f"{each:.1f} ms CPU a picture ({count} of {config.size} pixels)")

    accuracy = 100 * histogram_accuracy(train, test)
    print(f"colour histograms: {accuracy:.1f} % accuracy (band: under 30)")
    print("  8 x 8 x 8 RGB cells, L1 nearest neighbour, queries test, database train")

    start = time.perf_counter()
    score, accuracy = train_codes(train, test, args)
    seconds = time.perf_counter() - start
    print(f"cross-entropy codes: {100 * score:.1f} mAP (band: 35 to 65), {seconds:.0f} s")
    print(
        f"  ResNet18 width {args.width}, {args.pixels} pixels, {args.bits} bits, {args.epochs} "
        f"epochs from scratch, seed {args.seed}; classifier {100 * accuracy:.1f} % accuracy on test"
    )


if __name__ == "__main__":
    main()
