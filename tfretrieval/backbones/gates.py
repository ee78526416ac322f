"""Gates inside a network, which may know the domain of the picture."""

from typing import Any

import tensorflow as tf

from tfretrieval.backbones._residual import Gate
from tfretrieval.layers.domain_aware_squeeze_excite import DomainAwareSqueezeExcite
from tfretrieval.layers.squeeze_excite import SqueezeExcite

# Every channel passes at first, and twice the sigmoid has its steepest slope there.
PASSING: dict[str, Any] = {"initial_gate": 1.0, "ceiling": 2.0}


def inputs_and_gate(
    image: tf.Tensor, domain_aware: bool, stages: tuple[str, ...]
) -> tuple[tf.Tensor | dict[str, tf.Tensor], Gate]:
    """The model's inputs, and the gate of a block, ``stage1_block1_se`` and on.

    Args:
        stages: what the names of blocks begin with whose gates know the domain, if any do; theirs
            are ``stage1_block1_dase`` and on.
    """

    def plain(x, block):
        return SqueezeExcite(**PASSING, name=f"{block}_se")(x)

    if not domain_aware:
        return image, plain
    domain = tf.keras.layers.Input((), dtype="int32", name="domain")

    def of_the_domain(x, block):
        if not block.startswith(stages):
            return plain(x, block)
        layer = DomainAwareSqueezeExcite(**PASSING, name=f"{block}_dase")
        return layer([x, domain])

    return {"image": image, "domain": domain}, of_the_domain
