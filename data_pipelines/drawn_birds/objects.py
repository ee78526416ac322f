"""``drawn_objects``: one large object a picture, a bird or something else; here it is "ImageNet".

``DrawnObjects().download_and_prepare()`` draws it. Backdrops, light and camera are those of
``drawn_birds``; the birds are of another seed, so a network trained on this set knows birds and the
rivals of ``drawn_birds/crowded``, but none of its species.
"""

import dataclasses
import hashlib
import random
from collections.abc import Iterator
from typing import Any

import tensorflow_datasets as tfds
from PIL import Image

from data_pipelines.drawn_birds.artist import PHOTO, SHARED_SCALE
from data_pipelines.drawn_birds.bird import draw_bird
from data_pipelines.drawn_birds.canvas import Layer, Pen, Subject
from data_pipelines.drawn_birds.photograph import SUPERSAMPLE, Picture, photograph
from data_pipelines.drawn_birds.pose import make_individual, make_pose, make_room
from data_pipelines.drawn_birds.prepared import DrawnBuilder, example, own_settings
from data_pipelines.drawn_birds.species import make_species
from data_pipelines.drawn_birds.things import KINDS

VERSION = "1.0.0"
CLASSES = ("bird", *sorted(KINDS))
SPECIES = 100
SMALLEST, LARGEST = 0.14, 0.34

# What `sample_checksum()` must give. Another value means other pictures: raise VERSION and rerun
# every table.
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
        foot = at + 0.85j * reach
        feet = (foot - 0.1 * reach, foot + 0.1 * reach)
        return Subject(layer.paint, layer.mask, feet, unit=1.3 * reach), at


@dataclasses.dataclass
class DrawnObjectsConfig(tfds.core.BuilderConfig):
    """How many pictures, and how large; give every own configuration its own ``name``.

    Attributes:
      train_per_class: pictures of each class in ``train`` (training part and database).
      test_per_class: pictures of each class in ``test`` (queries).
      size: side of the square pictures in pixels.
      seed: another seed draws other birds and scenes; ``drawn_birds`` has seed 0.
    """

    train_per_class: int = 200
    test_per_class: int = 50
    size: int = 160
    seed: int = 1

    def settings(self) -> dict[str, Any]:
        """All that decides the pictures, the artist's own checksum included."""
        return {**own_settings(self), "pixels_sha256": PIXELS_SHA256}

    def pictures(self, part: str) -> Iterator[tuple[str, int]]:
        """``(id, label)`` of every picture of ``part``, class by class."""
        each = self.train_per_class if part == "train" else self.test_per_class
        for label, kind in enumerate(CLASSES):
            for number in range(each):
                yield f"{part}/{kind}/{number:04d}.jpg", label


class DrawnObjects(DrawnBuilder):
    """Large objects of seven kinds, one a picture, drawn.

    Parts ``train`` and ``test``. Features: ``image`` (JPEG, uint8), ``image/filename`` (the id),
    ``label``, ``bbox`` (the visible object) and ``domain`` (always 1, photo).
    """

    RELEASE_NOTES = {VERSION: "First frozen set."}
    VERSION = tfds.core.Version(VERSION)
    BUILDER_CONFIGS = [
        DrawnObjectsConfig(name="demo", description="7 kinds x 250 pictures of 160 pixels.")
    ]

    def _info(self) -> tfds.core.DatasetInfo:
        return self.describe("Birds and other objects drawn by a program, with boxes.", CLASSES)

    def _split_generators(self, dl_manager: Any) -> dict[str, Any]:
        del dl_manager  # Everything is drawn here.
        return {part: self._generate_examples(part) for part in ("train", "test")}

    def _generate_examples(self, part: str) -> Iterator[tuple[int, dict[str, Any]]]:
        config = self.builder_config
        artist = ObjectArtist(config.size, config.seed)
        for key, (name, label) in enumerate(config.pictures(part)):
            yield key, example(name, label, artist.draw(name, CLASSES[label]), PHOTO)


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
