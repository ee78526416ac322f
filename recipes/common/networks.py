"""The networks that recipes train, at the weights that they start from: one line each."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import tfretrieval as tfr
from recipes.common.cli import ConfigError
from recipes.common.settings import RunSettings

if TYPE_CHECKING:
    import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Network:
    """What is known of a network.

    Attributes:
        title: as it is shown.
        size: pixels of a side that its published weights were trained at.
        least: pixels of the shorter side that it needs.
        sized: whether ``--width`` sets its channels; those of tf.keras.applications have one width.
    """

    title: str
    size: int = 224
    least: int = 1
    sized: bool = True


NETWORKS = {
    "resnet18": Network("ResNet18"),
    "resnet18_i": Network("ResNet18-I"),
    "resnet50_v1_5": Network("ResNet50 v1.5"),
    "se_resnet18": Network("SE-ResNet18"),
    "se_resnet18_i": Network("SE-ResNet18-I"),
    "se_resnet50": Network("SE-ResNet50"),
    "dase_resnet18": Network("DASE-ResNet18"),
    "dase_resnet50": Network("DASE-ResNet50"),
    "resnet50": Network("ResNet50", least=32, sized=False),
    "resnet101": Network("ResNet101", least=32, sized=False),
    "vgg16": Network("VGG16", least=32, sized=False),
    "inception_v3": Network("Inception-v3", 299, least=75, sized=False),
    "inception_resnet_v2": Network("Inception-ResNet-v2", 299, least=75, sized=False),
}
# Those that read a picture alone: gates that know the domain read it too.
BACKBONES = tuple(name for name in NETWORKS if not name.startswith("dase_"))


def title(name: str) -> str:
    """A network as it is shown, and after a comma what it sees.

    >>> title("resnet18_i"), title("resnet18_i+crop")
    ('ResNet18-I', 'ResNet18-I, crop')
    """
    network, _, view = name.partition("+")
    return NETWORKS[network].title + (f", {view}" if view else "")


def backbone(name: str, config: RunSettings, any_size: bool = False) -> tf.keras.Model:
    """A network with the sizes and ``--weights`` of a configuration.

    Args:
        name: one of :data:`NETWORKS`; what follows a ``+`` tells views apart.
        any_size: for pictures of every size instead of ``--image-size``.

    Raises:
        ConfigError: weights that are not there or do not fit.
    """
    name = name.partition("+")[0]
    weights = None if config.weights == "none" else config.weights
    side = None if any_size else config.image_size
    options = {"width": config.width} if NETWORKS[name].sized else {}
    try:
        return _builder(name)((side, side, 3), **options, weights=weights, download=config.download)
    except tfr.backbones.WeightsError as error:
        raise ConfigError(
            f"--weights {config.weights}: {error} (imagenet is fetched by --download; none starts "
            "from random numbers)"
        ) from error


def _builder(name: str) -> Callable[..., tf.keras.Model]:
    """``se_resnet`` of the kind that a name such as ``dase_resnet50`` or ``se_resnet18_i`` says,
    or the function of this name."""
    if "se_" not in name:
        build: Callable[..., tf.keras.Model] = getattr(tfr.backbones, name)
        return build
    gate, _, network = name.partition("_")
    depth, _, block = network.removeprefix("resnet").partition("_")
    return functools.partial(
        tfr.backbones.se_resnet,
        depth=int(depth),
        domain_aware=gate == "dase",
        inception_c=block == "i",
    )


def cut(model: tf.keras.Model, layer: str) -> tf.keras.Model:
    """The network up to the output of a layer."""
    import tensorflow as tf

    return tf.keras.Model(model.input, model.get_layer(layer).output, name=model.name)


def check_weights(names: Iterable[str], config: RunSettings) -> None:
    """Loads the weights into each network once, so that a wrong file is told before the data.

    What fits ResNet18-I fits ResNet18 too, which ``--saliency-network stage1`` trains.

    Raises:
        ConfigError: as :func:`backbone`.
    """
    if config.weights != "none":
        for name in sorted({name.partition("+")[0] for name in names}):
            backbone(name, config)
