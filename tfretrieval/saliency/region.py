"""Regions of the subject: what a threshold leaves of a grey map, as masks and as boxes.

Everything is TensorFlow operations on batches, the same in training, table, codes and export. A map
of 8x8 cells is first resized to 32x32, so that edges fall finer than its own cells.
"""

from __future__ import annotations

import numbers

import tensorflow as tf

from tfretrieval.saliency.components import as_masks, largest_component

REGIONS = ("box", "mask", "mask_in_box")
"""What a picture is cut to: the box, the mask on the whole picture, or the mask inside the box."""

MAX_SIDE = 32
"""Largest side of the grid on which threshold and component run."""

# The peak of a map in "viridis_luma"; in "minmax" it is 255.
_LEAST_PEAK = 216

# The resize rounds: a grey level of exactly 255 alpha must stay out after it, too.
_TOLERANCE = 1e-3


def masks(
    maps: tf.Tensor,
    alpha: float | str = 0.4,
    components: str = "largest",
    connectivity: int = 8,
    side: int | None = MAX_SIDE,
) -> tf.Tensor:
    """The subject of each grey map: uint8 ``[B, h, w]`` to bool ``[B, side, side]``.

    Bilinear resize to ``side``, cells above ``255 alpha`` (Pan et al. 2021, section 2.2: at 0.4
    grey level 102 is dropped and 103 kept), the largest connected component. Where nothing is above
    that because resizing has lowered the peak, or because the map is ``"viridis_luma"``, which ends
    at 216, what is above ``alpha`` times the resized map's own peak is kept. Of a map without a
    peak, such as a constant one, the whole picture is the subject.

    Args:
        maps: grey maps, from :func:`tfretrieval.saliency.grey_maps` or a table of them.
        alpha: share of full brightness, or ``"mean"``: cells above the mean of their own
            picture's resized map (SCDA, Wei et al. 2017).
        components: ``"largest"``, or ``"all"`` for every cell that passes.
        connectivity: 4 or 8 neighbours; the paper is silent.
        side: of the grid, at most :data:`MAX_SIDE`; ``None`` leaves the maps as they are.

    Raises:
        ValueError: an option outside these, or maps that are no grey maps of a known size.

    >>> maps = tf.constant([[[102, 103], [0, 255]]], tf.uint8)
    >>> tf.cast(masks(maps, 0.4, side=None), tf.int32).numpy().tolist()
    [[[0, 1], [0, 1]]]
    >>> masks(maps).shape
    TensorShape([1, 32, 32])
    """
    _check(alpha, components, side)
    maps = _grey(maps)
    levels = tf.cast(maps, tf.float32)
    if side is not None:
        # TensorFlow's antialiased resize does not run under XLA, and growing needs none.
        shrinks = side < max(levels.shape[1:])
        levels = tf.image.resize(levels[..., None], (side, side), antialias=shrinks)[..., 0]
    if alpha == "mean":
        threshold = tf.reduce_mean(levels, axis=[1, 2], keepdims=True)
    else:
        threshold = _threshold(maps, levels, float(alpha))
    kept = levels > threshold + _TOLERANCE
    if components == "largest":
        kept = largest_component(kept, connectivity)
    return kept | ~tf.reduce_any(kept, axis=[1, 2], keepdims=True)


def boxes(maps: tf.Tensor, alpha: float | str = 0.4, **options) -> tf.Tensor:
    """Boxes around the :func:`masks` of grey maps, float32 ``[B, 4]``; options and errors as there.

    >>> boxes(tf.constant([[[0, 255], [0, 255]]], tf.uint8), 0.4, side=None).numpy().tolist()
    [[0.0, 0.5, 1.0, 1.0]]
    """
    return bounding_boxes(masks(maps, alpha, **options))


