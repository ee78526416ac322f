"""Light: on the rounded body, through leaves on the whole picture, and in the camera."""

import functools
import random

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from data_pipelines.drawn_birds.canvas import Layer, grain, resized


@functools.lru_cache(maxsize=4)
def _feathers(size: int) -> Image.Image:
    """A fine grey texture around 128, twice the canvas: each picture takes another piece."""
    dice = random.Random("feathers")
    fine = Image.blend(
        grain(dice, size // 2, size // 4, 2 * size), grain(dice, size, size, 2 * size), 0.4
    )
    return fine.point([128 + (g - 128) // 5 for g in range(256)])


def on_body(body: Layer, box: tuple[int, int, int, int], dice: random.Random) -> Image.Image:
    """Light on a body inside ``box``, grey, 128 neutral: brighter towards the lamp."""
    size = body.mask.size[0]
    tiny = max(8, size // 8)
    soft = body.mask.resize((tiny, tiny), Image.Resampling.BOX).filter(
        ImageFilter.BoxBlur(tiny / 24)
    )
    height = np.asarray(soft.filter(ImageFilter.BoxBlur(tiny / 14)), np.float32)
    # The blurred silhouette stands in for the height of a rounded body: its slope faces the lamp.
    reach = max(1, tiny // 20)
    aside = dice.choice((-1, 0, 1)) * reach
    slope = np.roll(height, (-reach, aside), (0, 1)) - np.roll(height, (reach, -aside), (0, 1))
    light = np.clip(128 + dice.uniform(0.25, 0.5) * slope, 40, 215).astype(np.uint8)
    wide, high = box[2] - box[0], box[3] - box[1]
    share = tiny / size
    part = box[0] * share, box[1] * share, box[2] * share, box[3] * share
    grey = resized(
        Image.fromarray(light), (wide, high), part, Image.Resampling.BILINEAR, wide > 4 * high
    )
    x, y = dice.randrange(size), dice.randrange(size)
    return ImageChops.add(grey, _feathers(size).crop((x, y, x + wide, y + high)), 1, -128)


def dapple(dice: random.Random, picture: Image.Image) -> Image.Image:
    """Patchy shade over the whole picture."""
    size = picture.size[0]
    cells = dice.choice((2, 3, 5))
    floor = dice.randint(150, 230)
    patches = grain(dice, cells, cells, size).point(
        [min(255, floor + (255 - floor) * g // 150) for g in range(256)]
    )
    return ImageChops.multiply(picture, Image.merge("RGB", (patches,) * 3))


def camera(dice: random.Random, picture: Image.Image) -> np.ndarray:
    """White balance, exposure, contrast and haze as one table a channel, then sensor noise."""
    exposure = dice.uniform(0.86, 1.16)
    contrast = dice.uniform(0.9, 1.15)
    warm, tint = dice.uniform(-0.07, 0.07), dice.uniform(-0.03, 0.03)
    haze, noise = dice.uniform(0, 12), dice.randint(4, 16)
    gains = exposure * np.array([[1 + warm], [1 + tint], [1 - warm]])
    table = haze + gains * (120 * (1 - contrast) + contrast * (1 - haze / 255) * np.arange(256))
    table = np.clip(table, 0, 255).astype(np.int16)
    pixels = np.asarray(picture)
    grains = np.frombuffer(dice.randbytes(pixels.size), np.uint8).reshape(pixels.shape)
    seen = np.stack([table[c][pixels[..., c]] for c in range(3)], -1)
    # An integer shift, not a float product: the same pixels on every machine.
    seen += ((grains.astype(np.int16) - 128) * noise) >> 8
    return np.clip(seen, 0, 255).astype(np.uint8)
