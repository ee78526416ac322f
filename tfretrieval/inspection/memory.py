"""What a training step holds in memory, counted in the graph that it runs."""

from __future__ import annotations

import dataclasses

import numpy as np
import tensorflow as tf

# What reads no more than a shape keeps nothing, and a weight is counted as a weight.
_SHAPES = ("Shape", "ShapeN")
_WEIGHT = "ReadVariableOp"


@dataclasses.dataclass(frozen=True)
class TrainingMemory:
    """Bytes that a training step holds where forward and backward pass meet, its peak.

    Temporary results of single operations, the workspace of convolutions and the runtime itself are
    not in it.

    Attributes:
        activations: results of the forward pass that the backward pass reads, the input among them,
            each counted once.
        weights: of all layers, running statistics included.
        gradients: one for each trained weight.
        optimizer: two slots for each trained weight, as Adam and AdamW keep.
    """

    activations: int
    weights: int
    gradients: int
    optimizer: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.activations + self.weights + self.gradients + self.optimizer


def training_memory(model: tf.keras.Model, batch_size: int) -> TrainingMemory:
    """What one training step of ``batch_size`` examples holds.

    A network built under a mixed-precision policy is counted in the types that it computes in.
    Nothing is computed; the step is traced only.

    Args:
        model: functional, with one input of a fixed size.

    Raises:
        ValueError: an input whose size is not fixed.

    >>> image = tf.keras.Input((8, 8, 3))
    >>> x = tf.keras.layers.Conv2D(4, 3, padding="same", activation="relu")(image)
    >>> logits = tf.keras.layers.Dense(2)(tf.keras.layers.GlobalAveragePooling2D()(x))
    >>> memory = training_memory(tf.keras.Model(image, logits), batch_size=10)
    >>> memory.activations == 4 * 10 * (8 * 8 * 3 + 8 * 8 * 4 + 4)  # image, ReLU, features
    True
    >>> memory.weights == memory.gradients == 4 * (3 * 3 * 3 * 4 + 4 + 4 * 2 + 2)
    True
    """
    shape = model.input_shape[1:]
    if None in shape:
        raise ValueError(f"{model.name}: the input needs a fixed size, got {shape}")
    trained = _bytes(model.trainable_variables)
    return TrainingMemory(
        activations=_activations(model, (batch_size, *shape)),
        weights=_bytes(model.variables),
        gradients=trained,
        optimizer=2 * trained,
    )


def _activations(model, shape) -> int:
    forward = []

    def step(images):
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(tf.cast(model(images, training=True), tf.float32))
        forward.extend(tf.compat.v1.get_default_graph().get_operations())
        return tape.gradient(total, model.trainable_variables)

    graph = tf.function(step, jit_compile=False).get_concrete_function(tf.TensorSpec(shape)).graph
    backward = graph.get_operations()[len(forward) :]
    # Names, since a tensor is equal to nothing inside a graph.
    made = {tensor.name: tensor for operation in forward for tensor in operation.outputs}
    read = {t.name for op in backward if op.type not in _SHAPES for t in op.inputs}
    tensors = [made[name] for name in made.keys() & read]
    kept = [t for t in tensors if t.op.type != _WEIGHT and t.dtype != tf.resource]
    # The one result of unknown shape is a buffer of cuDNN, small and empty elsewhere.
    return sum(t.dtype.size * (t.shape.num_elements() or 0) for t in kept)


def _bytes(variables) -> int:
    return sum(int(np.prod(v.shape)) * tf.as_dtype(v.dtype).size for v in variables)
