"""The Inception-ResNet-C block, the paper's feature enhancement module."""

from collections.abc import Sequence

import tensorflow as tf

layers = tf.keras.layers


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class InceptionResNetC(tf.keras.layers.Layer):
    """Residual block with a 1x1 branch and a 1x1 -> 1x3 -> 3x1 branch.

    ``out = activation(x + scale * up(concat(branch_0(x), branch_1(x))))``, where ``up`` is a
    1x1 convolution with bias back to the channels of ``x``; every other convolution has no bias
    and is followed by batch normalisation without gamma (epsilon 1e-3) and ReLU.

    Source: Szegedy et al. 2017, as built in ``tf.keras.applications`` (``block8``); used on
    ResNet18 by Pan et al. 2021, section 2.1. The paper gives no widths: those of
    Inception-ResNet-v2 are the default. Batch-norm momentum 0.9 is that of the ResNet around the
    block (our choice).

    Args:
        branch_0: filters of the 1x1 branch.
        branch_1: filters of the 1x1, 1x3 and 3x1 convolutions of the other branch.
        scale: weight of the residual.
        activation: applied to the sum; ``None`` for a linear block.

    Input and output: maps ``[B, H, W, C]`` of any size, in the layer's compute dtype.

    Raises:
        ValueError: ``branch_1`` does not list three widths.

    >>> block = InceptionResNetC(4, (4, 5, 6))
    >>> tuple(block(tf.zeros([2, 3, 3, 8])).shape)
    (2, 3, 3, 8)
    """

    def __init__(
        self,
        branch_0: int = 192,
        branch_1: Sequence[int] = (192, 224, 256),
        scale: float = 0.2,
        activation: str | None = "relu",
        **kwargs,
    ):
        super().__init__(**kwargs)
        if len(branch_1) != 3:
            raise ValueError(f"branch_1 needs three widths (1x1, 1x3, 3x1), got {list(branch_1)}")
        self.branch_0 = branch_0
        self.branch_1 = tuple(branch_1)
        self.scale = scale
        self.activation = tf.keras.activations.get(activation)

    def build(self, input_shape):
        widths = (self.branch_0, *self.branch_1)
        kernels = (1, 1, (1, 3), (3, 1))
        names = ("branch0_1x1", "branch1_1x1", "branch1_1x3", "branch1_3x1")
        self.convs, self.norms = [], []
        for filters, kernel, name in zip(widths, kernels, names, strict=True):
            self.convs.append(
                layers.Conv2D(
                    filters, kernel, padding="same", use_bias=False, name=name, dtype=self._policy()
                )
            )
            self.norms.append(
                layers.BatchNormalization(
                    momentum=0.9,
                    epsilon=1e-3,
                    scale=False,
                    name=f"{name}_bn",
                    dtype=self._policy(),
                )
            )
        self.up = layers.Conv2D(input_shape[-1], 1, name="up", dtype=self._policy())
        # Built here, not at the first call, so that weights can be set or loaded before it.
        incoming = (input_shape[-1], input_shape[-1], widths[1], widths[2])
        batch, height, width = input_shape[:3]
        for conv, norm, channels, filters in zip(
            self.convs, self.norms, incoming, widths, strict=True
        ):
            conv.build((batch, height, width, channels))
            norm.build((batch, height, width, filters))
        self.up.build((batch, height, width, widths[0] + widths[3]))
        super().build(input_shape)

    def call(self, inputs, training=None):
        def step(index, x):
            x = self.norms[index](self.convs[index](x), training=training)
            return tf.nn.relu(x)

        mixed = tf.concat([step(0, inputs), step(3, step(2, step(1, inputs)))], axis=-1)
        return self.activation(inputs + self.scale * self.up(mixed))

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)

    def get_config(self):
        return {
            **super().get_config(),
            "branch_0": self.branch_0,
            "branch_1": list(self.branch_1),
            "scale": self.scale,
            "activation": tf.keras.activations.serialize(self.activation),
        }

    def _policy(self):
        """The layer's own precision for its parts: Keras hands parts the global policy."""
        return getattr(self, "dtype_policy", None)
