"""Reading a ``.keras`` file back."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from tfretrieval._registered import register


def load_model(
    path: str | Path, custom_objects: Mapping[str, Any] | None = None, compile: bool = True
) -> tf.keras.Model:
    """``tf.keras.models.load_model`` once this package's layers, losses and metrics are known.

    Args:
        path: of a ``.keras`` file.
        custom_objects, compile: of ``tf.keras.models.load_model``.

    >>> import tempfile
    >>> from tfretrieval.layers import HashLayer
    >>> model = tf.keras.Sequential([tf.keras.Input((3,)), HashLayer(8)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save(f"{folder}/model.keras")
    ...     load_model(f"{folder}/model.keras").output_shape
    (None, 8)
    """
    register()
    return tf.keras.models.load_model(path, custom_objects=custom_objects, compile=compile)
