"""What a network is made of, read from the operations that it runs: stages and data flow."""

from __future__ import annotations

import dataclasses
import re

import tensorflow as tf

# Layers of one stage share the beginning of their names; any other layer is a stage of its own.
_STAGE = re.compile(r"stem|stage\d+")
_ACTIVATIONS = {"Relu": "ReLU", "Sigmoid": "sigmoid", "Softmax": "softmax", "Tanh": "tanh"}
_JOINS = {"Add": "add", "AddV2": "add", "Mul": "multiply", "Sub": "subtract"}
_MAKES_CHANNELS = {"ConcatV2": "concatenate", "MatMul": "dense", "Mean": "mean"}


@dataclasses.dataclass(frozen=True)
class Stage:
    """Part of a network.

    Attributes:
        name: what the names of its layers begin with.
        output_shape: of its last layer, without the batch.
        parameters: weights, the running statistics of normalisations included.
        multiply_adds: of one picture in the convolutions and matrix products of layers with
            weights; normalisation, activation, pooling and biases count 0, as is the custom.
    """

    name: str
    output_shape: tuple[int | None, ...]
    parameters: int
    multiply_adds: int


def stage_table(model: tf.keras.Model) -> list[Stage]:
    """The stages of a functional model that have weights, in its order.

    Raises:
        ValueError: a model whose input size is not fixed, or with an operation whose
            multiply-adds cannot be counted.

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
    """The steps that a map takes through a layer or model: name -> (label, names of the steps
    before it), for :func:`tfretrieval.plots.block_diagram`.

    A convolution shows its kernel and channels, its stride as ``/2``, and the ReLU that follows it.
    Biases, normalisation, padding and what else has no label belong to the step before them.

    Args:
        layer: of one input.
        input_shape: of a picture or map, without the batch.

    >>> relu = tf.keras.layers.Conv2D(4, (1, 3), padding="same", activation="relu")
    >>> data_flow(relu, (8, 8, 2))
    {'input': ('input, 2', ()), 'step1': ('1x3 conv, 4, ReLU', ('input',))}
    """
    steps: dict[str, tuple[str, tuple[str, ...]]] = {"input": (f"input, {input_shape[-1]}", ())}
    # Tensor -> step whose result it is; what is not here are weights and constants.
    made_by: dict[str, str] = {}
    for operation in _operations(layer, tf.TensorSpec([None, *input_shape])):
        if not made_by:
            made_by[operation.outputs[0].name] = "input"
            continue
        sources = [made_by[x.name] for x in operation.inputs if x.name in made_by]
        if not sources or not operation.outputs:
            continue
        name, label = sources[0], _label(operation, sources)
        before, inputs = steps[name]
        alone = len(operation.inputs[0].consumers()) == 1
        if label == "ReLU" and " conv, " in before and alone:
            steps[name] = (f"{before}, ReLU", inputs)
        elif label is not None:
            name = f"step{len(steps)}"
            steps[name] = (label, tuple(sources))
        made_by[operation.outputs[0].name] = name
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
    # Keras makes grouped convolutions functions of their own: they are to be traced through.
    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        return function.get_concrete_function(specs).graph.get_operations()
    finally:
        tf.config.run_functions_eagerly(before)


def _multiply_adds(operation) -> int:
    if operation.type in ("Conv2D", "DepthwiseConv2dNative"):
        kernel, result = operation.inputs[1].shape, operation.outputs[0].shape
        height, width, into, out = kernel
        # Each value of the result sums over the window and the channels of its group.
        terms = height * width * (into if operation.type == "Conv2D" else 1)
        return int(terms * result.num_elements())
    if operation.type in ("MatMul", "BatchMatMulV2"):
        left = operation.inputs[0].shape
        across = operation.get_attr("transpose_a" if operation.type == "MatMul" else "adj_x")
        into = left[-2] if across else left[-1]
        return int(into * operation.outputs[0].shape.num_elements())
    if "PartitionedCall" in operation.type or operation.type == "Einsum":
        raise ValueError(f"{operation.name}: multiply-adds of {operation.type} cannot be counted")
    return 0


def _label(operation, sources) -> str | None:
    """What a step is called, ``None`` for what is part of the step before it."""
    kind, channels = operation.type, operation.outputs[0].shape[-1]
    if kind in ("Conv2D", "DepthwiseConv2dNative"):
        height, width = operation.inputs[1].shape[:2]
        depthwise = "" if kind == "Conv2D" else " depthwise"
        return f"{height}x{width}{depthwise} conv, {channels}{_stride(operation)}"
    if kind in ("MaxPool", "AvgPool"):
        _, height, width, _ = operation.get_attr("ksize")
        return f"{height}x{width} {kind[:3].lower()} pool{_stride(operation)}"
    if kind in _MAKES_CHANNELS:
        return f"{_MAKES_CHANNELS[kind]}, {channels}"
    if kind in _JOINS and len(sources) == 2:
        return _JOINS[kind]
    if kind == "Mul":
        factors = [tf.get_static_value(x) for x in operation.inputs]
        scalars = [factor for factor in factors if factor is not None and factor.ndim == 0]
        return f"x {scalars[0]:g}" if scalars else None
    return _ACTIVATIONS.get(kind)


def _stride(operation) -> str:
    stride = operation.get_attr("strides")[1]
    return f", /{stride}" if stride > 1 else ""
