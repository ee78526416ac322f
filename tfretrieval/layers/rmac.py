"""R-MAC: maxima over a grid of regions, added up."""

import tensorflow as tf

from tfretrieval.distances import safe_sqrt
from tfretrieval.layers._pooling import check_maps


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class RMAC(tf.keras.layers.Layer):
    """Regional maximum activation of convolutions, ``[B, H, W, C]`` to ``[B, C]``.

    The sum of ``v / (|v| + 1e-6)`` over the maxima v of the whole map and of square regions. With w
    the shorter side, scale l = 1, 2, ... has regions of side ``floor(2 w / (l + 1))``: l of them
    along the shorter side and l + n along the longer, evenly spread; n from 1 to 6 (0 for a
    square) is the one by which regions of side w overlap by nearest to 40 %.

    Source: Tolias et al. 2016; regions as in the code of Radenovic et al., where the whole map is
    added to theirs. Height and width may be unknown until a picture is there.

    Args:
        levels: scales.

    Raises:
        ValueError: no levels, maps of another rank.

    >>> tuple(RMAC()(tf.zeros([2, 5, 7, 16])).shape)
    (2, 16)
    """

    def __init__(self, levels: int = 3, **kwargs):
        super().__init__(**kwargs)
        if levels < 1:
            raise ValueError(f"levels must be at least 1, got {levels}")
        self.levels = levels

    def call(self, inputs):
        check_maps(inputs)
        maps = tf.cast(inputs, tf.float32)
        total = _unit(tf.reduce_max(maps, axis=(1, 2)))
        for rows, columns, exists in self._grids(maps):
            # Maxima along the rows of regions first, then along their columns.
            by_rows = tf.reduce_max(tf.gather(maps, rows, axis=1), axis=2)
            regions = tf.reduce_max(tf.gather(by_rows, columns, axis=2), axis=3)
            total += exists * tf.reduce_sum(_unit(regions), axis=(1, 2))
        return tf.cast(total, inputs.dtype)

    def _grids(self, maps):
        levels = range(1, self.levels + 1)
        height, width = maps.shape[1:3]
        if height is None or width is None:
            height, width = tf.unstack(tf.shape(maps)[1:3])
            return [_grid(level, height, width) for level in levels]
        # Lifted out of the graph: XLA wants the number of cells to be a constant.
        with tf.init_scope():
            grids = [_grid(level, tf.constant(height), tf.constant(width)) for level in levels]
            return [tuple(part.numpy() for part in grid) for grid in grids]

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[-1])

    def get_config(self):
        return {**super().get_config(), "levels": self.levels}


def _grid(level, height, width):
    """Regions of a level: their rows ``[count, side]``, their columns, 1.0 or 0.0 if there are
    none. All of int32 scalars: the height and the width of a map."""
    shorter = tf.minimum(height, width)
    side = 2 * shorter // (level + 1)
    more = _more(shorter, tf.maximum(height, width))
    rows = _cells(height, level + tf.where(height > width, more, 0), tf.maximum(side, 1))
    columns = _cells(width, level + tf.where(width > height, more, 0), tf.maximum(side, 1))
    return rows, columns, tf.cast(side > 0, tf.float32)


def _more(shorter, longer):
    """n: regions along the longer side beyond those along the shorter."""
    # Overlaps are 1 - (longer - shorter) / (n shorter); in whole numbers, times 60 times shorter.
    lacking = [abs(36 * shorter - 60 // n * (longer - shorter)) for n in range(1, 7)]
    return 1 + tf.argmin(tf.stack(lacking), output_type=tf.int32)


def _cells(size, count, side):
    """Cells of ``count`` intervals spread evenly over ``size`` cells, ``[count, side]``."""
    starts = tf.range(count) * (size - side) // tf.maximum(count - 1, 1)
    return starts[:, None] + tf.range(side)[None, :]


def _unit(vectors):
    norm = safe_sqrt(tf.reduce_sum(tf.square(vectors), axis=-1, keepdims=True))
    return vectors / (norm + 1e-6)
