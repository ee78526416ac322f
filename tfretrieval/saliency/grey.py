"""Grey maps: a feature map's strength as brightness 0..255."""

import functools

import numpy as np
import tensorflow as tf

GREYS = ("minmax", "viridis_luma")
"""The two readings of "grey picture"."""


def check_grey(grey: str) -> str:
    """``grey`` itself, or ``ValueError`` with the names there are."""
    if grey not in GREYS:
        raise ValueError(f"grey must be one of {', '.join(GREYS)}, got {grey!r}")
    return grey


def grey_maps(maps: tf.Tensor, grey: str = "minmax") -> tf.Tensor:
    """Maps ``[B, h, w]``, channels already summed, as grey pictures uint8 ``[B, h, w]``.

    * ``"minmax"``: ``round(255 (a - min) / (max - min))``, each picture by itself.
    * ``"viridis_luma"``: that value coloured with viridis, matplotlib's usual colours, and the
      brightness ``0.299 R + 0.587 G + 0.114 B`` of the colour. It runs from 31 to 216, so the same
      alpha keeps another part of the picture.

    Pan et al. 2021, section 2.2, threshold the "brightness" of a visualised feature map and do not
    say which of the two it was. A map that is constant, or holds NaN or infinity, is grey level 0
    everywhere before it is coloured: nothing in it stands out.

    Raises:
        ValueError: another ``grey``, or maps that are not ``[B, h, w]``.

    >>> maps = tf.constant([[[-1.0, 0.0], [0.5, 1.0]]])
    >>> grey_maps(maps).numpy().tolist()
    [[[0, 128], [191, 255]]]
    >>> grey_maps(maps, "viridis_luma").numpy().tolist()
    [[[31, 111], [156, 216]]]
    """
    check_grey(grey)
    maps = tf.cast(maps, tf.float32)
    if maps.shape.rank != 3:
        raise ValueError(f"maps must be [B, h, w], got {maps.shape}")
    low = tf.reduce_min(maps, axis=[1, 2], keepdims=True)
    span = tf.reduce_max(maps, axis=[1, 2], keepdims=True) - low
    finite = tf.reduce_all(tf.math.is_finite(maps), axis=[1, 2], keepdims=True)
    varied = finite & (span > 0) & tf.math.is_finite(span)
    # Both sides of the quotient are made harmless, so that no NaN reaches the cast.
    level = tf.where(varied, maps - low, 0.0) / tf.where(varied, span, 1.0)
    level = tf.cast(tf.round(255 * level), tf.uint8)
    return viridis_luma(level) if grey == "viridis_luma" else level


def viridis_luma(maps: tf.Tensor) -> tf.Tensor:
    """The second reading of ``"minmax"`` maps, uint8 of any shape to uint8 of that shape.

    >>> viridis_luma(tf.constant([0, 102, 255], tf.uint8)).numpy().tolist()
    [31, 99, 216]
    """
    return tf.gather(tf.constant(_brightness()), tf.cast(maps, tf.int32))


@functools.cache
def _brightness() -> np.ndarray:
    """Brightness of viridis' 256 colours (Rec. 601), uint8 ``[256]``."""
    from matplotlib import colormaps

    colours = colormaps["viridis"](np.arange(256))[:, :3]
    return np.round(255 * colours @ [0.299, 0.587, 0.114]).astype(np.uint8)
