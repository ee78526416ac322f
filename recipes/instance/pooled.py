"""What a frozen network says of pictures, once, for every loss and seed that trains behind it."""

from __future__ import annotations

import dataclasses

import numpy as np
import tensorflow as tf

import tfretrieval as tfr
from data_pipelines.instance_catalogue import InstanceData
from data_pipelines.kept import kept
from data_pipelines.records import Records
from recipes.common import frozen
from recipes.common.opened import Opened
from recipes.instance import descriptors
from recipes.instance.settings import FULL, InstanceSettings
from tfretrieval.models.descriptor import SCALES


@dataclasses.dataclass(frozen=True, eq=False)
class Pooled:
    """Pooled features of a frozen network, of every picture at every scale.

    Attributes:
        network: from pictures of any size to features, ``[B, scales, C]``.
        name: of the network and its pooling.
    """

    config: InstanceSettings
    network: tf.keras.Model
    name: str
    _found: dict[tuple[Records, int, bool], np.ndarray] = dataclasses.field(
        default_factory=dict, init=False
    )

    def of(self, records: Records, long_side: int, boxes: np.ndarray | None = None) -> np.ndarray:
        """Of all pictures, float32 ``[N, scales, C]``, kept for other runs.

        Args:
            boxes: those of the records, or None for whole pictures.

        Every epoch asks for those of the training pictures: they are looked up once.
        """

        def compute() -> dict[str, np.ndarray]:
            print(f"{self.name}: {len(records)} pictures", flush=True)
            found = descriptors.describe(self.config, self.network, records, long_side, boxes)
            return {"pooled": found}

        # By identity: records, and the boxes that are theirs, are never changed.
        key = records, long_side, boxes is None
        if key not in self._found:
            told = f"{self.name}, {long_side} pixels at most, scales {SCALES}"
            depends = frozen.depends_on(self.config, records, told, self.network, boxes=boxes)
            self._found[key] = kept("pooled", depends, compute)["pooled"]
        return self._found[key]

    def input(self) -> tf.keras.Model:
        """What stands in for the network: a map of one cell, the pooled features."""
        return frozen.stand_in(np.empty((0, 1, 1, self.network.output_shape[-1])))

    def describe(
        self,
        model: tf.keras.Model,
        records: Records,
        long_side: int,
        boxes: np.ndarray | None = None,
        indices: np.ndarray | None = None,
    ) -> np.ndarray:
        """Descriptors of pictures, float32 ``[n, D]``.

        Args:
            model: from features of one scale or of all of them, ``[B, scales, 1, C]``.
        """
        found = self.of(records, long_side, boxes)
        chosen = found if indices is None else found[indices]
        return np.asarray(model.predict(chosen[:, : model.input_shape[1], None], verbose=0))

    def multi_scale(self, encoder: tf.keras.Model) -> tf.keras.Model:
        """Descriptors averaged over the scales, as ``tfretrieval.models.multi_scale`` does on
        pictures."""
        features = tf.keras.Input((len(SCALES), 1, encoder.input_shape[-1]), name="image")
        each = [encoder(features[:, at : at + 1]) for at in range(len(SCALES))]
        mean = tfr.layers.PowerMean(dtype="float32")(each)
        unit = tf.keras.layers.UnitNormalization(dtype="float32")
        return tf.keras.Model(features, unit(mean))


def look(opened: Opened[InstanceSettings, InstanceData], encoder: tf.keras.Model) -> Pooled | None:
    """What a frozen network says of pictures; None where all of it is trained.

    Args:
        encoder: the whole descriptor network.
    """
    config = opened.config
    if config.training == FULL:
        return None
    pooled = tf.keras.Model(encoder.input, encoder.get_layer("pooled").output)
    images = tf.keras.Input((None, None, 3), name="image")
    scales = [
        tf.keras.layers.Reshape((1, -1))(
            pooled(images if s == 1 else tfr.layers.Rescale(s)(images))
        )
        for s in SCALES
    ]
    network = tf.keras.Model(images, tf.keras.layers.Concatenate(axis=1)(scales))
    return Pooled(config, network, f"{config.backbone}, {config.pooling}")
