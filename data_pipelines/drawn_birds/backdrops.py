"""The world behind the bird, out of focus."""

import random
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageFilter

from data_pipelines.drawn_birds.canvas import Colour, Pen, grain, mix, shade

GREENS: tuple[Colour, ...] = (
    (84, 112, 52),
    (58, 88, 48),
    (122, 138, 66),
    (46, 70, 52),
    (142, 150, 92),
)
AUTUMN: tuple[Colour, ...] = (
    (168, 112, 48),
    (138, 78, 42),
    (190, 150, 70),
    (110, 84, 52),
    (150, 58, 44),
)
WOOD: tuple[Colour, ...] = ((96, 76, 60), (124, 108, 92), (76, 66, 58), (140, 118, 90))
SKIES: tuple[tuple[Colour, Colour], ...] = (
    ((122, 164, 208), (214, 226, 234)),
    ((168, 178, 188), (222, 222, 218)),
    ((96, 122, 170), (238, 190, 150)),
    ((70, 96, 130), (176, 196, 206)),
)
WATERS: tuple[tuple[Colour, Colour], ...] = (
    ((64, 98, 118), (150, 178, 188)),
    ((58, 76, 66), (128, 142, 118)),
    ((96, 110, 128), (196, 200, 204)),
)


def _blend(noise: Image.Image, low: Colour, high: Colour) -> Image.Image:
    """Grey noise coloured from ``low`` to ``high``."""
    bands = [
        noise.point([a + (b - a) * g // 255 for g in range(256)])
        for a, b in zip(low, high, strict=True)
    ]
    return Image.merge("RGB", bands)


def _foliage(dice: random.Random, size: int) -> Image.Image:
    leaves = dice.choice((GREENS, GREENS, AUTUMN))
    cells = dice.choice((5, 9, 16))
    picture = _blend(
        grain(dice, cells, cells, size), shade(dice.choice(leaves), 0.45), dice.choice(leaves)
    )
    pen = Pen(picture)
    for _ in range(dice.randint(8, 26)):
        centre = complex(dice.uniform(0, size), dice.uniform(0, size))
        glow = mix(dice.choice(leaves), (236, 236, 190), dice.uniform(0, 0.55))
        pen.dot(centre, size * dice.uniform(0.02, 0.09), glow)
    return picture


def _sky(dice: random.Random, size: int) -> Image.Image:
    top, low = dice.choice(SKIES)
    ramp = Image.linear_gradient("L").resize((size, size))
    clouds = grain(dice, 4, 7, size)
    return _blend(Image.blend(ramp, clouds, dice.uniform(0.1, 0.55)), top, low)


def _water(dice: random.Random, size: int) -> Image.Image:
    deep, bright = dice.choice(WATERS)
    waves = Image.blend(grain(dice, 4, 24, size), grain(dice, 9, 60, size), 0.45)
    return _blend(waves, deep, bright)


def _meadow(dice: random.Random, size: int) -> Image.Image:
    blades = dice.choice((GREENS, GREENS, AUTUMN))
    picture = _blend(grain(dice, 12, 3, size), shade(blades[0], 0.6), dice.choice(blades))
    pen = Pen(picture)
    for _ in range(30):
        foot = complex(dice.uniform(-0.1, 1.1), dice.uniform(0.5, 1.3)) * size
        tip = foot + size * complex(dice.uniform(-0.15, 0.15), -dice.uniform(0.3, 0.8))
        pen.stroke(
            np.array([foot, tip]), shade(dice.choice(blades), dice.uniform(0.6, 1.3)), size * 0.02
        )
    return picture


def _bark(dice: random.Random, size: int) -> Image.Image:
    wood = dice.choice(WOOD)
    rough = Image.blend(grain(dice, 26, 5, size), grain(dice, 40, 14, size), 0.5)
    return _blend(rough, shade(wood, 0.5), shade(wood, 1.5))


BACKDROPS: tuple[Callable[[random.Random, int], Image.Image], ...] = (
    _foliage, _foliage, _sky, _water, _meadow, _bark,
)  # fmt: skip


def backdrop(dice: random.Random, size: int) -> Image.Image:
    """An out-of-focus world: drawn small and enlarged, which blurs it as a lens does."""
    small = dice.choice(BACKDROPS)(dice, max(8, size // 4)).filter(ImageFilter.BoxBlur(0.7))
    return small.resize((size, size), Image.Resampling.BILINEAR)
