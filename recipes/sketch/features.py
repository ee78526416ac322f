"""Features of a picture and its mirror image, and of a class."""

from typing import Any

import numpy as np
import tensorflow as tf

from data_pipelines import steps
from data_pipelines.kept import kept
from recipes.common import frozen, session
from recipes.common.opened import Opened
from recipes.sketch.data import SketchData
from recipes.sketch.settings import SketchSettings
from tfretrieval.models.features import pooled_features


def seen_by(model: tf.keras.Model, inputs: dict[str, Any]) -> Any:
    """What of picture and domain a model reads."""
    return inputs if isinstance(model.input, dict) else inputs["image"]


def embed(
    opened: Opened[SketchSettings, SketchData],
    name: str,
    encoder: tf.keras.Model,
    maps: np.ndarray | None = None,
) -> np.ndarray:
    """Features of every picture and of its mirror image, float32 ``[N, 2, D]``.

    Args:
        maps: of a frozen network, ``[N, 2, 1, 1, C]``, where the encoder reads them.
    """
    records = opened.data.records

    def compute() -> dict[str, np.ndarray]:
        print(f"{name}: features of {len(records)} pictures", flush=True)
        if maps is None:
            return {"features": _outputs(opened, encoder).reshape(len(records), 2, -1)}
        assert records.domains is not None
        inputs = {
            "image": maps.reshape(-1, *maps.shape[2:]),
            "domain": np.repeat(records.domains, 2).astype(np.int32),
        }
        features = encoder.predict(
            seen_by(encoder, inputs), batch_size=opened.config.batch_size, verbose=0
        )
        return {"features": features.reshape(len(records), 2, -1)}

    return opened.folder.step(f"{name}/features", compute)["features"]


def pooled_maps(opened: Opened[SketchSettings, SketchData], network: tf.keras.Model) -> np.ndarray:
    """What a frozen network says of every picture and of its mirror image, kept for other runs:
    float32 ``[N, 2, 1, 1, C]``."""
    config, records = opened.config, opened.data.records
    pooled = tf.keras.Model(network.input, pooled_features(network))
    told = f"{config.frozen_network}, {config.image_size} pixels, mirrored"
    depends = frozen.depends_on(config, records, told, network, domains=records.domains)

    def compute() -> dict[str, np.ndarray]:
        print(f"{config.frozen_network}: {len(records)} pictures, mirrored too", flush=True)
        return {"maps": _outputs(opened, pooled)}

    found = kept("features", depends, compute)["maps"]
    return found.reshape(len(records), 2, 1, 1, -1)


def _outputs(opened: Opened[SketchSettings, SketchData], model: tf.keras.Model) -> np.ndarray:
    config, records = opened.config, opened.data.records
    batches = steps.mirrored_batches(
        records,
        np.arange(len(records)),
        image_size=config.image_size,
        batch_size=config.batch_size,
    )
    found = model.predict(
        batches.map(lambda inputs: seen_by(model, inputs)), verbose=session.verbosity()
    )
    return np.asarray(found, np.float32)


def unit(features: np.ndarray) -> np.ndarray:
    """Features scaled to length one; zeros stay.

    >>> unit(np.array([[3.0, 4.0], [0.0, 0.0]]))
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    length = np.linalg.norm(features, axis=-1, keepdims=True)
    return np.asarray(features / np.maximum(length, 1e-12))


def class_means(features: np.ndarray, data: SketchData) -> np.ndarray:
    """Mean feature of the training pictures of every seen class, ``[seen, D]``."""
    fit, labels = data.fit, data.records.labels
    means = features.mean(axis=1)
    return np.stack([means[fit[labels[fit] == c]].mean(axis=0) for c in data.seen_classes])
