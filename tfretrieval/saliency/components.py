"""The largest connected component of each mask in a batch."""

import tensorflow as tf


def largest_component(masks: tf.Tensor, connectivity: int = 8) -> tf.Tensor:
    """Largest connected component of each mask, bool ``[B, h, w]`` to bool ``[B, h, w]``.

    Every cell starts with a number of its own, the first in row-major order with the highest; each
    round it takes the highest number among itself and its neighbours in the mask, until nothing
    changes (at most ``h w`` rounds). Cells of a component then share a number, and the number found
    most often wins. All pictures go together, so a batch takes as many rounds as its most winding
    component. Works eagerly, in a graph, under XLA and in ``tf.data``.

    Of components of equal size the one whose first cell, in row-major order, comes first wins. An
    empty mask stays empty. SCDA (Wei et al. 2017) uses 4 neighbours.

    Args:
        masks: bool ``[B, h, w]``; in a graph B may be unknown.
        connectivity: 4 neighbours (edges) or 8 (edges and corners).

    Raises:
        ValueError: another connectivity, or masks that are not ``[B, h, w]`` of a known h and w.

    >>> mask = tf.constant([[[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 0, 0]]]) > 0
    >>> tf.cast(largest_component(mask), tf.int32).numpy().tolist()
    [[[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]]
    >>> tf.cast(largest_component(mask, connectivity=4), tf.int32).numpy().tolist()
    [[[0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]]]
    """
    if connectivity not in (4, 8):
        raise ValueError(f"connectivity must be 4 or 8, got {connectivity!r}")
    masks = as_masks(masks)
    _, height, width = masks.shape
    return _largest(masks, height, width, connectivity)


def as_masks(masks: tf.Tensor) -> tf.Tensor:
    """Masks as a tensor, or ``ValueError`` where they are not ``[B, h, w]`` of a known h and w."""
    masks = tf.convert_to_tensor(masks, tf.bool)
    if masks.shape.rank != 3 or None in masks.shape[1:]:
        raise ValueError(f"masks must be [B, h, w] of a known height and width, got {masks.shape}")
    return masks


@tf.function(reduce_retracing=True)
def _largest(masks, height, width, connectivity):
    """A graph of its own: called eagerly, the rounds would take several times as long."""
    cells = height * width
    # Pictures last: a shift by a cell then moves whole rows of memory.
    inside = tf.transpose(tf.ensure_shape(masks, [None, height, width]), [1, 2, 0])
    numbers = tf.reshape(tf.range(cells, 0, -1), [height, width, 1])
    numbers = tf.where(inside, numbers, 0)

    def spread(numbers, _):
        above_below = _neighbours(numbers, 0)
        base = tf.maximum(numbers, above_below) if connectivity == 8 else numbers
        highest = tf.maximum(tf.maximum(numbers, above_below), _neighbours(base, 1))
        highest = tf.where(inside, highest, 0)
        return highest, tf.reduce_any(highest != numbers)

    numbers, _ = tf.while_loop(
        lambda _, changed: changed, spread, (numbers, True), maximum_iterations=cells
    )
    numbers = tf.reshape(tf.transpose(numbers, [2, 0, 1]), [-1, cells])
    winner = _most_frequent(numbers, cells)
    return masks & tf.reshape(numbers == winner, tf.shape(masks))


def _neighbours(numbers: tf.Tensor, axis: int) -> tf.Tensor:
    """The higher of the two neighbours along an axis of ``[h, w, B]``; 0 beyond the border."""
    padded = tf.pad(numbers, [[int(axis == i)] * 2 for i in range(3)])
    if axis == 0:
        return tf.maximum(padded[:-2], padded[2:])
    return tf.maximum(padded[:, :-2], padded[:, 2:])


def _most_frequent(numbers: tf.Tensor, cells: int) -> tf.Tensor:
    """The number from 1 to ``cells`` a row ``[B, cells]`` holds most often, the highest of equals.

    Counts live in one row of ``cells + 1`` places a picture; place 0 is the background.
    """
    batch = tf.shape(numbers)[0]
    places = numbers + (cells + 1) * tf.range(batch)[:, None]
    counts = tf.math.unsorted_segment_sum(
        tf.cast(numbers > 0, tf.int32), places, batch * (cells + 1)
    )
    counts = tf.reshape(counts, [-1, cells + 1])
    most = tf.reduce_max(counts, axis=1, keepdims=True)
    candidates = tf.where(counts == most, tf.range(cells + 1), -1)
    return tf.reduce_max(candidates, axis=1, keepdims=True)
