"""A map as a warm layer over its picture."""

import numpy as np
from matplotlib import colormaps
from PIL import Image


def heat(image: np.ndarray, grey: np.ndarray) -> np.ndarray:
    """The picture in grey under the map's colours, the clearer the lower the value.

    Args:
        image: uint8 ``[H, W, 3]``.
        grey: uint8 ``[h, w]``, over the whole picture.
    """
    size = (image.shape[1], image.shape[0])
    value = np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BICUBIC)) / 255
    under = np.asarray(Image.fromarray(image).convert("L"))[..., None]
    weight = 0.75 * value[..., None]
    over = 255 * colormaps["inferno"](value)[..., :3]
    return ((1 - weight) * under + weight * over).astype(np.uint8)
