"""Paints one large object: a bird or something else, before the backdrops of the drawn birds."""

import hashlib
import random

from PIL import Image

from data_pipelines.drawn_birds.artist import SHARED_SCALE
from data_pipelines.drawn_birds.bird import draw_bird
from data_pipelines.drawn_birds.canvas import Layer, Pen, Subject
from data_pipelines.drawn_birds.photograph import SUPERSAMPLE, Picture, photograph
from data_pipelines.drawn_birds.pose import make_individual, make_pose, make_room
from data_pipelines.drawn_birds.species import make_species
from data_pipelines.drawn_birds.things import KINDS

CLASSES = ("bird", *sorted(KINDS))
SPECIES = 100
SMALLEST, LARGEST = 0.14, 0.34

# What `sample_checksum()` must give. Another value means other pictures: raise the
# builder's VERSION and rerun every table.
PIXELS_SHA256 = "f6cd84e759fead4d3fa9427d9e375757bce84244741e3604b740cda6e719316d"


class ObjectArtist:
    """Draws one object of a kind of ``CLASSES``; a picture is a pure function of (seed, id).

    >>> picture = ObjectArtist(size=32).draw("train/snail/0000.jpg", "snail")
    >>> picture.pixels.shape, picture.box[0] < picture.box[2]
    ((32, 32, 3), True)
    """

    def __init__(self, size: int = 160, seed: int = 1):
        if size < 16:
            raise ValueError(
                f"a picture of {size} pixels is too small to hold an object: use 16 or more"
            )
        self.size, self.seed = size, seed
        self.species = make_species(SPECIES, seed)

    def draw(self, picture_id: str, kind: str) -> Picture:
        """Draw the picture ``picture_id`` of an object of this kind."""
        dice = random.Random(f"{self.seed}/object/{picture_id}")
        subject, centre = self._bird(dice) if kind == "bird" else self._thing(dice, kind)
        return photograph(subject, centre, dice, distractors=0)

    def _bird(self, dice: random.Random) -> tuple[Subject, complex]:
        """A bird of any species, as small as among rivals or up to filling the picture."""
        canvas = self.size * SUPERSAMPLE
        pose = make_room(make_pose(dice), dice, dice.uniform(0.9 * SHARED_SCALE, 1.0))
        bird = draw_bird(dice.choice(self.species), make_individual(dice), pose, canvas)
        return bird, pose.centre * canvas

    def _thing(self, dice: random.Random, kind: str) -> tuple[Subject, complex]:
        """An object that stands, like a bird, on a perch."""
        canvas = self.size * SUPERSAMPLE
        layer = Layer(Image.new("RGB", (canvas, canvas)), Image.new("L", (canvas, canvas)))
        reach = dice.uniform(SMALLEST, LARGEST)
        edge = 0.9 * reach
        at = complex(dice.uniform(edge, 1 - edge), dice.uniform(edge, 1 - edge)) * canvas
        reach *= canvas
        KINDS[kind](dice, Pen(layer.paint, layer.mask), at, reach)
        return standing(layer, at, reach), at


def standing(layer: Layer, at: complex, reach: float) -> Subject:
    """What is drawn, held up by a perch below the thing ``at`` a place, of that ``reach``."""
    foot = at + 0.85j * reach
    feet = (foot - 0.1 * reach, foot + 0.1 * reach)
    return Subject(layer.paint, layer.mask, feet, unit=1.3 * reach)


def sample_checksum() -> str:
    """sha256 over raw pixels and boxes of a fixed sample: is this the frozen set?"""
    digest = hashlib.sha256()
    artist = ObjectArtist(size=64)
    for kind in CLASSES:
        for number in range(3):
            picture = artist.draw(f"train/{kind}/{number:04d}.jpg", kind)
            digest.update(picture.pixels.tobytes())
            digest.update(repr([round(edge, 4) for edge in picture.box]).encode())
    return digest.hexdigest()
