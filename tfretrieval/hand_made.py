"""Descriptors of pictures that nobody trained: gradients and colours, counted.

What retrieval had before networks, and the floor below every learned code.

>>> pictures = tf.zeros([2, 64, 64, 3])
>>> histograms_of_gradients(pictures).shape, colour_histograms(pictures).shape
(TensorShape([2, 324]), TensorShape([2, 512]))
"""

from __future__ import annotations

import math

import tensorflow as tf

# Beside a block's length, in grey levels: what rounding leaves of a flat block stays short.
_FLAT = 1.0
# Of an entry of a block of length one (Lowe's L2-Hys).
_CLIP = 0.2


def histograms_of_gradients(
    images: tf.Tensor, cell: int = 16, bins: int = 9, block: int = 2
) -> tf.Tensor:
    """Histograms of oriented gradients (HOG), ``[B, H, W, 3]`` to float32 ``[B, D]``.

    Gradients are differences of the two neighbours of a pixel, at the border of the pixel and its
    only one; of the three channels the one with the longest gradient counts. Its length is shared
    between the two nearest of ``bins`` orientations of 0 to 180 degrees, whose centers are at
    ``(k + 1/2) 180 / bins``, and added up in cells of ``cell x cell`` pixels. Each ``block x
    block`` cells, a step of one cell apart, are brought to length one, cut at 0.2, and brought to
    length one again. D is ``(H / cell - block + 1) (W / cell - block + 1) block^2 bins``.

    Source: Dalal and Triggs 2005, without their sharing between cells and their window over a
    block.

    Args:
        images: in [0, 255]; sides are multiples of ``cell``, ``block`` cells or more.

    Raises:
        ValueError: pictures of another shape, or numbers below one.
    """
    images = _pictures(images)
    if min(cell, bins, block) < 1:
        raise ValueError(f"cell, bins and block must be at least 1, got {cell}, {bins} and {block}")
    _, height, width, _ = images.shape
    if height % cell or width % cell or min(height, width) < cell * block:
        raise ValueError(
            f"sides must be multiples of cell {cell} and {block} cells or more, got {height} x "
            f"{width}"
        )
    padded = tf.pad(images, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")
    down = padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
    right = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]
    lengths = tf.sqrt(tf.square(down) + tf.square(right))
    longest = tf.one_hot(tf.argmax(lengths, axis=-1), 3)
    down, right, length = (tf.reduce_sum(x * longest, axis=-1) for x in (down, right, lengths))
    # Opposite directions are one orientation.
    place = tf.math.floormod(tf.atan2(down, right) / math.pi, 1.0) * bins - 0.5
    lower = tf.floor(place)
    above = length * (place - lower)
    votes = _votes(lower, length - above, bins) + _votes(lower + 1, above, bins)
    down_cells, right_cells = height // cell, width // cell
    cells = tf.reshape(votes, [-1, down_cells, cell, right_cells, cell, bins])
    cells = tf.reduce_sum(cells, axis=(2, 4))
    rows, columns = down_cells - block + 1, right_cells - block + 1
    parts = [cells[:, y : y + rows, x : x + columns] for y in range(block) for x in range(block)]
    blocks = _unit(tf.concat(parts, axis=-1), _FLAT)
    blocks = _unit(tf.minimum(blocks, _CLIP), 1e-6)
    return tf.reshape(blocks, [-1, rows * columns * block * block * bins])


def colour_histograms(images: tf.Tensor, levels: int = 8) -> tf.Tensor:
    """Roots of the shares of colours, ``[B, H, W, 3]`` to float32 ``[B, levels^3]`` of length one.

    Red, green and blue have ``levels`` steps each. Cosines of the roots are Bhattacharyya
    coefficients of the histograms.

    Source: Swain and Ballard 1991; the root as in Arandjelovic and Zisserman 2012.

    Args:
        images: in [0, 255].

    Raises:
        ValueError: pictures of another shape, or no level.
    """
    images = _pictures(images)
    if levels < 1:
        raise ValueError(f"levels must be at least 1, got {levels}")
    steps = tf.clip_by_value(tf.cast(images * (levels / 256.0), tf.int32), 0, levels - 1)
    colours = tf.reduce_sum(steps * [levels * levels, levels, 1], axis=-1)
    pictures, kinds = tf.shape(images)[0], levels**3
    places = tf.reshape(colours, [pictures, -1]) + kinds * tf.range(pictures)[:, None]
    ones = tf.ones_like(places, tf.float32)
    counts = tf.math.unsorted_segment_sum(ones, places, pictures * kinds)
    pixels = images.shape[1] * images.shape[2]
    return tf.sqrt(tf.reshape(counts, [-1, kinds]) / pixels)


def _pictures(images: tf.Tensor) -> tf.Tensor:
    images = tf.cast(tf.convert_to_tensor(images), tf.float32)
    shape = images.shape
    if shape.rank != 4 or shape[3] != 3 or not all(shape[1:]):
        raise ValueError(f"images must be [B, H, W, 3] of a known H and W, got {shape}")
    return images


def _votes(bins_from_zero: tf.Tensor, weights: tf.Tensor, bins: int) -> tf.Tensor:
    """Weights at their bins, the last of which is the neighbour of the first."""
    at = tf.math.floormod(tf.cast(bins_from_zero, tf.int32), bins)
    return tf.one_hot(at, bins) * weights[..., None]


def _unit(blocks: tf.Tensor, flat: float) -> tf.Tensor:
    squares = tf.reduce_sum(tf.square(blocks), axis=-1, keepdims=True)
    return blocks / tf.sqrt(squares + flat**2)
