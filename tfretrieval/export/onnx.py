"""A hash encoder as an ONNX file, for whatever runs ONNX."""

from __future__ import annotations

import importlib
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tfretrieval.export._frozen import Arrays, Feed, Frozen, Run, batches, check, freeze
from tfretrieval.files import writing

# The last one that tf2onnx 1.17 writes without conditions, and onnxruntime has read it for years.
_OPSET = 17


def export_onnx(
    encoder: tf.keras.Model,
    path: str | os.PathLike[str],
    calibration: Any = None,
    batch_size: int | None = None,
) -> None:
    """Writes an encoder as an ``.onnx`` file from pixels to packed code (extra ``onnx``).

    What it reads and gives, and what has to be done to a picture before, is as of
    :func:`~tfretrieval.export.export_litert`; a batch may have any size.

    With calibration pictures weights and activations are whole numbers of 8 bits: pairs of
    ``QuantizeLinear`` and ``DequantizeLinear`` around every operation (QDQ), a scale for each
    channel of a weight, smallest and largest value for activations.

    Args:
        encoder: pictures ``[B, S, S, 3]`` to codes ``[B, bits]``.
        path: of the file, which appears whole or not at all; one that is there is replaced.
        calibration: some hundred training pictures as the encoder reads them, ``[n, S, S, 3]`` in
            [0, 255], or such arrays by name; left out, the file computes in float32.
        batch_size: B where it is to be fixed.

    Raises:
        ImportError: onnx, onnxruntime or tf2onnx is not installed.
        ValueError: as of :func:`~tfretrieval.export.export_litert`.

    >>> import tempfile
    >>> image = tf.keras.Input((8, 8, 3))
    >>> encoder = tf.keras.Model(image, tf.keras.layers.Dense(9)(tf.keras.layers.Flatten()(image)))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export_onnx(encoder, f"{folder}/encoder.onnx")
    ...     run = session(Path(f"{folder}/encoder.onnx").read_bytes())
    >>> found = run({"images": np.zeros([2, 8, 8, 3], np.float32)})
    >>> found["codes"].shape, found["packed"].tolist()
    ((2, 9), [[255, 128], [255, 128]])
    """
    check_installed()
    frozen = freeze(encoder, batch_size)
    feed = None if calibration is None else batches(calibration, frozen)
    contents = _converted(frozen)
    if feed is not None:
        contents = _quantized(contents, feed)
    check(session(contents), frozen, exact=feed is None)
    with writing(Path(path)) as partial:
        partial.write_bytes(contents)


def check_installed() -> None:
    """Raises ``ImportError`` where a package of the extra ``onnx`` is missing."""
    for package in ("onnx", "onnxruntime", "tf2onnx"):
        try:
            importlib.import_module(package)
        except ImportError as error:
            raise ImportError(f"{package} is missing: pip install 'tfretrieval[onnx]'") from error


def session(contents: bytes) -> Run:
    """What onnxruntime makes of a file, on one thread of the CPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    opened = onnxruntime.InferenceSession(contents, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in opened.get_outputs()]

    def run(given: Arrays) -> dict[str, np.ndarray]:
        return dict(zip(names, opened.run(names, dict(given)), strict=True))

    return run


def _converted(frozen: Frozen) -> bytes:
    import onnx
    import tf2onnx

    try:
        model, _ = tf2onnx.convert.from_function(frozen.encode, frozen.specs, opset=_OPSET)
    except Exception as error:  # of any type
        reason = str(error).strip().partition("\n")[0]
        raise ValueError(f"ONNX cannot take it over ({reason}): export a SavedModel") from error
    # It writes what it does not know all the same.
    unknown = {node.op_type for node in model.graph.node if not onnx.defs.has(node.op_type)}
    if unknown:
        raise ValueError(
            f"ONNX has no operation for {', '.join(sorted(unknown))}: export a SavedModel"
        )
    for value in (*model.graph.input, *model.graph.output):
        if (size := value.type.tensor_type.shape.dim[0]).dim_param:
            size.dim_param = "B"
    return model.SerializeToString()


def _quantized(contents: bytes, feed: Feed) -> bytes:
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process

    pictures = feed()

    class Reader(quantization.CalibrationDataReader):
        def get_next(self):
            return next(pictures, None)

    with tempfile.TemporaryDirectory() as folder:
        plain, folded, quantized = (Path(folder, name) for name in ("plain", "folded", "quantized"))
        plain.write_bytes(contents)
        # Normalisation goes into the convolutions before anything is rounded.
        quant_pre_process(plain, folded, skip_symbolic_shape=True)
        quantization.quantize_static(
            folded,
            quantized,
            Reader(),
            quant_format=quantization.QuantFormat.QDQ,
            activation_type=quantization.QuantType.QInt8,
            weight_type=quantization.QuantType.QInt8,
            per_channel=True,
        )
        return quantized.read_bytes()
