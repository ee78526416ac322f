"""A photograph of one subject: the world behind it, light on it, leaves before it, the camera.

Everything is drawn at twice the size and reduced, which smooths edges.
"""

import dataclasses
import random

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from data_pipelines.drawn_birds import light, scene
from data_pipelines.drawn_birds.backdrops import backdrop
from data_pipelines.drawn_birds.canvas import Layer, Pen, Subject

SUPERSAMPLE = 2
LEAST_VISIBLE = 0.7


@dataclasses.dataclass(frozen=True, eq=False)
class Picture:
    """One drawn picture.

    Attributes:
      pixels: uint8 ``[size, size, 3]``.
      box: ``(ymin, xmin, ymax, xmax)`` in [0, 1], the smallest that holds the visible subject.
      mask: uint8 ``[size, size]``, 255 where the subject is seen, between on its edge.
    """

    pixels: np.ndarray
    box: tuple[float, float, float, float]
    mask: np.ndarray


def photograph(
    subject: Subject,
    centre: complex,
    dice: random.Random,
    distractors: float,
    beside: Layer | None = None,
) -> Picture:
    """The subject around ``centre`` (pixels of its canvas), and what stands ``beside`` it."""
    picture, visible = _world(subject, centre, dice, distractors, beside)
    picture = picture.reduce(SUPERSAMPLE)
    if dice.random() < 0.4:
        blur = dice.uniform(0.3, 0.9) * picture.size[0] / 160
        picture = picture.filter(ImageFilter.BoxBlur(blur))
    return framed(light.camera(dice, light.dapple(dice, picture)), visible)


def framed(pixels: np.ndarray, visible: Image.Image) -> Picture:
    """Reduced pixels with box and mask of what is ``visible`` at full canvas size."""
    canvas = visible.size[0]
    box = visible.getbbox() or (0, 0, canvas, canvas)
    left, upper, right, lower = (edge / canvas for edge in box)
    return Picture(pixels, (upper, left, lower, right), np.asarray(visible.reduce(SUPERSAMPLE)))


def _world(
    subject: Subject,
    centre: complex,
    dice: random.Random,
    distractors: float,
    beside: Layer | None,
) -> tuple[Image.Image, Image.Image]:
    """The scene at full canvas size, and the visible part of the subject."""
    canvas = subject.mask.size[0]
    picture = backdrop(dice, canvas)
    pen = Pen(picture)
    scene.distractors(dice, pen, canvas, distractors)
    scene.perch(dice, pen, subject.feet, subject.unit, canvas)
    if beside is not None:
        _place(picture, beside, dice)
    _place(picture, subject, dice)
    visible, shapes = subject.mask.copy(), scene.occluders(dice, canvas, centre)
    whole = visible.histogram()[255]
    for points, colour in shapes:
        covered = visible.copy()
        Pen(covered).fill(points, 0)
        if covered.histogram()[255] >= LEAST_VISIBLE * whole:
            visible = covered
            pen.fill(points, colour)
    return picture, visible


def _place(picture: Image.Image, layer: Layer, dice: random.Random) -> None:
    """Light the layer and paste it into the picture."""
    box = layer.mask.getbbox() or (0, 0, *picture.size)
    shine = light.on_body(layer, box, dice)
    lit = ImageChops.hard_light(layer.paint.crop(box), Image.merge("RGB", (shine, shine, shine)))
    picture.paste(lit, box, layer.mask.crop(box))
