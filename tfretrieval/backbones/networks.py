"""The backbones by name, with what has to be known of each: one line a network."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tfretrieval import backbones

if TYPE_CHECKING:
    import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Network:
    """A backbone.

    Attributes:
        title: as it is shown.
        function: of :mod:`tfretrieval.backbones`, that builds it.
        options: of that function.
        size: pixels of a side that its published weights were trained at.
        least: pixels of the shorter side that it needs.
        sized: whether its channels can be set; those with published weights alone have one width.
        reads_domain: whether it reads what kind of picture it sees beside the picture.
        inception_c: whether an Inception-ResNet-C block follows that the function does not know.
    """

    title: str
    function: str
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    size: int = 224
    least: int = 1
    sized: bool = True
    reads_domain: bool = False
    inception_c: bool = False

    def build(
        self, input_shape: Sequence[int | None], width: int = 64, **options: Any
    ) -> tf.keras.Model:
        """The network for pictures of this shape; ``weights``, ``download`` and, but for a network
        of :func:`network` with a block, ``num_classes`` are options.

        >>> NETWORKS["resnet18"].build((32, 32, 3), width=4).output_shape
        (None, 1, 1, 32)
        """
        own = {**self.options, **({"width": width} if self.sized else {}), **options}
        if self.inception_c and own.get("num_classes") is not None:
            raise backbones.WeightsError(
                f"no file holds a classifier behind the block of {self.title}: fine-tune from the "
                "weights of the network without it"
            )
        model: tf.keras.Model = getattr(backbones, self.function)(input_shape=input_shape, **own)
        if self.inception_c:
            return backbones.with_inception_c(model, identity=own.get("weights") is not None)
        return model


def _se(title: str, depth: int, **options: Any) -> Network:
    return _gated(Network(title, "se_resnet", {"depth": depth, **options}))


def _se_lite(title: str, **options: Any) -> Network:
    return _gated(Network(title, "se_efficientnet_lite0", options, least=32, sized=False))


def _of_one_width(title: str, function: str, size: int, least: int) -> Network:
    return Network(title, function, size=size, least=least, sized=False)


def _gated(one: Network) -> Network:
    return dataclasses.replace(one, reads_domain=one.options.get("domain_aware", False))


NETWORKS = {
    "resnet18": Network("ResNet18", "resnet18"),
    "resnet18_i": Network("ResNet18-I", "resnet18_i"),
    "resnet50_v1_5": Network("ResNet50 v1.5", "resnet50_v1_5"),
    "se_resnet18": _se("SE-ResNet18", 18),
    "se_resnet18_i": _se("SE-ResNet18-I", 18, inception_c=True),
    "se_resnet50": _se("SE-ResNet50", 50),
    "dase_resnet18": _se("DASE-ResNet18", 18, domain_aware=True),
    "dase_resnet50": _se("DASE-ResNet50", 50, domain_aware=True),
    "resnet50": _of_one_width("ResNet50", "resnet50", 224, 32),
    "resnet101": _of_one_width("ResNet101", "resnet101", 224, 32),
    "vgg16": _of_one_width("VGG16", "vgg16", 224, 32),
    "efficientnet_lite0": _of_one_width("EfficientNet-Lite0", "efficientnet_lite0", 224, 32),
    "efficientnet_lite1": _of_one_width("EfficientNet-Lite1", "efficientnet_lite1", 240, 32),
    "efficientnet_lite2": _of_one_width("EfficientNet-Lite2", "efficientnet_lite2", 260, 32),
    "se_efficientnet_lite0": _se_lite("SE-EfficientNet-Lite0"),
    "dase_efficientnet_lite0": _se_lite("DASE-EfficientNet-Lite0", domain_aware=True),
    "inception_v3": _of_one_width("Inception-v3", "inception_v3", 299, 75),
    "inception_resnet_v2": _of_one_width("Inception-ResNet-v2", "inception_resnet_v2", 299, 75),
    "keras_file": _of_one_width("network of a file", "keras_file", 224, 32),
}
# What a name ends in whose network has the Inception-ResNet-C block.
BLOCK = "_i"


def is_application(name: str) -> bool:
    """Whether a name may be one of tf.keras.applications, which are spelt ``MobileNetV2``; whether
    this TensorFlow has it, is seen when it is built."""
    return name[:1].isupper() and name.removesuffix(BLOCK).isalnum()


def network(name: str) -> Network:
    """The network of a name: one of :data:`NETWORKS`, or of tf.keras.applications; of either with
    an Inception-ResNet-C block where ``_i`` follows.

    Raises:
        KeyError: neither.

    >>> network("resnet18").title, network("MobileNetV2").title
    ('ResNet18', 'MobileNetV2')
    >>> network("efficientnet_lite0_i").title
    'EfficientNet-Lite0-I'
    """
    if name.endswith(BLOCK) and name not in NETWORKS:
        plain = network(name.removesuffix(BLOCK))
        return dataclasses.replace(plain, title=f"{plain.title}-I", inception_c=True)
    if is_application(name):
        return Network(name, "keras_application", {"name": name}, least=32, sized=False)
    return NETWORKS[name]


def title(name: str) -> str:
    """A network as it is shown, and after a comma what it sees.

    >>> title("resnet18_i"), title("resnet18_i+crop")
    ('ResNet18-I', 'ResNet18-I, crop')
    """
    plain, _, view = name.partition("+")
    return network(plain).title + (f", {view}" if view else "")


def weights_of(name: str, weights: str, seed: int) -> str:
    """The weights of a network and what it sees: ``{network}``, ``{view}`` and ``{seed}`` in the
    name of a file are filled in.

    >>> weights_of("resnet18+crop", "{network}-{view}-{seed}.pth", seed=1)
    'resnet18-crop-1.pth'
    >>> weights_of("resnet18", "{network}-{view}.pth", seed=0), weights_of("vgg16", "imagenet", 0)
    ('resnet18-whole.pth', 'imagenet')
    """
    plain, _, view = name.partition("+")
    filled = weights.replace("{network}", plain).replace("{view}", view or "whole")
    return filled.replace("{seed}", str(seed))
