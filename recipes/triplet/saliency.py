"""Who looks at the pictures, what is kept of them, and how well that meets the true boxes."""

from __future__ import annotations

import functools
import os
import zipfile

import numpy as np
import tensorflow as tf

import tfretrieval as tfr
from data_pipelines import steps
from data_pipelines.view import View
from recipes.common.cli import ConfigError, require
from recipes.common.data import Divided
from recipes.common.networks import BACKBONES
from recipes.common.opened import Opened
from recipes.common.report import Column, Figure, Key, Table
from recipes.triplet.settings import SaliencySettings, TripletSettings
from tfretrieval.backbones import networks
from tfretrieval.evaluation import Localization, centre_boxes, localization
from tfretrieval.saliency import ClassActivationLocalizer, Localizer

PRETRAINED = BACKBONES
# What Keras raises, by version and format, for a file that is not what it should be.
_LOAD_ERRORS = (AttributeError, KeyError, OSError, TypeError, ValueError, zipfile.BadZipFile)


def pretrains(name: str) -> bool:
    """Whether a saliency network is one of the kit's or of Keras's, not of this run or a file."""
    return name in PRETRAINED or networks.is_application(name)


@functools.lru_cache(maxsize=1)
def pretrained(config: SaliencySettings) -> Localizer | None:
    """The saliency network of a configuration, ``None`` where it is to be trained first (stage1).

    Raises:
        ConfigError: an unknown network, a file or weights that are not there or cannot be loaded,
            a layer that is no map, no classifier where class maps are asked for, or a setting that
            this network does not have.
    """
    name, weights = config.saliency_network, config.saliency_weights
    require(
        config.saliency_maps == "sum" or config.saliency_layer is None,
        "--saliency-maps class takes the map that is pooled: leave --saliency-layer out",
    )
    require(
        pretrains(name) or weights == "imagenet",
        f"--saliency-weights is for {', '.join(PRETRAINED)}: leave it out, the weights of {name} "
        "are its own",
    )
    if name == "stage1":
        check_layer(config, config.saliency_maps)
        return None
    require(
        pretrains(name) or os.path.isfile(name),
        f"--saliency-network must be stage1, {', '.join(PRETRAINED)}, a name of "
        f"tf.keras.applications or a .keras file, got {name!r}",
    )
    try:
        if not pretrains(name):
            network = tfr.models.load_model(name)
        else:
            known = networks.network(name)
            side = known.size
            network = known.build(
                (side, side, 3),
                weights=None if weights == "none" else weights,
                download=config.download,
            )
    except _LOAD_ERRORS as error:
        of = "" if not pretrains(name) or weights == "none" else f", weights {weights}"
        raise ConfigError(f"--saliency-network {name}{of}: {_first_line(error)}") from error
    return localizer(network, config, config.saliency_maps)


def check_layer(config: TripletSettings, maps: str = "sum") -> None:
    """Tells a wrong layer of a ResNet18 that is to be trained first, before it is trained.

    Raises:
        ConfigError: as :func:`localizer`.
    """
    backbone = tfr.backbones.resnet18((config.image_size, config.image_size, 3), config.width)
    localizer(tfr.models.classifier(backbone, 2), config, maps)


def localizer(network: tf.keras.Model, config: TripletSettings, maps: str = "sum") -> Localizer:
    """Who looks: a layer of a network, or for ``maps="class"`` its class-activation maps.

    Raises:
        ConfigError: a layer that is no map, or no classifier where class maps are asked for.
    """
    try:
        if maps == "class":
            return ClassActivationLocalizer(network, grey=config.grey)
        return Localizer(network, config.saliency_layer, config.grey)
    except ValueError as error:
        raise ConfigError(f"saliency network: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def localizations(regions: dict[str, np.ndarray], data: Divided) -> dict[str, Localization]:
    """How well boxes of the queries meet the true ones, beside the whole picture and the centre
    70 % box. Empty where the data have no boxes.
    """
    truth, part = data.records.boxes, data.query
    if truth is None:
        return {}
    n = len(truth)
    rows = {**regions, "whole picture": centre_boxes(n, 1), "centre 70 %": centre_boxes(n)}
    return {name: localization(boxes[part], truth[part]) for name, boxes in rows.items()}


def best_alpha(
    opened: Opened[TripletSettings, Divided],
    classifier: tf.keras.Model,
    views: dict[float | str, View],
) -> float | str:
    """The alpha whose crops of the held-out pictures a classifier tells best.

    The classifier was trained on whole pictures; random crops were its augmentation, so crops are
    no strangers to it. The measure is its mean cross-entropy: no true box and no query enters.
    """
    config, data = opened.config, opened.data

    def losses() -> dict[str, float]:
        measured = {}
        for alpha, tried in views.items():
            batches = steps.eval_batches(
                data.records,
                data.held_out,
                image_size=config.image_size,
                batch_size=config.batch_size,
                boxes=tried.boxes,
                masks=tried.masks,
            )
            logits = classifier.predict(batches.map(lambda image, label: image), verbose=0)
            loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
            measured[str(alpha)] = float(loss(data.records.labels[data.held_out], logits))
        return measured

    measured = opened.folder.step("alpha", losses)
    return min(views, key=lambda alpha: float(measured[str(alpha)]))


LOCALIZATION_NOTE = "Over the queries: {}"
LOCALIZATION_COLUMNS = {
    "mean IoU": "mean_iou",
    "IoU > 0.5": "share_above_half",
    "object covered": "object_covered",
    "box area": "area",
}
"""Column -> field of :class:`tfretrieval.evaluation.Localization`."""


def localization_figures(found: Localization) -> dict[str, Figure]:
    """The figures of :data:`LOCALIZATION_COLUMNS`."""
    return {name: getattr(found, field) for name, field in LOCALIZATION_COLUMNS.items()}


def localization_table(title: str, found: dict[str, Localization], notes: Key = ()) -> Table:
    """How well boxes meet the true ones; for data without them only the notes."""
    definition = [LOCALIZATION_NOTE.format(row.definition) for row in found.values()][:1]
    return Table(
        title,
        ("box",),
        tuple(map(Column, LOCALIZATION_COLUMNS)),
        {(name,): localization_figures(row) for name, row in found.items()},
        (*notes, *(definition or ["The data have no true boxes."])),
    )


def described(localizer: Localizer, region: str) -> str:
    """Which map makes which region, in a line."""
    identity = localizer.identity
    channels = {
        "sum": "sum of the channels",
        "class": "channels weighted by the predicted class",
    }[localizer.reduction]
    return (
        f"Map: {identity['network']} at {identity['image_size']} pixels, layer "
        f"{identity['layer']}, {channels}, {identity['grey']}; region {region}, largest connected "
        "component."
    )
