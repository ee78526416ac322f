"""What some rows read in place of features: hand-made descriptors, selected maps, pooled stages.

All see what the network sees of every picture, once, and are kept in the cache folder.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf
from tqdm.auto import tqdm

from data_pipelines.kept import kept, pictures
from data_pipelines.view import View
from recipes import common
from recipes.common.data import Divided
from recipes.common.heads import Arrays
from recipes.common.opened import Opened
from recipes.comparison.methods import HAND_MADE, SELECTED, STAGES
from recipes.comparison.settings import ComparisonSettings
from tfretrieval.hand_made import colour_histograms, histograms_of_gradients
from tfretrieval.layers import SCDA, SPoC
from tfretrieval.saliency import stages

# Pixels of a side: 8 x 8 cells of 16, whatever the network's size.
SIDE = 128


def descriptors(
    opened: Opened[ComparisonSettings, Divided], classifier: tf.keras.Model, view: View
) -> Mapping[str, Callable[[], Arrays]]:
    """By what a method reads: float32 ``descriptors`` of all pictures ``[N, D]`` and the
    ``seconds`` of their pass, computed when they are asked for.

    Args:
        classifier: of stage 1, whose last map is the selected one.
    """
    return {
        HAND_MADE: lambda: hand_made(opened, view),
        SELECTED: lambda: of_the_network(opened, classifier, view, SELECTED),
        STAGES: lambda: of_the_network(opened, classifier, view, STAGES),
    }


def read(classifier: tf.keras.Model, reads: str = "") -> tf.Tensor:
    """What is read of a classifier, symbolic ``[B, D]``: its pooled features, SCDA of the map that
    it pools, or the means of the maps that end its stages, the shallow ones first."""
    features = classifier.get_layer("features")
    if reads == SELECTED:
        return SCDA(dtype="float32")(features.input)
    if reads == STAGES:
        pooled = [SPoC(dtype="float32")(maps) for maps in _ends(classifier)]
        return tf.keras.layers.Concatenate()(pooled) if len(pooled) > 1 else pooled[0]
    return features.output


def _ends(classifier: tf.keras.Model) -> list[tf.Tensor]:
    """The maps that end its stages, or the pooled one alone where a network tells none apart."""
    last = classifier.get_layer("features").input
    backbone = tf.keras.Model(common.training.image_input(classifier), last)
    return [backbone.get_layer(name).output for name in stages(backbone)] or [last]


def hand_made(opened: Opened[ComparisonSettings, Divided], view: View) -> Arrays:
    """Gradients and colours, each of length one, side by side: their cosine is the mean of both."""

    def describe(images: tf.Tensor) -> tf.Tensor:
        gradients = tf.math.l2_normalize(histograms_of_gradients(images), axis=1)
        return tf.concat([gradients, colour_histograms(images)], axis=1)

    depends_on = {
        "pictures": pictures(opened.data.records),
        "descriptor": f"HOG and colours of {SIDE} pixels, {tf.__version__}",
        **{name: one for name, one in view.shown.items() if one is not None},
    }
    compute = functools.partial(_described, opened, view, SIDE, tf.function(describe))
    return kept("hand-made", depends_on, compute)


def of_the_network(
    opened: Opened[ComparisonSettings, Divided], classifier: tf.keras.Model, view: View, reads: str
) -> Arrays:
    """What :func:`read` reads of a classifier, and of pooled stages their widths, ``parts``."""
    config = opened.config
    image = common.training.image_input(classifier)
    network = tf.keras.Model(image, read(classifier, reads))
    told = f"{reads}, {config.network}, {config.image_size} pixels"
    depends_on = common.frozen.depends_on(config, opened.data.records, told, network, **view.shown)
    compute = functools.partial(
        _described, opened, view, config.image_size, network.predict_on_batch
    )
    found = kept(reads, depends_on, compute)
    widths = [maps.shape[-1] for maps in _ends(classifier)] if reads == STAGES else []
    return {**found, "parts": np.array(widths, int)}


def _described(
    opened: Opened[ComparisonSettings, Divided],
    view: View,
    side: int,
    describe: Callable[[tf.Tensor], tf.Tensor],
) -> Arrays:
    batches = common.training.seen(opened, view, image_size=side)
    start = time.monotonic()
    total = -(-len(opened.data.records) // opened.config.batch_size)
    shown = tqdm(batches, total=total, desc="descriptors", disable=None)
    found = [np.asarray(describe(images), np.float32) for images in shown]
    return {"descriptors": np.concatenate(found), "seconds": time.monotonic() - start}
