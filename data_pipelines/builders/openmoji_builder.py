"""The TFDS builder of OpenMoji's drawings.

``Openmoji(config="demo").download_and_prepare()`` draws the pictures; nothing is downloaded.
"""

import dataclasses
import functools
import random
from collections.abc import Iterator
from typing import Any

import tensorflow_datasets as tfds

from data_pipelines.builders.drawn_builder import DrawnBuilder, example, own_settings
from data_pipelines.openmoji.glyphs import characters, class_name
from data_pipelines.openmoji.hand import draw
from data_pipelines.records import PHOTO, SKETCH

VERSION = "1.0.0"
CITATION = "OpenMoji, the open-source emoji and icon project. https://openmoji.org. CC BY-SA 4.0"


@dataclasses.dataclass
class OpenmojiConfig(tfds.core.BuilderConfig):
    """How many renderings of how many emoji, and how large.

    Give every own configuration its own ``name``: prepared data lie in a folder of that name.

    Attributes:
      classes: number of emoji, drawn by the seed; 258 are all.
      unseen: so many of them, the last labels, have no training sketches.
      train_sketches: line drawings of each seen class in ``sketch_train``.
      test_sketches: line drawings of each class in ``sketch_test`` (queries).
      photos: colour drawings of each class in ``photo``.
      size: side of the square pictures in pixels.
      seed: another seed draws other classes and renderings.
    """

    classes: int = 258
    unseen: int = 58
    train_sketches: int = 40
    test_sketches: int = 10
    photos: int = 25
    size: int = 128
    seed: int = 0

    def settings(self) -> dict[str, Any]:
        """All that decides the pictures."""
        return own_settings(self)

    def emoji(self) -> list[str]:
        """The characters of the classes, in the order of their labels: the seen ones first."""
        known = characters()
        if not 0 <= self.unseen < self.classes <= len(known):
            raise ValueError(
                f"openmoji has {len(known)} classes: classes={self.classes}, unseen={self.unseen} "
                "cannot be drawn"
            )
        return random.Random(f"{self.seed} classes").sample(known, self.classes)

    def pictures(self, part: str) -> Iterator[tuple[str, int, str]]:
        """``(id, label, character)`` of every picture of ``part``, class by class."""
        emoji = self.emoji()
        each = {
            "photo": self.photos,
            "sketch_train": self.train_sketches,
            "sketch_test": self.test_sketches,
        }[part]
        seen = len(emoji) - self.unseen
        for label, character in enumerate(emoji[:seen] if part == "sketch_train" else emoji):
            for number in range(each):
                yield f"{part}/{class_name(character)}/{number:04d}.jpg", label, character


class Openmoji(DrawnBuilder):
    """Colour and line drawings of emoji: for retrieval of the one by the other.

    Parts ``photo`` (colour, all classes), ``sketch_train`` (line drawings of the seen classes) and
    ``sketch_test`` (of all classes). Features: ``image`` (JPEG, uint8), ``image/filename`` (the
    id), ``label``, ``bbox`` and ``domain`` (1 colour, 0 line drawing). The drawings are by
    OpenMoji, CC BY-SA 4.0, and so is what is made of them.
    """

    RELEASE_NOTES = {VERSION: "First set."}
    VERSION = tfds.core.Version(VERSION)
    BUILDER_CONFIGS = [
        OpenmojiConfig(name="full", description="258 emoji, 58 of them unseen, 128 pixels."),
        OpenmojiConfig(
            name="demo",
            description="80 emoji, 20 of them unseen, 96 pixels.",
            classes=80,
            unseen=20,
            train_sketches=12,
            test_sketches=5,
            photos=10,
            size=96,
        ),
    ]

    def _info(self) -> tfds.core.DatasetInfo:
        return self.describe(
            "OpenMoji's emoji in colour and as line drawings, each rendering changed on its own. "
            f"{CITATION}",
            map(class_name, self.builder_config.emoji()),
        )

    def _split_generators(self, dl_manager: Any) -> dict[str, Any]:
        del dl_manager  # Everything is drawn here.
        parts = ("photo", "sketch_train", "sketch_test")
        return {part: self._generate_examples(part) for part in parts}

    def _generate_examples(self, part: str) -> Any:
        config = self.builder_config
        domain = PHOTO if part == "photo" else SKETCH
        draw_one = functools.partial(_drawn, domain, config.size, config.seed)
        return self.examples(enumerate(config.pictures(part)), draw_one)


def _drawn(
    domain: int, size: int, seed: int, numbered: tuple[int, tuple[str, int, str]]
) -> tuple[int, dict[str, Any]]:
    key, (name, label, character) = numbered
    return key, example(name, label, draw(name, character, domain, size, seed), domain)
