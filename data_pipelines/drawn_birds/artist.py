"""Paints one picture: ``Artist(classes, size, seed).draw("train/000.fen_tirrin/0003.jpg", ...)``.

A picture is a pure function of (seed, picture id): the order of drawing, other pictures and global
random state do not enter. Everything is drawn at twice the size and reduced, which smooths edges.
"""

import dataclasses
import random

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from data_pipelines.drawn_birds import light, scene
from data_pipelines.drawn_birds.backdrops import backdrop
from data_pipelines.drawn_birds.bird import DrawnBird, draw_bird
from data_pipelines.drawn_birds.canvas import Pen
from data_pipelines.drawn_birds.pose import make_individual, make_pose
from data_pipelines.drawn_birds.sketch import pen_drawing
from data_pipelines.drawn_birds.species import make_species

SUPERSAMPLE = 2
LEAST_VISIBLE = 0.7
SKETCH, PHOTO = 0, 1


@dataclasses.dataclass(frozen=True, eq=False)
class Picture:
    """One drawn picture.

    Attributes:
      pixels: uint8 ``[size, size, 3]``.
      box: ``(ymin, xmin, ymax, xmax)`` in [0, 1], the smallest that holds the visible bird.
      mask: uint8 ``[size, size]``, 255 where the bird is seen, between on its edge.
    """

    pixels: np.ndarray
    box: tuple[float, float, float, float]
    mask: np.ndarray


class Artist:
    """Draws the pictures of ``classes`` species.

    Args:
      classes: number of species.
      size: side of a picture in pixels, at least 16.
      seed: another seed, another world.
      individuals: birds of a species; picture ``k`` of a class shows its bird ``k % individuals``.
      distractors: strength of the sharp objects behind the bird, 0 none, 1 usual.

    Raises:
      ValueError: a size, number or strength outside its range.

    >>> artist = Artist(classes=5, size=32)
    >>> picture = artist.draw("train/003.x/0000.jpg", label=3, number=0)
    >>> picture.pixels.shape, picture.box[0] < picture.box[2]
    ((32, 32, 3), True)
    """

    def __init__(
        self,
        classes: int,
        size: int = 160,
        seed: int = 0,
        individuals: int = 5,
        distractors: float = 1.0,
    ):
        if size < 16:
            raise ValueError(
                f"a picture of {size} pixels is too small to hold a bird: use 16 or more"
            )
        if individuals < 1 or distractors < 0:
            raise ValueError("individuals must be 1 or more and distractors 0 or more")
        self.species = make_species(classes, seed)
        self.size, self.seed = size, seed
        self.individuals, self.distractors = individuals, distractors

    def draw(self, picture_id: str, label: int, number: int, domain: int = PHOTO) -> Picture:
        """Draw the picture ``picture_id``, the ``number``-th of class ``label``.

        The sketch ``sketch_train/...`` has the pose of the photo ``train/...``, in full view on
        white paper.
        """
        canvas = self.size * SUPERSAMPLE
        who = random.Random(f"{self.seed}/bird/{label}/{number % self.individuals}")
        pose = make_pose(random.Random(f"{self.seed}/pose/{picture_id.removeprefix('sketch_')}"))
        bird = draw_bird(self.species[label], make_individual(who), pose, canvas)
        dice = random.Random(f"{self.seed}/scene/{picture_id}/{domain}")
        if domain == SKETCH:
            ink = pen_drawing(bird, dice)
            picture, visible = Image.merge("RGB", (ink, ink, ink)), bird.mask
        else:
            picture, visible = self._photo(bird, pose.centre * canvas, dice)
        left, upper, right, lower = (
            edge / canvas for edge in visible.getbbox() or (0, 0, canvas, canvas)
        )
        picture = picture.reduce(SUPERSAMPLE)
        pixels = self._expose(picture, dice) if domain == PHOTO else np.asarray(picture)
        mask = np.asarray(visible.reduce(SUPERSAMPLE))
        return Picture(pixels, (upper, left, lower, right), mask)

    def _photo(
        self, bird: DrawnBird, centre: complex, dice: random.Random
    ) -> tuple[Image.Image, Image.Image]:
        """The scene at full canvas size, and the visible part of the bird."""
        canvas = bird.mask.size[0]
        picture = backdrop(dice, canvas)
        pen = Pen(picture)
        scene.distractors(dice, pen, canvas, self.distractors)
        scene.perch(dice, pen, bird.feet, bird.unit, canvas)
        box = bird.mask.getbbox() or (0, 0, canvas, canvas)
        shine = light.on_bird(bird, box, dice)
        lit = ImageChops.hard_light(bird.paint.crop(box), Image.merge("RGB", (shine, shine, shine)))
        picture.paste(lit, box, bird.mask.crop(box))
        visible, shapes = bird.mask.copy(), scene.occluders(dice, canvas, centre)
        whole = visible.histogram()[255]
        for points, colour in shapes:
            covered = visible.copy()
            Pen(covered).fill(points, 0)
            if covered.histogram()[255] >= LEAST_VISIBLE * whole:
                visible = covered
                pen.fill(points, colour)
        return picture, visible

    def _expose(self, picture: Image.Image, dice: random.Random) -> np.ndarray:
        """Focus, shade and camera."""
        if dice.random() < 0.4:
            picture = picture.filter(ImageFilter.BoxBlur(dice.uniform(0.3, 0.9) * self.size / 160))
        return light.camera(dice, light.dapple(dice, picture))
