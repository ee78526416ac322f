"""What both converters read: pixels to packed code in one function whose weights are constants."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from tfretrieval.export.saved_model import pack

Arrays = Mapping[str, np.ndarray]
Run = Callable[[Arrays], dict[str, np.ndarray]]
Feed = Callable[[], Iterator[dict[str, np.ndarray]]]

# The name of what is read where the encoder has none for it.
IMAGES = "images"
_HALVES = (tf.float16, tf.bfloat16)
# Relaxed codes of a float32 file may differ so much from those of Keras.
_TOLERANCE = 1e-3


@dataclasses.dataclass(frozen=True, eq=False)
class Frozen:
    """An encoder without variables.

    Attributes:
        encode: a ``tf.function`` of tensors to ``codes``, float32 ``[B, bits]``, and ``packed``,
            uint8 ``[B, ceil(bits / 8)]``.
        specs: of its tensors, by which their names are known.
    """

    encode: Any
    specs: tuple[tf.TensorSpec, ...]

    def __call__(self, given: Arrays) -> dict[str, np.ndarray]:
        tensors = [tf.constant(given[spec.name], spec.dtype) for spec in self.specs]
        return {name: value.numpy() for name, value in self.encode(*tensors).items()}


def freeze(encoder: tf.keras.Model, batch_size: int | None) -> Frozen:
    """The encoder as a function of ``images``, or of what it reads by name.

    Raises:
        ValueError: it reads pictures of any size, gives no codes ``[B, bits]``, or a batch below 1.
    """
    if batch_size is not None and batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    by_name = isinstance(encoder.input, dict)
    inputs = encoder.input if by_name else {IMAGES: encoder.input}
    if any(None in tensor.shape[1:] for tensor in inputs.values()):
        raise ValueError(f"{encoder.name} reads pictures of any size: build it for one size")
    shape = tuple(encoder.output_shape) if isinstance(encoder.output_shape, tuple) else ()
    if len(shape) != 2 or shape[-1] is None:
        raise ValueError(f"an encoder gives codes [B, bits], {encoder.name} {encoder.output_shape}")
    specs = tuple(
        tf.TensorSpec([batch_size, *tensor.shape[1:]], tensor.dtype, name)
        for name, tensor in inputs.items()
    )

    def traced(model):
        def encode(*tensors):
            given = dict(zip(inputs, tensors, strict=True)) if by_name else tensors[0]
            codes = tf.cast(model(given, training=False), tf.float32)
            return codes, pack(codes)

        return tf.function(encode, autograph=False).get_concrete_function(*specs)

    concrete = traced(encoder)
    if any(
        tensor.dtype in _HALVES for op in concrete.graph.get_operations() for tensor in op.outputs
    ):
        concrete = traced(_in_float32(encoder))
    # LiteRT's converter leaves variables of Keras 3 empty, and the codes are NaN without a word.
    constant = convert_variables_to_constants_v2(concrete)

    def named(*tensors):
        codes, packed = constant(*tensors)
        return {"codes": codes, "packed": packed}

    return Frozen(tf.function(named, input_signature=specs, autograph=False), specs)


def _in_float32(encoder: tf.keras.Model) -> tf.keras.Model:
    """A network of mixed precision with the same weights, which are float32 there too: LiteRT
    computes nothing in half of it."""
    policies = re.compile(r'"mixed_b?float16"')
    plain = tf.keras.models.model_from_json(policies.sub('"float32"', encoder.to_json()))
    plain.set_weights(encoder.get_weights())
    return plain


def batches(calibration: Any, frozen: Frozen) -> Feed:
    """Calibration pictures in the batches that an encoder reads, one by one where any will do.

    Args:
        calibration: ``[n, S, S, 3]`` in [0, 255], or such arrays by what the encoder reads.

    Raises:
        ValueError: other names or shapes, too few, or pixels in another range.
    """
    given = calibration if isinstance(calibration, Mapping) else {frozen.specs[0].name: calibration}
    names = [spec.name for spec in frozen.specs]
    if sorted(given) != sorted(names):
        raise ValueError(f"calibration needs {', '.join(names)}, got {', '.join(given)}")
    arrays = {}
    for spec in frozen.specs:
        array = np.asarray(given[spec.name])
        if array.shape[1:] != tuple(spec.shape[1:]):
            wanted = ", ".join(map(str, ["n", *spec.shape[1:]]))
            raise ValueError(f"calibration: {spec.name} must be [{wanted}], got {array.shape}")
        # A resize may round a little beyond 255.
        if spec.shape.rank == 4 and len(array) and not 1 < array.max() < 256:
            raise ValueError(
                f"calibration: pixels of {spec.name} must lie in [0, 255], the largest is "
                f"{array.max():g}"
            )
        arrays[spec.name] = array
    size, counts = frozen.specs[0].shape[0] or 1, {len(array) for array in arrays.values()}
    if len(counts) > 1 or min(counts) < size:
        raise ValueError(
            f"calibration needs {size} pictures or more, as many of each, got {counts}"
        )
    types = {spec.name: spec.dtype.as_numpy_dtype for spec in frozen.specs}
    return lambda: (
        {name: array[start : start + size].astype(types[name]) for name, array in arrays.items()}
        for start in range(0, min(counts) - size + 1, size)
    )


def check(run: Run, frozen: Frozen, exact: bool) -> None:
    """Runs a converted encoder once, before anybody else does.

    Args:
        exact: whether codes have to be those of TensorFlow, up to rounding.

    Raises:
        ValueError: it gives other codes, or none that are finite.
    """
    rng = np.random.default_rng(0)
    given = {}
    for spec in frozen.specs:
        shape = [spec.shape[0] or 2, *spec.shape[1:]]
        pixels = rng.uniform(0, 255, shape) if spec.shape.rank == 4 else np.zeros(shape)
        given[spec.name] = pixels.astype(spec.dtype.as_numpy_dtype)
    expected, found = frozen(given), run(given)
    difference = np.abs(found["codes"] - expected["codes"]).max()
    limit = _TOLERANCE * max(1.0, np.abs(expected["codes"]).max()) if exact else np.inf
    if not difference <= limit or found["packed"].shape != expected["packed"].shape:
        raise ValueError(
            f"the converted encoder does not give the codes of TensorFlow (they differ by "
            f"{difference:.1e}): it is not written"
        )
