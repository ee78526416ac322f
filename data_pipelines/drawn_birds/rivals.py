"""Things as large as the bird that stand beside it and draw the eye as much as it does."""

import random

import numpy as np
from PIL import Image

from data_pipelines.drawn_birds.canvas import Layer, Pen
from data_pipelines.drawn_birds.things import KINDS

CELLS = 40
TRIES = 60
SMALLEST, LARGEST = 0.13, 0.21


def stand_beside(dice: random.Random, bird: Image.Image, count: int) -> Layer:
    """At most ``count`` things that touch neither the bird (its mask) nor each other.

    Each gets ``TRIES`` throws of a place and a size, a radius of ``SMALLEST`` to ``LARGEST`` of the
    picture's side; one that finds no room stays away.
    """
    size = bird.size[0]
    layer = Layer(Image.new("RGB", bird.size), Image.new("L", bird.size))
    pen = Pen(layer.paint, layer.mask)
    rows, columns = np.nonzero(np.asarray(bird.resize((CELLS, CELLS), Image.Resampling.BOX)))
    bird_cells = (columns + 0.5 + 1j * (rows + 0.5)) / CELLS
    kinds, placed = sorted(KINDS), list[tuple[complex, float]]()
    for _ in range(TRIES * count):
        if len(placed) == count:
            break
        reach = dice.uniform(SMALLEST, LARGEST)
        edge = 0.7 * reach
        at = complex(dice.uniform(edge, 1 - edge), dice.uniform(edge, 1 - edge))
        apart = all(abs(at - other) > 0.95 * (reach + radius) for other, radius in placed)
        if apart and np.abs(bird_cells - at).min(initial=2) > 0.95 * reach:
            KINDS[dice.choice(kinds)](dice, pen, at * size, reach * size)
            placed.append((at, reach))
    return layer
