"""A hand that draws the same emoji otherwise each time: turned, stretched, bent, in other colours.

Colour and line drawings of an emoji have the same outlines, pixel by pixel. Each rendering is
changed on its own, so that only who knows the thing finds it again.
"""

import math
import random

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from data_pipelines.drawn_birds.photograph import Picture
from data_pipelines.openmoji.glyphs import CANVAS, EM, colour, outlines
from data_pipelines.records import PHOTO

# Cells of the grid that bends a drawing.
GRID = 4


def draw(name: str, character: str, domain: int, size: int, seed: int) -> Picture:
    """The rendering that this name stands for.

    Args:
        name: of the picture; another name, another rendering.
        domain: line drawing (0) or colour (1).
        size: side in pixels.
    """
    dice = random.Random(f"{seed} {name}")
    shown = colour(character) if domain == PHOTO else _ink(outlines(character), dice)
    shown = _bend(shown, dice)
    box = shown.getchannel("A").getbbox()
    if domain == PHOTO:
        shown = _tint(shown, dice)
        paper = _paper(dice)
    else:
        paper = Image.new("RGB", (CANVAS, CANVAS), "white")
    paper.paste(shown, (0, 0), shown)
    # Nothing is drawn so far out that it leaves the canvas.
    assert box is not None
    left, top, right, bottom = (edge / CANVAS for edge in box)
    pixels, mask = (
        np.asarray(x.resize((size, size), Image.Resampling.BOX))
        for x in (paper, shown.getchannel("A"))
    )
    return Picture(pixels, (top, left, bottom, right), mask)


def _ink(lines: Image.Image, dice: random.Random) -> Image.Image:
    """Black lines, thinner or thicker than they were."""
    width = dice.choice((-2, 0, 2, 4))
    if width > 0:
        lines = lines.filter(ImageFilter.MaxFilter(width + 1))
    elif width < 0:
        lines = lines.filter(ImageFilter.MinFilter(1 - width))
    ink = Image.new("RGBA", lines.size, "black")
    ink.putalpha(lines)
    return ink


def _bend(shown: Image.Image, dice: random.Random) -> Image.Image:
    """Turned up to 30 degrees, mirrored or not, stretched, sheared, moved, and bent a little."""
    angle = math.radians(dice.uniform(-30, 30))
    scale = dice.uniform(0.62, 1.05) * dice.choice((-1, 1)), dice.uniform(0.62, 1.05)
    shear = dice.uniform(-0.25, 0.25)
    cos, sin = math.cos(angle), math.sin(angle)
    turned = np.array([[cos, -sin], [sin, cos]]) @ np.array([[1, shear], [0, 1]]) @ np.diag(scale)
    # Where the middle of the emoji goes; nothing of it leaves the canvas by more than a little.
    reach = np.abs(turned).sum(axis=1) * EM / 2
    room = np.maximum(0, CANVAS / 2 - reach)
    middle = CANVAS / 2 + np.array([dice.uniform(-1, 1), dice.uniform(-1, 1)]) * room
    corners = np.linspace(0, CANVAS, GRID + 1)
    goal = np.stack(np.meshgrid(corners, corners, indexing="xy"), axis=-1)
    source = (goal - middle) @ np.linalg.inv(turned).T + CANVAS / 2
    wobble = [dice.gauss(0, CANVAS / 60) for _ in range(2 * (GRID + 1) ** 2)]
    source += np.array(wobble).reshape(source.shape)
    # From every square of the picture to the quadrilateral that it shows.
    mesh = []
    for row in range(GRID):
        for column in range(GRID):
            square = (*goal[row, column], *goal[row + 1, column + 1])
            quad = [source[row + y, column + x] for y, x in ((0, 0), (1, 0), (1, 1), (0, 1))]
            mesh.append((tuple(map(round, square)), tuple(np.concatenate(quad))))
    return shown.transform(shown.size, Image.Transform.MESH, mesh, Image.Resampling.BICUBIC)


def _tint(shown: Image.Image, dice: random.Random) -> Image.Image:
    """Colours turned a little on the wheel, paler or stronger, darker or lighter."""
    alpha = shown.getchannel("A")
    hue, saturation, value = shown.convert("RGB").convert("HSV").split()
    turn = dice.randrange(-18, 19)
    hue = hue.point([(i + turn) % 256 for i in range(256)])
    tinted = Image.merge("HSV", (hue, saturation, value)).convert("RGB")
    tinted = ImageEnhance.Color(tinted).enhance(dice.uniform(0.6, 1.3))
    tinted = ImageEnhance.Brightness(tinted).enhance(dice.uniform(0.8, 1.15))
    tinted.putalpha(alpha)
    return tinted


def _paper(dice: random.Random) -> Image.Image:
    """A coloured ground of soft spots."""
    ground = [dice.randrange(110, 236) for _ in range(3)]
    cells = bytes(min(255, dice.randrange(-40, 41) + c) for _ in range(9) for c in ground)
    return Image.frombytes("RGB", (3, 3), cells).resize((CANVAS, CANVAS), Image.Resampling.BICUBIC)
