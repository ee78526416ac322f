"""Which part of every picture a network sees: all of it, or what a saliency network points at."""

from __future__ import annotations

import dataclasses
import os
import zipfile

import numpy as np
import tensorflow as tf

import tfretrieval as tfr
from data_pipelines import saliency_table, steps
from data_pipelines.saliency_table import SaliencyTable
from recipes.common.cli import ConfigError, require
from recipes.common.data import Experiment
from recipes.common.run_folder import RunFolder, RunFolderError, difference
from tfretrieval.evaluation import Localization, centre_boxes, localization
from tfretrieval.saliency import ClassActivationLocalizer, Localizer

# Name -> input size that the paper gives, or that the network was trained at.
PRETRAINED = {"inception_resnet_v2": 299, "inception_v3": 299, "resnet18": 224}
# What Keras raises, by version and format, for a file that is not what it should be.
_LOAD_ERRORS = (AttributeError, KeyError, OSError, TypeError, ValueError, zipfile.BadZipFile)


@dataclasses.dataclass(frozen=True, eq=False)
class View:
    """The part of every picture that a network sees, the same in training, database, queries and
    export.

    Attributes:
        boxes: float32 ``[N, 4]``, cut out; ``None`` for whole pictures.
        masks: bool ``[N, m, m]``, what keeps its colours; ``None`` for all.
        maps: uint8 ``[N, h, w]`` of who looked, and ``found``, the boxes of what was kept, whatever
            the region; ``None`` for whole pictures.
        localizer: who looked, with ``alpha`` and ``region``; ``None`` for whole pictures.
    """

    boxes: np.ndarray | None = None
    masks: np.ndarray | None = None
    maps: np.ndarray | None = None
    found: np.ndarray | None = None
    localizer: Localizer | None = None
    alpha: float | str = 0.4
    region: str = "box"


WHOLE = View()


def pretrained(config) -> Localizer | None:
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
        name in PRETRAINED or weights == "imagenet",
        f"--saliency-weights is for {', '.join(PRETRAINED)}: leave it out, the weights of {name} "
        "are its own",
    )
    if name == "stage1":
        check_layer(config, config.saliency_maps)
        return None
    require(
        name in PRETRAINED or os.path.isfile(name),
        f"--saliency-network must be stage1, {', '.join(PRETRAINED)} or a .keras file, "
        f"got {name!r}",
    )
    try:
        if name not in PRETRAINED:
            network = tfr.models.load_model(name)
        else:
            size = (PRETRAINED[name], PRETRAINED[name], 3)
            network = getattr(tfr.backbones, name)(
                size, weights=None if weights == "none" else weights, download=config.download
            )
    except _LOAD_ERRORS as error:
        of = "" if name not in PRETRAINED or weights == "none" else f", weights {weights}"
        raise ConfigError(f"--saliency-network {name}{of}: {_first_line(error)}") from error
    return localizer(network, config, config.saliency_maps)


def check_layer(config, maps: str = "sum") -> None:
    """Tells a wrong layer of a ResNet18 that is to be trained first, before it is trained.

    Raises:
        ConfigError: as :func:`localizer`.
    """
    backbone = tfr.backbones.resnet18((config.image_size, config.image_size, 3), config.width)
    localizer(tfr.models.classifier(backbone, 2), config, maps)


def localizer(network: tf.keras.Model, config, maps: str = "sum") -> Localizer:
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


def look(
    localizer: Localizer, config, experiment: Experiment, folder: RunFolder, name: str = "maps"
) -> SaliencyTable:
    """The table of small maps of all pictures, ``saliency/<name>.npz`` of the run.

    Raises:
        RunFolderError: the run began with another saliency network. Its table is no longer enough:
            networks have been trained on its regions.
    """
    path, known = folder / f"saliency/{name}.npz", f"saliency/{name}.json"
    now = localizer.identity
    if not (folder / known).exists():
        folder.write_json(known, now)
    if told := difference(folder.read_json(known), now):
        raise RunFolderError(
            f"{folder.path} began with another saliency network ({told}): choose another --run-dir"
        )
    return saliency_table.look(
        localizer, experiment.data.records, path, batch_size=config.batch_size
    )


def view(localizer: Localizer, table: SaliencyTable, alpha: float | str, region: str) -> View:
    """What alpha and region make of a table."""
    boxes, masks = table.regions(alpha, region)
    found = table.regions(alpha, "box")[0] if boxes is None else boxes
    return View(boxes, masks, table.maps, found, localizer, alpha, region)


def localizations(
    regions: dict[str, np.ndarray], experiment: Experiment, part: np.ndarray
) -> dict[str, Localization]:
    """How well boxes meet the true ones, beside the whole picture and the centre 70 % box.

    Empty where the data have no boxes.
    """
    truth = experiment.data.records.boxes
    if truth is None:
        return {}
    n = len(truth)
    rows = {**regions, "whole picture": centre_boxes(n, 1), "centre 70 %": centre_boxes(n)}
    return {name: localization(boxes[part], truth[part]) for name, boxes in rows.items()}


def best_alpha(
    classifier: tf.keras.Model,
    views: dict[float | str, View],
    config,
    experiment: Experiment,
    folder: RunFolder,
) -> float | str:
    """The alpha whose crops of the held-out pictures a classifier tells best.

    The classifier was trained on whole pictures; random crops were its augmentation, so crops are
    no strangers to it. The measure is its mean cross-entropy: no true box and no query enters.
    """
    held_out = experiment.held_out

    def losses():
        measured = {}
        for alpha, tried in views.items():
            batches = steps.eval_batches(
                experiment.data.records,
                held_out,
                image_size=config.image_size,
                batch_size=config.batch_size,
                boxes=tried.boxes,
                masks=tried.masks,
            )
            logits = classifier.predict(batches.map(lambda image, label: image), verbose=0)
            loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
            measured[str(alpha)] = float(loss(experiment.data.records.labels[held_out], logits))
        return measured

    measured = folder.step("alpha", losses)
    return min(views, key=lambda alpha: float(measured[str(alpha)]))
