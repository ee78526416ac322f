"""What the tests of sketch retrieval share: four classes of tiny pictures, and tiny networks."""

import csv

import numpy as np
import tensorflow as tf
from PIL import Image

import tfretrieval
from recipes.common.recipe import opened
from recipes.sketchy_mems import RECIPE, Config
from tfretrieval.layers import DomainAwareSqueezeExcite, SqueezeExcite
from tfretrieval.run_folder import RunFolder

SMALL = {
    "dataset": "folder",
    "image_size": 16,
    "width": 4,
    "weights": "none",
    "trained_network": "resnet18",
    "embedding": 6,
    "epochs": 2,
    "per_domain": 4,
    "learning_rate": 0.01,
    "bit_lengths": (8, 16),
    "code_steps": 5,
}


def write_table(folder, domains=True, gallery=(0, 1, 2, 3)):
    """Grey sketches and coloured photos of four classes, the last unseen, as a CSV file."""
    generator = np.random.default_rng(0)
    rows = []
    for label in range(4):
        colour = generator.uniform(0, 255, 3)
        parts = [("sketch", "train", 6)] * (label < 3) + [("sketch", "test", 3)]
        parts += [("photo", "train" if label < 3 else "database", 5)] * (label in gallery)
        for kind, part, count in parts:
            for number in range(count):
                pixels = colour + generator.normal(0, 40, (20, 20, 3))
                if kind == "sketch":
                    pixels = np.repeat(pixels.mean(axis=2, keepdims=True), 3, axis=2)
                path = folder / f"{kind}-{part}-{label}-{number}.png"
                Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)
                rows.append([path.name, f"class {label}", part, int(kind == "photo")])
    with open(folder / "table.csv", "w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["path", "label", "split", "domain"][: 3 + domains])
        table.writerows(row[: 3 + domains] for row in rows)
    return folder / "table.csv"


def small_networks(patch):
    """One convolution and one gate in place of the ResNets."""

    def plain(input_shape, width, **options):
        image = tf.keras.Input(input_shape, name="image")
        return tf.keras.Model(image, convolved(image, width))

    def gated(input_shape, width, depth, domain_aware=False, **options):
        image = tf.keras.Input(input_shape, name="image")
        x = convolved(image, width)
        if not domain_aware:
            return tf.keras.Model(image, SqueezeExcite(name="stage1_block1_se")(x))
        domain = tf.keras.Input((), dtype="int32", name="domain")
        x = DomainAwareSqueezeExcite(name="stage1_block1_dase")([x, domain])
        return tf.keras.Model({"image": image, "domain": domain}, x)

    def convolved(image, width):
        x = tf.keras.layers.Rescaling(1 / 255)(image)
        return tf.keras.layers.Conv2D(width, 3, strides=4)(x)

    patch.setattr(tfretrieval.backbones, "resnet18", plain)
    patch.setattr(tfretrieval.backbones, "se_resnet", gated)


def open_tiny(table, folder, **settings):
    """A run on the table."""
    config = Config(data_dir=str(table), **{**SMALL, **settings})
    return opened(config, RunFolder(folder, config), RECIPE.load, RECIPE.check)
