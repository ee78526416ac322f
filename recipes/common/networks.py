"""The networks that stage 1 trains, at the weights that they start from."""

import functools
from collections.abc import Iterable

import tensorflow as tf

import tfretrieval as tfr
from recipes.common.cli import ConfigError

# Those of tf.keras.applications have one width.
APPLICATIONS = ("resnet50", "resnet101", "vgg16", "inception_v3", "inception_resnet_v2")
RESNETS = ("resnet18", "resnet18_i", "resnet50_v1_5", "se_resnet18", "se_resnet18_i", "se_resnet50")
BACKBONES = (*RESNETS, *APPLICATIONS)


def backbone(name: str, config, any_size: bool = False) -> tf.keras.Model:
    """A network with the sizes and ``--weights`` of a configuration.

    Args:
        name: one of :data:`BACKBONES`, or one with gates as ``dase_resnet18``, which reads the
            domain too; what follows a ``+`` tells views apart.
        any_size: for pictures of every size instead of ``--image-size``.

    Raises:
        ConfigError: weights that are not there or do not fit.
    """
    name = name.partition("+")[0]
    build = _gated(name) if "se_" in name else getattr(tfr.backbones, name)
    weights = None if config.weights == "none" else config.weights
    side = None if any_size else config.image_size
    size = (side, side, 3)
    options = {} if name in APPLICATIONS else {"width": config.width}
    try:
        return build(size, **options, weights=weights, download=config.download)
    except tfr.backbones.WeightsError as error:
        raise ConfigError(
            f"--weights {config.weights}: {error} (imagenet is fetched by --download; none starts "
            "from random numbers)"
        ) from error


def _gated(name):
    """``se_resnet`` of the kind that a name such as ``dase_resnet50`` or ``se_resnet18_i`` says."""
    gate, _, network = name.partition("_")
    depth, _, block = network.removeprefix("resnet").partition("_")
    return functools.partial(
        tfr.backbones.se_resnet,
        depth=int(depth),
        domain_aware=gate == "dase",
        inception_c=block == "i",
    )


def check_weights(names: Iterable[str], config) -> None:
    """Loads the weights into each network once, so that a wrong file is told before the data.

    What fits ResNet18-I fits ResNet18 too, which ``--saliency-network stage1`` trains.

    Raises:
        ConfigError: as :func:`backbone`.
    """
    if config.weights != "none":
        for name in sorted({name.partition("+")[0] for name in names}):
            backbone(name, config)
