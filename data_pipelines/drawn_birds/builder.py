"""The TFDS builder of the drawn birds.

``DrawnBirds(config="demo").download_and_prepare()`` draws the pictures; nothing is downloaded.
"""

import contextlib
import dataclasses
import hashlib
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image

from data_pipelines.drawn_birds.artist import PHOTO, SKETCH, Artist
from data_pipelines.drawn_birds.species import make_species

VERSION = "1.0.0"
JPEG_QUALITY = 90

# What `sample_checksum()` must give. Another value means other pictures: raise VERSION and rerun
# every table.
PIXELS_SHA256 = "9320f3c02223e50f2c093d49d2eafb0e452e56ce93469e2833a08c1470648317"


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
    sketches: bool = False

    def settings(self) -> dict[str, Any]:
        """All that decides the pictures, the artist's own checksum included."""
        base = {field.name for field in dataclasses.fields(tfds.core.BuilderConfig)}
        own = {key: value for key, value in dataclasses.asdict(self).items() if key not in base}
        return {**own, "pixels_sha256": PIXELS_SHA256}

    def artist(self) -> Artist:
        """The artist who draws this configuration."""
        return Artist(self.classes, self.size, self.seed, self.individuals, self.distractors)

    def pictures(self, part: str) -> Iterator[tuple[str, int, int]]:
        """``(id, label, number)`` of every picture of ``part``, class by class."""
        each = self.train_per_class if part.endswith("train") else self.test_per_class
        for label, species in enumerate(make_species(self.classes, self.seed)):
            for number in range(each - (label >= self.classes - self.short_classes)):
                yield f"{part}/{label:03d}.{species.name}/{number:04d}.jpg", label, number


class DrawnBirds(tfds.core.GeneratorBasedBuilder):
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
    ]

    def _info(self) -> tfds.core.DatasetInfo:
        config = self.builder_config
        features = tfds.features.FeaturesDict(
            {
                "image": tfds.features.Image(
                    shape=(config.size, config.size, 3), encoding_format="jpeg"
                ),
                "image/filename": tfds.features.Text(),
                "label": tfds.features.ClassLabel(
                    names=[bird.name for bird in make_species(config.classes, config.seed)]
                ),
                "bbox": tfds.features.BBoxFeature(),
                "individual": np.int32,
                "domain": np.int32,
            }
        )
        return tfds.core.DatasetInfo(
            builder=self,
            description="Bird species drawn by a program, with boxes, individuals and sketches.",
            features=features,
            supervised_keys=("image", "label"),
            disable_shuffling=True,
            metadata=tfds.core.MetadataDict(config.settings()),
        )

    def download_and_prepare(self, **options: Any) -> None:
        """Draw the pictures unless they lie in ``data_dir``; only the progress bar is shown.

        Raises ``ValueError`` when other settings or another artist drew what lies there.
        """
        with contextlib.redirect_stdout(io.StringIO()):
            super().download_and_prepare(**options)
        if dict(self.info.metadata) != self.builder_config.settings():
            raise ValueError(
                f"{self.data_path} holds drawn_birds of other settings or an older artist: delete "
                "it, or give this configuration another name or data_dir"
            )

    def _split_generators(self, dl_manager: Any) -> dict[str, Any]:
        del dl_manager  # Everything is drawn here.
        parts = ["train", "test"]
        if self.builder_config.sketches:
            parts += ["sketch_train", "sketch_test"]
        return {part: self._generate_examples(part) for part in parts}

    def _generate_examples(self, part: str) -> Iterator[tuple[int, dict[str, Any]]]:
        config = self.builder_config
        artist = config.artist()
        domain = SKETCH if part.startswith("sketch") else PHOTO
        for key, (name, label, number) in enumerate(config.pictures(part)):
            picture = artist.draw(name, label, number, domain)
            jpeg = io.BytesIO()
            Image.fromarray(picture.pixels).save(jpeg, "JPEG", quality=JPEG_QUALITY)
            jpeg.seek(0)
            yield (
                key,
                {
                    "image": jpeg,
                    "image/filename": name,
                    "label": label,
                    "bbox": tfds.features.BBox(*picture.box),
                    "individual": label * config.individuals + number % config.individuals,
                    "domain": domain,
                },
            )


def prepare(
    data_dir: str | None = None, config: str | DrawnBirdsConfig = "demo"
) -> tfds.core.DatasetBuilder:
    """Draw the set into ``data_dir`` unless it is there, and return the builder.

    ``data_dir=None`` is TFDS's default folder.
    """
    builder = DrawnBirds(data_dir=data_dir, config=config)
    builder.download_and_prepare()
    return builder


def sample_checksum() -> str:
    """sha256 over raw pixels and boxes of a fixed sample: is this the frozen set?"""
    digest = hashlib.sha256()
    artist = Artist(classes=40, size=64)
    for label in (0, 7, 21, 39):
        for number in (0, 3):
            for part, domain in (("train", PHOTO), ("test", PHOTO), ("sketch_test", SKETCH)):
                name = f"{part}/{label:03d}.{artist.species[label].name}/{number:04d}.jpg"
                picture = artist.draw(name, label, number, domain)
                digest.update(picture.pixels.tobytes())
                digest.update(repr([round(edge, 4) for edge in picture.box]).encode())
    return digest.hexdigest()
