"""``drawn_objects``: one large object a picture, a bird or something else; here it is "ImageNet".

``DrawnObjects().download_and_prepare()`` draws it. Backdrops, light and camera are those of
``drawn_birds``; the birds are of another seed, so a network trained on this set knows birds and the
rivals of ``drawn_birds/crowded``, but none of its species.
"""

import dataclasses
import functools
from collections.abc import Iterator
from typing import Any

import tensorflow_datasets as tfds

from data_pipelines.builders.drawn_builder import DrawnBuilder, example, own_settings
from data_pipelines.drawn_birds.objects import CLASSES, PIXELS_SHA256, ObjectArtist
from data_pipelines.records import PHOTO

VERSION = "1.0.0"


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

    def _generate_examples(self, part: str) -> Any:
        config = self.builder_config
        draw = functools.partial(_drawn, ObjectArtist(config.size, config.seed))
        return self.examples(enumerate(config.pictures(part)), draw)


def _drawn(
    artist: ObjectArtist, numbered: tuple[int, tuple[str, int]]
) -> tuple[int, dict[str, Any]]:
    key, (name, label) = numbered
    return key, example(name, label, artist.draw(name, CLASSES[label]), PHOTO)
