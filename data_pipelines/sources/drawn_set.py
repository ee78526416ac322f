"""The sets that builders of this package draw: nothing is fetched, so nobody has to allow it."""

from __future__ import annotations

import dataclasses

from data_pipelines.records import RetrievalDataset
from data_pipelines.sources.kinds import ClassSet
from data_pipelines.sources.sketch_folders import PARTS
from data_pipelines.split import sketch_split


@dataclasses.dataclass(frozen=True)
class DrawnSet(ClassSet):
    """A configuration of a builder, drawn when it is first loaded.

    Attributes:
        builder: its class in `data_pipelines.builders`.
        config: its configuration.
        sketches: photos, training sketches and queries, where sketches search photos; by default
            `train` trains and is searched, `test` are the queries.
    """

    name: str
    builder: str
    config: str
    sketches: tuple[str, str, str] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def load(self, name: str, data_dir: str | None, seed: int, download: bool) -> RetrievalDataset:
        """Drawn into `data_dir`, by default TFDS's own place, unless it is there."""
        from data_pipelines import builders
        from data_pipelines.sources.tfds_source import read_tfds

        builder = getattr(builders, self.builder)(data_dir=data_dir, config=self.config)
        version = str(builder.version)
        parts = self.sketches or ("train", "test")
        listing = read_tfds(builder, parts, download=True)
        if self.sketches:
            return sketch_split(name, version, listing, *self.sketches)
        train, test = listing.where("train"), listing.where("test")
        return RetrievalDataset(name, version, listing.records, train, train, test, listing.notes)


DRAWN_BIRDS = (
    DrawnSet("drawn_birds/crowded", "DrawnBirds", "crowded"),
    DrawnSet("drawn_birds/cub_like", "DrawnBirds", "cub_like"),
    DrawnSet("drawn_birds/demo", "DrawnBirds", "demo"),
    DrawnSet(
        "drawn_birds/sketches",
        "DrawnBirds",
        "demo_sketches",
        ("train", "sketch_train", "sketch_test"),
    ),
)
DRAWN_OBJECTS = DrawnSet("drawn_objects", "DrawnObjects", "demo")
OPENMOJI = (
    DrawnSet("openmoji", "Openmoji", "full", PARTS),
    DrawnSet("openmoji/demo", "Openmoji", "demo", PARTS),
)
