"""Reading a ``.keras`` file back."""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

REGISTERING = ("layers", "losses", "metrics")


def load_model(
    path: str | Path, custom_objects: Mapping[str, Any] | None = None, compile: bool = True
) -> tf.keras.Model:
    """``tf.keras.models.load_model`` once this package's layers, losses and metrics are known.

    They register on import, and names here load only when used.

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
    for room in REGISTERING:
        module = importlib.import_module(f"tfretrieval.{room}")
        for name in getattr(module, "__all__", ()):
            getattr(module, name)
    return tf.keras.models.load_model(path, custom_objects=custom_objects, compile=compile)
