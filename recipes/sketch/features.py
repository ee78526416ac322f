"""Features of a picture and its mirror image, and of a class."""

from typing import Any

import numpy as np
import tensorflow as tf

from data_pipelines import steps
from recipes.common import session
from recipes.common.opened import Opened
from recipes.sketch.data import SketchData
from recipes.sketch.settings import SketchSettings


def seen_by(model: tf.keras.Model, inputs: dict[str, tf.Tensor]) -> Any:
    """What of picture and domain a model reads."""
    return inputs if isinstance(model.input, dict) else inputs["image"]


def embed(
    opened: Opened[SketchSettings, SketchData], name: str, encoder: tf.keras.Model
) -> np.ndarray:
    """Features of every picture and of its mirror image, float32 ``[N, 2, D]``."""
    config, records = opened.config, opened.data.records

    def compute() -> dict[str, np.ndarray]:
        print(f"{name}: features of {len(records)} pictures", flush=True)
        batches = steps.mirrored_batches(
            records,
            np.arange(len(records)),
            image_size=config.image_size,
            batch_size=config.batch_size,
        )
        features = encoder.predict(
            batches.map(lambda inputs: seen_by(encoder, inputs)), verbose=session.verbosity()
        )
        return {"features": features.reshape(len(records), 2, -1)}

    return opened.folder.step(f"{name}/features", compute)["features"]


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
