"""What the network weighs before any tuple: of a file, or of a classifier of the things."""

import numpy as np
import tensorflow as tf

import tfretrieval as tfr
from data_pipelines.instance_catalogue import InstanceData
from data_pipelines.records import Records
from data_pipelines.view import WHOLE, View
from recipes.common import networks
from recipes.common.opened import Opened
from recipes.common.settings import HashSettings
from recipes.common.training import train_classifier
from recipes.instance.settings import BEFORE, InstanceSettings
from tfretrieval.run_folder import RunFolder
from tfretrieval.workers import from_environment

PRETRAINING_BATCH = 32


def check(config: InstanceSettings) -> None:
    """Whether the backbone can start as is wanted.

    Raises:
        ConfigError: weights that are not there or do not fit.
        WorkersError: a classifier's batches that do not divide among the workers.
    """
    networks.check_weights([config.backbone], config)
    if config.weights == "none":
        from_environment().share(np.arange(PRETRAINING_BATCH), axis=0)


def starting_weights(opened: Opened[InstanceSettings, InstanceData]) -> list[np.ndarray]:
    """Of the backbone: ``--weights``, or with none those of a classifier of the training things.

    Where their boxes are known it learns from the boxes as well as from whole pictures: queries are
    cropped to theirs, the pictures that are searched are whole.
    """
    config = opened.config
    if config.weights != "none":
        return list(networks.backbone(config.backbone, config).get_weights())
    settings = HashSettings(
        dataset=config.dataset,
        image_size=config.image_size,
        width=config.width,
        weights="none",
        epochs=config.pretraining,
        batch_size=PRETRAINING_BATCH,
        # A mirror image is no view of the thing.
        flip=False,
        # A smaller part often misses the thing.
        crop_area=0.6,
        seed=config.seed,
    )
    records, view = whole_and_boxes(opened.data.train.records)

    def build() -> tf.keras.Model:
        backbone = networks.backbone(config.backbone, settings)
        return tfr.models.classifier(backbone, records.num_classes)

    inside = RunFolder(opened.folder / BEFORE, settings)
    model, _ = train_classifier(
        Opened(settings, opened.data, inside, opened.strategy),
        records,
        np.arange(len(records)),
        config.backbone,
        build,
        view,
    )
    # The classifier is built flat on its backbone, whose weights come first.
    return list(model.get_weights()[:-2])


def whole_and_boxes(records: Records) -> tuple[Records, View]:
    """Every picture as it is and, where its box is known, cut out: the pictures of both, and what
    is seen of each."""
    if records.boxes is None:
        return records, WHOLE
    whole = np.tile(np.array([0, 0, 1, 1], np.float32), (len(records), 1))
    twice = Records(
        ids=np.concatenate([records.ids, np.char.add(records.ids, ", its box")]),
        labels=np.tile(records.labels, 2),
        class_names=records.class_names,
        paths=None if records.paths is None else np.tile(records.paths, 2),
        blobs=None if records.blobs is None else 2 * records.blobs,
    )
    return twice, View(np.concatenate([whole, records.boxes]))
