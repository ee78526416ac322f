"""The second domain: the same bird as a pen drawing."""

import random

import numpy as np
from PIL import Image, ImageFilter

from data_pipelines.drawn_birds.canvas import Layer, grain


def pen_drawing(bird: Layer, dice: random.Random) -> Image.Image:
    """Outlines where flat colours meet, hatching on dark plumage, a slightly shaky hand."""
    size = bird.mask.size[0]
    inside = np.asarray(bird.mask) > 0
    tone = np.asarray(bird.paint.convert("L"), np.int16)
    rows, columns = np.mgrid[:size, :size]
    gap = max(6, size // 40)
    hatch = ((rows + columns) % gap == 0) & (tone < 125) | ((rows - columns) % gap == 0) & (
        tone < 65
    )
    page = np.where(hatch & inside, 110, 255).astype(np.uint8)
    tone = np.where(inside, tone, 400)
    for axis in (0, 1):
        jump = np.abs(np.diff(tone, axis=axis, prepend=400))
        page[jump > 8] = 40
        page[jump > 200] = 0
    # The silhouette is the thickest line.
    outline = Image.fromarray(np.where(inside, 255, 0).astype(np.uint8))
    edge = np.asarray(outline.filter(ImageFilter.MaxFilter(3))) > np.asarray(outline)
    page[edge] = 0
    wobble = np.asarray(grain(dice, 9, 9, size), np.int16) // max(8, 3600 // size) - 128 // max(
        8, 3600 // size
    )
    return Image.fromarray(page[np.clip(rows + wobble, 0, size - 1), columns])
