"""``drawn_instances``: many pictures of each drawn thing, to find the very same thing again.

``DrawnInstances().download_and_prepare()`` draws it. Queries, database and the views of three
difficulties are those of revisited Oxford (Radenovic et al. 2018).
"""

import dataclasses
import functools
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from data_pipelines.builders.drawn_builder import DrawnBuilder, example, own_settings
from data_pipelines.drawn_birds.instance_artist import PIXELS_SHA256, VIEWS, InstanceArtist
from data_pipelines.drawn_birds.objects import CLASSES
from data_pipelines.records import PHOTO

VERSION = "1.0.0"
PARTS = ("train", "val", "query", "database")


@dataclasses.dataclass
class DrawnInstancesConfig(tfds.core.BuilderConfig):
    """How many things, views and pictures; give every own configuration its own ``name``.

    The things of ``train``, ``val``, the queries and the lonely ones are different things.

    Attributes:
      train_things: things of ``train``.
      views: pictures of each of them, easy and hard ones in turn.
      val_things: things of ``val``.
      val_views: pictures of each of them, as above.
      test_things: things that are searched for.
      queries: pictures in ``query`` of each of those, easy ones.
      easy, hard, junk: pictures in ``database`` of each of those.
      lonely: pictures in ``database``, each of a thing of its own that no query asks for.
      size: side of the square pictures in pixels.
      seed: another seed draws other things and scenes; ``drawn_birds`` has 0, ``drawn_objects`` 1.
    """

    train_things: int = 600
    views: int = 8
    val_things: int = 60
    val_views: int = 6
    test_things: int = 40
    queries: int = 1
    easy: int = 4
    hard: int = 4
    junk: int = 2
    lonely: int = 600
    size: int = 96
    seed: int = 2

    def settings(self) -> dict[str, Any]:
        """All that decides the pictures, the artist's own checksum included."""
        return {**own_settings(self), "pixels_sha256": PIXELS_SHA256}

    def things(self, part: str) -> range:
        """The numbers of the things that ``part`` shows; those of a query come first."""
        test = self.train_things + self.val_things
        lonely = test + self.test_things
        return {
            "train": range(self.train_things),
            "val": range(self.train_things, test),
            "query": range(test, lonely),
            "database": range(test, lonely + self.lonely),
        }[part]

    def title(self, thing: int) -> str:
        """What to call a thing, such as ``snail 6``."""
        return f"{CLASSES[thing % len(CLASSES)]} {thing}"

    def pictures(self, part: str) -> Iterator[tuple[str, int, str]]:
        """``(id, thing, view)`` of every picture of ``part``, thing by thing."""
        for thing in self.things(part):
            kind = CLASSES[thing % len(CLASSES)]
            for number, view in enumerate(self._views(part, thing)):
                yield f"{part}/{thing:04d}.{kind}/{number:02d}_{view}.jpg", thing, view

    def _views(self, part: str, thing: int) -> list[str]:
        """The views of a thing in this part, one a picture."""
        if part == "query":
            return ["easy"] * self.queries
        if part == "database":
            if thing not in self.things("query"):
                return ["lonely"]
            return ["easy"] * self.easy + ["hard"] * self.hard + ["junk"] * self.junk
        count = self.views if part == "train" else self.val_views
        return [VIEWS[number % 2] for number in range(count)]


class DrawnInstances(DrawnBuilder):
    """Views of single drawn things: a demonstration set of instance retrieval.

    Parts ``train``, ``val``, ``query`` and ``database``. Features: ``image`` (JPEG, uint8),
    ``image/filename`` (the id), ``label`` (the kind), ``thing`` (which one, numbered through),
    ``view`` (easy, hard, junk, lonely), ``visible`` (the share of the thing that is seen), ``bbox``
    (around that) and ``domain`` (always 1, photo).
    """

    RELEASE_NOTES = {VERSION: "First frozen set."}
    VERSION = tfds.core.Version(VERSION)
    BUILDER_CONFIGS = [
        DrawnInstancesConfig(
            name="demo", description="1,300 things, 40 of them searched for, 96 pixels."
        )
    ]

    def _info(self) -> tfds.core.DatasetInfo:
        return self.describe(
            "Single things drawn by a program again and again, with boxes and difficulties.",
            CLASSES,
            thing=np.int32,
            view=tfds.features.ClassLabel(names=list(VIEWS)),
            visible=np.float32,
        )

    def _split_generators(self, dl_manager: Any) -> dict[str, Any]:
        del dl_manager  # Everything is drawn here.
        return {part: self._generate_examples(part) for part in PARTS}

    def _generate_examples(self, part: str) -> Any:
        config = self.builder_config
        draw = functools.partial(_drawn, InstanceArtist(config.size, config.seed))
        return self.examples(enumerate(config.pictures(part)), draw)


def _drawn(
    artist: InstanceArtist, numbered: tuple[int, tuple[str, int, str]]
) -> tuple[int, dict[str, Any]]:
    key, (name, thing, view) = numbered
    picture = artist.draw(name, thing, view)
    more = {"thing": thing, "view": view, "visible": picture.visible}
    return key, example(name, thing % len(CLASSES), picture, PHOTO, **more)
