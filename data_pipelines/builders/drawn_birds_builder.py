"""The TFDS builder of the drawn birds.

``DrawnBirds(config="demo").download_and_prepare()`` draws the pictures; nothing is downloaded.
"""

import dataclasses
import functools
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from data_pipelines.builders.drawn_builder import DrawnBuilder, example, own_settings
from data_pipelines.drawn_birds.artist import PIXELS_SHA256, RIVALS_SHA256, Artist
from data_pipelines.drawn_birds.species import make_species
from data_pipelines.records import PHOTO, SKETCH

VERSION = "1.0.0"


@dataclasses.dataclass
class DrawnBirdsConfig(tfds.core.BuilderConfig):
    """How many pictures of how many species, how large, and how hard.

    Give every own configuration its own ``name``: prepared data lie in a folder of that name.

    Attributes:
      classes: number of species, 1 to 210, five to a genus.
      train_per_class: pictures of each class in ``train`` (training part and database).
      test_per_class: pictures of each class in ``test`` (queries).
      short_classes: so many classes, the last ones, have one picture fewer in each part.
      size: side of the square pictures in pixels.
      seed: another seed draws other species.
      individuals: birds of a class; both parts show the same birds in other poses.
      distractors: strength of the sharp objects behind the bird, 0 none, 1 usual, 2 crowded.
      rivals: at most so many objects as large as the bird beside it; with any the bird is smaller
        and anywhere in the picture.
      sketches: also draw ``sketch_train`` and ``sketch_test``: the same birds as line drawings.
    """

    classes: int = 40
    train_per_class: int = 50
    test_per_class: int = 25
    short_classes: int = 0
    size: int = 160
    seed: int = 0
    individuals: int = 5
    distractors: float = 1.0
    rivals: int = 0
    sketches: bool = False

    def settings(self) -> dict[str, Any]:
        """All that decides the pictures, the artist's own checksum included."""
        own = own_settings(self)
        if self.rivals:
            return {**own, "pixels_sha256": RIVALS_SHA256}
        # Sets prepared before there were rivals do not mention them, and are still right.
        del own["rivals"]
        return {**own, "pixels_sha256": PIXELS_SHA256}

    def artist(self) -> Artist:
        """The artist who draws this configuration."""
        return Artist(
            self.classes,
            self.size,
            self.seed,
            individuals=self.individuals,
            distractors=self.distractors,
            rivals=self.rivals,
        )

    def pictures(self, part: str) -> Iterator[tuple[str, int, int]]:
        """``(id, label, number)`` of every picture of ``part``, class by class."""
        each = self.train_per_class if part.endswith("train") else self.test_per_class
        for label, species in enumerate(make_species(self.classes, self.seed)):
            for number in range(each - (label >= self.classes - self.short_classes)):
                yield f"{part}/{label:03d}.{species.name}/{number:04d}.jpg", label, number


class DrawnBirds(DrawnBuilder):
    """Fine-grained bird species, drawn: a demonstration set that needs no network.

    Parts ``train`` and ``test``, with ``sketches`` also ``sketch_train`` and ``sketch_test``.
    Features: ``image`` (JPEG, uint8), ``image/filename`` (the id), ``label``, ``bbox`` (the visible
    bird), ``individual`` (which bird, numbered through) and ``domain`` (1 photo, 0 sketch).
    """

    RELEASE_NOTES = {VERSION: "First frozen set."}
    VERSION = tfds.core.Version(VERSION)
    BUILDER_CONFIGS = [
        DrawnBirdsConfig(name="demo", description="40 species x 75 pictures of 160 pixels."),
        DrawnBirdsConfig(
            name="demo_sketches",
            description="The pictures of `demo` and each as a line drawing.",
            sketches=True,
        ),
        DrawnBirdsConfig(
            name="cub_like",
            description="As many classes and pictures as CUB-200-2011, 320 pixels.",
            classes=200,
            train_per_class=30,
            test_per_class=29,
            short_classes=6,
            size=320,
            individuals=6,
        ),
        DrawnBirdsConfig(
            name="crowded",
            description="20 species among up to three other objects as large as the bird.",
            classes=20,
            train_per_class=40,
            rivals=3,
        ),
    ]

    def _info(self) -> tfds.core.DatasetInfo:
        config = self.builder_config
        return self.describe(
            "Bird species drawn by a program, with boxes, individuals and sketches.",
            [bird.name for bird in make_species(config.classes, config.seed)],
            individual=np.int32,
        )

    def _split_generators(self, dl_manager: Any) -> dict[str, Any]:
        del dl_manager  # Everything is drawn here.
        parts = ["train", "test"]
        if self.builder_config.sketches:
            parts += ["sketch_train", "sketch_test"]
        return {part: self._generate_examples(part) for part in parts}

    def _generate_examples(self, part: str) -> Any:
        domain = SKETCH if part.startswith("sketch") else PHOTO
        draw = functools.partial(_drawn, self.builder_config.artist(), domain)
        return self.examples(enumerate(self.builder_config.pictures(part)), draw)


def _drawn(
    artist: Artist, domain: int, numbered: tuple[int, tuple[str, int, int]]
) -> tuple[int, dict[str, Any]]:
    key, (name, label, number) = numbered
    picture = artist.draw(name, label, number, domain)
    bird = label * artist.individuals + number % artist.individuals
    return key, example(name, label, picture, domain, individual=bird)
