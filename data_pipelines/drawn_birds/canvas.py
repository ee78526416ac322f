"""A small drawing kit: points are complex numbers (x + iy, y down), shapes are filled polygons.

Complex arithmetic keeps the geometry short: turning is multiplying by ``exp(i angle)``.
"""

import dataclasses
import math
import random

import numpy as np
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]


@dataclasses.dataclass(frozen=True)
class Layer:
    """Flat colours [size, size] and the silhouette (0 or 255) that they fill."""

    paint: Image.Image
    mask: Image.Image


@dataclasses.dataclass(frozen=True)
class Subject(Layer):
    """What a picture is of: also where its two feet hold on, and its unit of length in pixels."""

    feet: tuple[complex, complex]
    unit: float


def turn(angle: float) -> complex:
    """The unit vector at ``angle`` radians, clockwise on screen because y points down."""
    return complex(math.cos(angle), math.sin(angle))


def _catmull_rom(keys: int, samples: int, closed: bool) -> np.ndarray:
    """Matrix [samples, keys]: a smooth curve through the keys is ``matrix @ keys``."""
    spans = keys if closed else keys - 1
    matrix = np.zeros((samples, keys))
    for row, u in enumerate(np.linspace(0, spans, samples, endpoint=not closed)):
        i = min(int(u), spans - 1)
        s = u - i
        weights = (
            -0.5 * s + s * s - 0.5 * s**3,
            1 - 2.5 * s * s + 1.5 * s**3,
            0.5 * s + 2 * s * s - 1.5 * s**3,
            -0.5 * s * s + 0.5 * s**3,
        )
        for offset, weight in zip((-1, 0, 1, 2), weights, strict=True):
            k = (i + offset) % keys if closed else min(max(i + offset, 0), keys - 1)
            matrix[row, k] += weight
    return matrix


_MATRICES: dict[tuple[int, int, bool], np.ndarray] = {}


def smooth(keys: np.ndarray | list[complex], samples: int, closed: bool = False) -> np.ndarray:
    """``samples`` points of the Catmull-Rom curve through ``keys`` (complex or real)."""
    key = (len(keys), samples, closed)
    if key not in _MATRICES:
        _MATRICES[key] = _catmull_rom(*key)
    return _MATRICES[key] @ np.asarray(keys)


CIRCLE = np.exp(2j * np.pi * np.arange(20) / 20)


class Pen:
    """Draws on a picture and, where given, marks the same pixels on a mask with ``mark``."""

    def __init__(self, image: Image.Image, mask: Image.Image | None = None, mark: int = 255):
        self._draw = ImageDraw.Draw(image)
        self._mask = None if mask is None else ImageDraw.Draw(mask)
        self._mark = mark

    def fill(self, points: np.ndarray, colour: Colour | int) -> None:
        """Fill the closed polygon through ``points``."""
        # Pillow truncates polygon corners to whole pixels; half a pixel more makes that rounding.
        flat = (points + (0.5 + 0.5j)).astype(np.complex128).view(np.float64).tolist()
        self._draw.polygon(flat, fill=colour)
        if self._mask is not None:
            self._mask.polygon(flat, fill=self._mark)

    def stroke(self, points: np.ndarray, colour: Colour, width: float) -> None:
        """Draw an open line ``width`` pixels wide."""
        flat = np.asarray(points, np.complex128).view(np.float64).tolist()
        pixels = max(1, round(width))
        self._draw.line(flat, fill=colour, width=pixels, joint="curve" if pixels > 3 else None)
        if self._mask is not None:
            self._mask.line(flat, fill=self._mark, width=pixels)

    def dot(self, centre: complex, radius: float, colour: Colour) -> None:
        """Fill a circle."""
        self.fill(centre + radius * CIRCLE, colour)


def shade(colour: Colour, factor: float) -> Colour:
    """The colour made darker (factor below 1) or lighter (above 1, towards white)."""
    if factor <= 1:
        r, g, b = (int(c * factor) for c in colour)
    else:
        r, g, b = (int(c + (255 - c) * (1 - 1 / factor)) for c in colour)
    return r, g, b


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """``share`` of b in a."""
    red, green, blue = (int(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


def grain(dice: random.Random, across: int, down: int, size: int) -> Image.Image:
    """Smooth grey noise: ``down`` x ``across`` random cells blown up to ``size`` x ``size``."""
    cells = Image.frombytes("L", (across, down), dice.randbytes(across * down))
    everything = 0, 0, across, down
    return resized(cells, (size, size), everything, Image.Resampling.BICUBIC, down > size)


def resized(
    image: Image.Image,
    size: tuple[int, int],
    box: tuple[float, float, float, float],
    resample: Image.Resampling,
    rows_first: bool,
) -> Image.Image:
    """What is in the ``box``, a side at a time: which one comes first decides some pixels, and
    versions of Pillow differ."""
    (wide, high), (left, upper, right, lower) = size, box
    if rows_first:
        image = image.resize((image.width, high), resample, (0, upper, image.width, lower))
        return image.resize(size, resample, (left, 0, right, high))
    image = image.resize((wide, image.height), resample, (left, 0, right, image.height))
    return image.resize(size, resample, (0, upper, wide, lower))
