"""What the tests of instance retrieval share: tiny pictures of things, and a tiny network."""

import hashlib

import numpy as np
import tensorflow as tf
from PIL import Image

import tfretrieval
from data_pipelines.instance_catalogue import InstanceData
from data_pipelines.instances import InstanceBenchmark, InstancePairs
from data_pipelines.records import Records
from recipes.common.recipe import opened
from recipes.instance import data as instance_data
from recipes.sfm_lrml import RECIPE, Config
from tests.data_pipelines.pictures import encode
from tfretrieval.evaluation import revisited
from tfretrieval.run_folder import RunFolder

SMALL = {
    "dataset": "drawn_instances/demo",
    "benchmarks": (),
    "backbone": "resnet18",
    "image_size": 24,
    "long_side": 24,
    "width": 6,
    "weights": "none",
    "pretraining": 1,
    "epochs": 2,
    "queries": 6,
    "pool": 24,
    "batch_size": 3,
    "negatives": 3,
    "neighbours": 2,
    "learning_rate": 0.01,
}


def things(labels, seed, boxes=False):
    """Pictures of things that differ in a pattern of colours."""
    generator = np.random.default_rng(seed)
    patterns = generator.uniform(0, 255, (max(labels) + 1, 3, 3, 3))
    blobs = []
    for label in labels:
        noisy = patterns[label] + generator.normal(0, 60, (3, 3, 3))
        small = Image.fromarray(noisy.clip(0, 255).astype(np.uint8))
        blobs.append(encode(small.resize((24, 24)), "PNG"))
    return Records(
        ids=[f"{seed}-{i:03d}.png" for i in range(len(labels))],
        labels=labels,
        class_names=tuple(f"thing {i}" for i in range(max(labels) + 1)),
        blobs=blobs,
        digests=[hashlib.sha256(blob).hexdigest() for blob in blobs],
        boxes=np.tile(np.float32([0, 0, 1, 0.9]), (len(labels), 1)) if boxes else None,
    )


def pairs_of(name, records):
    same = records.labels[:, None] == records.labels
    np.fill_diagonal(same, False)
    return InstancePairs(name, records, np.argwhere(same))


def small_data():
    database = things([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 4, 5], seed=2)
    truth = [[4 * q + offset for q in range(3)] for offset in range(4)]
    easy, hard, junk = ([[i] for i in truth[k]] for k in (0, 1, 2))
    return InstanceData(
        pairs_of("train", things(np.repeat(np.arange(6), 4).tolist(), seed=0)),
        pairs_of("val", things(np.repeat(np.arange(5), 3).tolist(), seed=1)),
        (
            InstanceBenchmark(
                "drawn",
                database,
                things([0, 1, 2], seed=3, boxes=True),
                revisited(easy, hard, junk),
            ),
        ),
    )


def small_world(patch):
    """The data above by any name, and one convolution in place of the ResNet18."""

    def build(input_shape, width, **options):
        x = inputs = tf.keras.Input(input_shape, name="image")
        x = tf.keras.layers.Rescaling(1 / 255)(x)
        x = tf.keras.layers.Conv2D(width, 3, strides=4, name="conv")(x)
        x = tf.keras.layers.BatchNormalization(name="map")(x)
        return tf.keras.Model(inputs, x, name="small")

    patch.setattr(tfretrieval.backbones, "resnet18", build)
    patch.setattr(instance_data, "load_instances", lambda *names: small_data())


def open_tiny(folder, **settings):
    """A run on these data."""
    config = Config(**{**SMALL, **settings})
    return opened(config, RunFolder(folder, config), RECIPE.load, RECIPE.check)
