"""What every part of a picture looks like: the nodes of a graph between parts."""

import tensorflow as tf

from tfretrieval.layers._parts import check_parts, flat_parts, part_maxima


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class PartNodes(tf.keras.layers.Layer):
    """``n_mc = max_xy A_m F_c``: ``[B, H, W, C]`` and ``[B, h, w, M]`` to ``[B, M, C]``.

    The same maximum as :class:`BilinearAttentionPooling` with ``pooling="max"``, before root and
    length, and at the same cost: M products ``[B, H, W, C]``, one at a time in memory. Where
    several cells share the largest value the gradient goes to the first.

    Source: the code of Sun et al. 2022.

    Call with ``[features, attention]``; attention of another size is brought to that of the
    features, bilinear with aligned corners. Computed in float32, the output is in the layer's
    compute dtype.

    Raises:
        ValueError: inputs of another rank, an unknown number of maps, sizes that differ and are
            not known beforehand.

    >>> features = tf.constant([[[[1.0, -1.0], [3.0, -3.0]]]])
    >>> attention = tf.constant([[[[1.0], [0.5]]]])
    >>> PartNodes()([features, attention]).numpy().tolist()
    [[[1.5, -1.0]]]
    """

    def build(self, input_shape):
        check_parts(*input_shape)
        super().build(input_shape)

    def call(self, inputs):
        features, attention = inputs
        return tf.cast(part_maxima(*flat_parts(features, attention)), features.dtype)

    def compute_output_shape(self, input_shape):
        features, attention = input_shape
        return (features[0], attention[-1], features[-1])
