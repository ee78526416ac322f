"""What a network is made of, read from the operations that it runs: stages and data flow."""

from __future__ import annotations

import dataclasses
import re

import tensorflow as tf

# Layers of one stage share the beginning of their names; any other layer is a stage of its own.
_STAGE = re.compile(r"stem|stage\d+")
_JOINS = ("Add", "AddV2", "Mul", "Sub")


@dataclasses.dataclass(frozen=True)
class Stage:
    """Part of a network.

    Attributes:
        name: what the names of its layers begin with.
        output_shape: of its last layer, without the batch.
        parameters: weights, the running statistics of normalisations included.
        multiply_adds: of one picture in convolutions and matrix products; normalisation,
            activation, pooling and biases are left out, as is the custom.
    """

    name: str
    output_shape: tuple[int | None, ...]
    parameters: int
    multiply_adds: int


def stage_table(model: tf.keras.Model) -> list[Stage]:
    """The stages of a functional model that have weights, in its order.

    Raises:
        ValueError: a model whose input size is not fixed, or with grouped convolutions, which Keras
            runs as functions that cannot be looked into.

    >>> image = tf.keras.Input((8, 8, 3))
    >>> x = tf.keras.layers.Conv2D(4, 3, padding="same", name="stem_conv")(image)
    >>> x = tf.keras.layers.GlobalAveragePooling2D(name="features")(x)
    >>> model = tf.keras.Model(image, tf.keras.layers.Dense(10, name="logits")(x))
    >>> [(stage.name, stage.parameters, stage.multiply_adds) for stage in stage_table(model)]
    [('stem', 112, 6912), ('logits', 50, 40)]
    """
    stages: dict[str, Stage] = {}
    for layer in model.layers:
        begins = _STAGE.match(layer.name)
        name = begins.group() if begins else layer.name
        before = stages.get(name, Stage(name, (), 0, 0))
        operations = _operations(layer, layer.input) if layer.count_params() else ()
        stages[name] = Stage(
            name,
            tuple(layer.output.shape[1:]),
            before.parameters + layer.count_params(),
            before.multiply_adds + sum(map(_multiply_adds, operations)),
        )
    return [stage for stage in stages.values() if stage.parameters]


def data_flow(layer, input_shape) -> dict[str, tuple[str, tuple[str, ...]]]:
    """The steps that a map takes through a layer: name -> (label, names of the steps before it),
    for :func:`tfretrieval.plots.block_diagram`.

    A convolution shows its kernel and channels, with the ReLU that follows it; biases and
    normalisation belong to the convolution before them.

    Args:
        layer: of one input.
        input_shape: of a picture or map, without the batch.

    >>> relu = tf.keras.layers.Conv2D(4, (1, 3), padding="same", activation="relu")
    >>> data_flow(relu, (8, 8, 2))
    {'input': ('input, 2', ()), 'step1': ('1x3 conv, 4, ReLU', ('input',))}
    """
    steps: dict[str, tuple[str, tuple[str, ...]]] = {}
    # Tensor -> step whose result it is; what is not here are weights and constants.
    made_by: dict[str, str] = {}
    for operation in _operations(layer, tf.TensorSpec([None, *input_shape])):
        result = operation.outputs[0].name if operation.outputs else ""
        if operation.type == "Placeholder" and not steps:
            steps["input"] = (f"input, {input_shape[-1]}", ())
            made_by[result] = "input"
            continue
        sources = [made_by[x.name] for x in operation.inputs if x.name in made_by]
        if not sources:
            continue
        label = _label(operation, sources)
        before, inputs = steps[sources[0]]
        if label == "ReLU" and before.endswith(" conv, " + before.rpartition(" ")[2]):
            steps[sources[0]] = (f"{before}, ReLU", inputs)
            label = None
        made_by[result] = sources[0] if label is None else f"step{len(steps)}"
        if label is not None:
            steps[made_by[result]] = (label, tuple(sources))
    return steps


def _operations(layer, inputs):
    """The operations of one picture's way through a layer, in order.

    Args:
        inputs: a tensor like the layer's input, or a list of them.
    """

    def one(tensor):
        if None in tensor.shape[1:]:
            raise ValueError(f"{layer.name}: the input needs a fixed size, got {tensor.shape[1:]}")
        return tf.TensorSpec([1, *tensor.shape[1:]], tensor.dtype)

    specs = tf.nest.map_structure(one, inputs)
    function = tf.function(lambda x: layer(x, training=False), jit_compile=False)
    return function.get_concrete_function(specs).graph.get_operations()


def _multiply_adds(operation) -> int:
    if operation.type in ("Conv2D", "DepthwiseConv2dNative"):
        kernel, result = operation.inputs[1].shape, operation.outputs[0].shape
        height, width, into, out = kernel
        # Each value of the result sums over the window and the channels of its group.
        terms = height * width * (into if operation.type == "Conv2D" else 1)
        return int(terms * result.num_elements())
    if operation.type == "MatMul":
        left = operation.inputs[0].shape
        into = left[0] if operation.get_attr("transpose_a") else left[1]
        return int(into * operation.outputs[0].shape.num_elements())
    if "PartitionedCall" in operation.type:
        raise ValueError(f"{operation.name} is a function of its own (grouped?): not counted")
    return 0


def _label(operation, sources) -> str | None:
    """What a step is called, ``None`` for what is part of the step before it."""
    channels = operation.outputs[0].shape[-1]
    if operation.type == "Conv2D":
        height, width = operation.inputs[1].shape[:2]
        return f"{height}x{width} conv, {channels}"
    if operation.type == "ConcatV2":
        return f"concatenate, {channels}"
    if operation.type == "Relu":
        return "ReLU"
    if operation.type in _JOINS and len(sources) == 2:
        return {"Mul": "multiply", "Sub": "subtract"}.get(operation.type, "add")
    if operation.type == "Mul":
        factors = [tf.get_static_value(x) for x in operation.inputs]
        scalars = [factor for factor in factors if factor is not None and factor.ndim == 0]
        return f"x {scalars[0]:g}" if scalars else None
    return None
