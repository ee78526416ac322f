"""A hash encoder as a LiteRT file, for phones and small computers."""

from __future__ import annotations

import contextlib
import os
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tfretrieval.export._frozen import Arrays, Feed, Frozen, Run, batches, check, freeze
from tfretrieval.files import writing

# How the converter names what LiteRT cannot do.
_UNKNOWN = re.compile(r"'tf\.(\w+)' op is neither")


def export_litert(
    encoder: tf.keras.Model,
    path: str | os.PathLike[str],
    calibration: Any = None,
    batch_size: int = 1,
) -> None:
    """Writes an encoder as a ``.tflite`` file from pixels to packed code.

    Its signature reads ``images``, float32 ``[B, S, S, 3]`` in [0, 255], or what the encoder reads
    by name; it returns ``packed``, uint8 ``[B, ceil(bits / 8)]`` (first bit = most significant),
    and ``codes``, float32 ``[B, bits]``. Decoding, cropping and resizing are not in it:
    :func:`tfretrieval.images.load` is what the pixels of a run went through, and elsewhere a
    bilinear resize with a filter as wide as the shrinking asks for (Pillow's, say) comes nearest.
    An encoder of a region reads pictures that are cut to it already.

    With calibration pictures weights and activations are whole numbers of 8 bits (per channel, as
    TensorFlow's post-training quantisation chooses them), and float32 remains at both ends alone.

    Args:
        encoder: pictures ``[B, S, S, 3]`` to codes ``[B, bits]``.
        path: of the file, which appears whole or not at all; one that is there is replaced.
        calibration: some hundred training pictures as the encoder reads them, ``[n, S, S, 3]`` in
            [0, 255], or such arrays by name; left out, the file computes in float32.
        batch_size: B, fixed.

    Raises:
        ValueError: pictures of any size, other outputs than codes, calibration pictures that do
            not fit, an operation that LiteRT lacks, or a file that gives other codes than Keras.

    >>> import tempfile
    >>> image = tf.keras.Input((8, 8, 3))
    >>> encoder = tf.keras.Model(image, tf.keras.layers.Dense(9)(tf.keras.layers.Flatten()(image)))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export_litert(encoder, f"{folder}/encoder.tflite")
    ...     run = interpreter(Path(f"{folder}/encoder.tflite").read_bytes())
    >>> found = run({"images": np.zeros([1, 8, 8, 3], np.float32)})
    >>> found["codes"].shape, found["packed"].tolist()
    ((1, 9), [[255, 128]])
    """
    frozen = freeze(encoder, batch_size)
    feed = None if calibration is None else batches(calibration, frozen)
    contents = _converted(frozen, feed)
    check(interpreter(contents), frozen, exact=feed is None)
    with writing(Path(path)) as partial:
        partial.write_bytes(contents)


def interpreter(contents: bytes) -> Run:
    """What TensorFlow's own interpreter makes of a file, on one thread."""
    with _in_its_old_place():
        opened = tf.lite.Interpreter(model_content=contents, num_threads=1)
    runner = opened.get_signature_runner()

    def run(given: Arrays) -> dict[str, np.ndarray]:
        return dict(runner(**given))

    return run


@contextlib.contextmanager
def _in_its_old_place() -> Iterator[None]:
    """The interpreter moves to the package ai-edge-litert, which reads the same files."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"\s*Warning: tf.lite.Interpreter is deprecated")
        yield


def _converted(frozen: Frozen, feed: Feed | None) -> bytes:
    holder = tf.Module()
    holder.encode = frozen.encode
    function = frozen.encode.get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], holder)
    if feed is not None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = feed
    try:
        with _in_its_old_place():
            return converter.convert()
    except Exception as error:  # of a type that is nowhere public
        raise ValueError(f"LiteRT {_reason(str(error))}: export a SavedModel") from error


def _reason(error: str) -> str:
    unknown = sorted(set(_UNKNOWN.findall(error)))
    if unknown:
        return f"has no operation for {', '.join(unknown)}"
    return f"cannot take it over ({error.strip().partition(chr(10))[0]})"