def bounding_boxes(masks: tf.Tensor) -> tf.Tensor:
    """Boxes ``[ymin, xmin, ymax, xmax]`` in [0, 1] around bool masks ``[B, h, w]``.

    Edges are those of the cells, so a single cell has an area. An empty mask has the whole picture.

    >>> bounding_boxes(tf.constant([[[False, False], [True, False]]])).numpy().tolist()
    [[0.5, 0.0, 1.0, 0.5]]
    """
    masks = as_masks(masks)
    empty = ~tf.reduce_any(masks, axis=[1, 2])
    top, bottom = _extent(tf.reduce_any(masks, axis=2) | empty[:, None])
    left, right = _extent(tf.reduce_any(masks, axis=1) | empty[:, None])
    return tf.stack([top, left, bottom, right], axis=1)


def regions(
    maps: tf.Tensor, alpha: float | str = 0.4, region: str = "box", **options
) -> tuple[tf.Tensor | None, tf.Tensor | None]:
    """Boxes and masks that a picture is cut to by ``region``; options as in :func:`masks`.

    Returns:
        ``"box"``: (boxes, None); ``"mask"``: (None, masks); ``"mask_in_box"``: (boxes, masks).
        Masks lie over the whole picture, with a box too.

    Raises:
        ValueError: an unknown region, or what :func:`masks` refuses.

    >>> found, mask = regions(tf.zeros([1, 8, 8], tf.uint8), 0.4, "box")
    >>> found.numpy().tolist(), mask
    ([[0.0, 0.0, 1.0, 1.0]], None)
    """
    if region not in REGIONS:
        raise ValueError(f"region must be one of {', '.join(REGIONS)}, got {region!r}")
    subject = masks(maps, alpha, **options)
    return (
        None if region == "mask" else bounding_boxes(subject),
        None if region == "box" else subject,
    )


def _threshold(maps: tf.Tensor, levels: tf.Tensor, alpha: float) -> tf.Tensor:
    """255 alpha, or so much of the resized map's own peak where a map with a peak has none above.

    Resizing lowers a peak of one cell, and one of the grey readings ends at 216: an alpha above
    what is left would turn from the smallest region to the whole picture.
    """
    peak = tf.reduce_max(levels, axis=[1, 2], keepdims=True)
    before = tf.cast(tf.reduce_max(maps, axis=[1, 2], keepdims=True), tf.float32)
    stands_out = before > min(255.0 * alpha, _LEAST_PEAK - 0.5)
    below = stands_out & (peak <= 255.0 * alpha + _TOLERANCE)
    of_peak = tf.minimum(alpha * peak, peak - 2 * _TOLERANCE)
    return tf.where(below, of_peak, 255.0 * alpha)


def _extent(lines: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """First and last edge of the True entries of bool ``[B, n]``, in [0, 1]."""
    count = lines.shape[1]
    index = tf.range(count)
    first = tf.reduce_min(tf.where(lines, index, count), axis=1)
    last = tf.reduce_max(tf.where(lines, index + 1, 0), axis=1)
    return tf.cast(first, tf.float32) / count, tf.cast(last, tf.float32) / count


def _grey(maps: tf.Tensor) -> tf.Tensor:
    """The maps as a tensor; other types are other scales, on which a grey level means nothing."""
    maps = tf.convert_to_tensor(maps)
    shape = maps.shape
    if maps.dtype != tf.uint8 or shape.rank != 3 or not all(shape[1:]):
        raise ValueError(
            f"maps must be uint8 [B, h, w] of a known h and w, got {maps.dtype.name} {shape}"
        )
    return maps


def _check(alpha: float | str, components: str, side: int | None) -> None:
    share = isinstance(alpha, numbers.Real) and 0 < alpha < 1
    if alpha != "mean" and not share:
        raise ValueError(
            'alpha must be "mean" or a number between 0 (nearly everything passes) and 1 (nothing '
            f"does), both left out; got {alpha!r}"
        )
    if components not in ("largest", "all"):
        raise ValueError(f"components must be largest or all, got {components!r}")
    if side is not None and side not in range(1, MAX_SIDE + 1):
        raise ValueError(f"side must be 1 to {MAX_SIDE} or None, got {side!r}")
