"""SCDA: the mean and the maximum of every channel over what stands out."""

import tensorflow as tf

from tfretrieval.layers._pooling import check_maps
from tfretrieval.saliency.components import largest_component


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class SCDA(tf.keras.layers.Layer):
    """Selective convolutional descriptor aggregation, ``[B, H, W, C]`` to ``[B, 2 C]``.

    With the aggregation map ``A = sum_c maps``, cells where ``A > mean A`` are kept, of these the
    largest component of 4 neighbours, M. The descriptor is ``[u(mean_M maps), u(max_xy M maps)]``,
    where u brings each half to length one, so that both count the same. Of a map without a peak all
    cells are kept. Height and width have to be known.

    Source: Wei et al. 2017; the component as in PyRetri, whose halves are not brought to a length.
    Cells outside M enter the maximum as 0: of maps that are nowhere negative, as those behind a
    ReLU, that is the maximum over M.

    Raises:
        ValueError: maps of another rank, or of an unknown height or width.

    >>> maps = tf.constant([[[[0.0, 3.0], [3.0, 5.0]], [[0.0, 0.0], [0.0, 0.0]]]])
    >>> [round(one, 2) for one in SCDA()(maps).numpy()[0].tolist()]
    [0.35, 0.94, 0.51, 0.86]
    """

    def call(self, inputs):
        check_maps(inputs)
        maps = tf.cast(inputs, tf.float32)
        aggregated = tf.reduce_sum(maps, axis=-1)
        threshold = tf.reduce_mean(aggregated, axis=(1, 2), keepdims=True)
        kept = largest_component(aggregated > threshold, connectivity=4)
        kept |= ~tf.reduce_any(kept, axis=(1, 2), keepdims=True)
        inside = tf.where(kept[..., None], maps, 0.0)
        # A length of one takes away whether the mean is over all cells or over those kept.
        halves = tf.reduce_mean(inside, axis=(1, 2)), tf.reduce_max(inside, axis=(1, 2))
        descriptor = tf.concat([tf.math.l2_normalize(half, axis=1) for half in halves], axis=1)
        return tf.cast(descriptor, inputs.dtype)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], 2 * input_shape[-1])
