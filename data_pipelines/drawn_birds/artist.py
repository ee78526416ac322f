"""Paints one picture: ``Artist(classes, size, seed).draw("train/000.fen_tirrin/0003.jpg", ...)``.

A picture is a pure function of (seed, picture id): the order of drawing, other pictures and global
random state do not enter.
"""

import hashlib
import random

import numpy as np
from PIL import Image

from data_pipelines.drawn_birds.bird import draw_bird
from data_pipelines.drawn_birds.photograph import SUPERSAMPLE, Picture, framed, photograph
from data_pipelines.drawn_birds.pose import make_individual, make_pose, make_room
from data_pipelines.drawn_birds.rivals import stand_beside
from data_pipelines.drawn_birds.sketch import pen_drawing
from data_pipelines.drawn_birds.species import make_species
from data_pipelines.records import PHOTO, SKETCH

# Among rivals the bird is so much smaller: it has to share the picture.
SHARED_SCALE = 0.62

# What `sample_checksum()` must give. Another value means other pictures: raise the
# builder's VERSION and rerun every table.
PIXELS_SHA256 = "9320f3c02223e50f2c093d49d2eafb0e452e56ce93469e2833a08c1470648317"
# The same of the sample with three rivals, which another part of the program draws.
RIVALS_SHA256 = "bd1ba936633994a11ea8b59dba5cdd100de1706caad11f5448a1573b33b9b586"


class Artist:
    """Draws the pictures of ``classes`` species.

    Args:
      classes: number of species.
      size: side of a picture in pixels, at least 16.
      seed: another seed, another world.
      individuals: birds of a species; picture ``k`` of a class shows its bird ``k % individuals``.
      distractors: strength of the sharp objects behind the bird, 0 none, 1 usual.
      rivals: at most so many objects as large as the bird beside it, as far as there is room; with
        any the bird is smaller and anywhere in the picture.

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
        rivals: int = 0,
    ):
        if size < 16:
            raise ValueError(
                f"a picture of {size} pixels is too small to hold a bird: use 16 or more"
            )
        if individuals < 1 or distractors < 0 or rivals < 0:
            raise ValueError("individuals must be 1 or more, distractors and rivals 0 or more")
        self.species = make_species(classes, seed)
        self.size, self.seed = size, seed
        self.individuals, self.distractors, self.rivals = individuals, distractors, rivals

    def draw(self, picture_id: str, label: int, number: int, domain: int = PHOTO) -> Picture:
        """Draw the picture ``picture_id``, the ``number``-th of class ``label``.

        The sketch ``sketch_train/...`` has the pose of the photo ``train/...``, in full view on
        white paper.
        """
        canvas = self.size * SUPERSAMPLE
        who = random.Random(f"{self.seed}/bird/{label}/{number % self.individuals}")
        pose_dice = random.Random(f"{self.seed}/pose/{picture_id.removeprefix('sketch_')}")
        pose = make_pose(pose_dice)
        if self.rivals:
            pose = make_room(pose, pose_dice, SHARED_SCALE)
        bird = draw_bird(self.species[label], make_individual(who), pose, canvas)
        dice = random.Random(f"{self.seed}/scene/{picture_id}/{domain}")
        if domain == SKETCH:
            ink = pen_drawing(bird, dice)
            page = Image.merge("RGB", (ink, ink, ink)).reduce(SUPERSAMPLE)
            return framed(np.asarray(page), bird.mask)
        beside = None
        if self.rivals:
            rival_dice = random.Random(f"{self.seed}/rivals/{picture_id}")
            beside = stand_beside(rival_dice, bird.mask, self.rivals)
        return photograph(bird, pose.centre * canvas, dice, self.distractors, beside)


def sample_checksum(rivals: int = 0) -> str:
    """sha256 over raw pixels and boxes of a fixed sample: is this the frozen set?"""
    digest = hashlib.sha256()
    artist = Artist(classes=40, size=64, rivals=rivals)
    for label in (0, 7, 21, 39):
        for number in (0, 3):
            for part, domain in (("train", PHOTO), ("test", PHOTO), ("sketch_test", SKETCH)):
                name = f"{part}/{label:03d}.{artist.species[label].name}/{number:04d}.jpg"
                picture = artist.draw(name, label, number, domain)
                digest.update(picture.pixels.tobytes())
                digest.update(repr([round(edge, 4) for edge in picture.box]).encode())
    return digest.hexdigest()
