"""What the builders of drawn data sets share: drawn here, refused when other settings drew it."""

import contextlib
import dataclasses
import io
from collections.abc import Iterable
from typing import Any

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image

from data_pipelines.builders.beam_builder import BeamBuilder
from data_pipelines.drawn_birds.photograph import Picture

JPEG_QUALITY = 90


class DrawnBuilder(BeamBuilder, skip_registration=True):  # type: ignore[call-arg]
    """Draws its pictures; ``builder_config.settings()`` is all that decides them."""

    def download_and_prepare(self, **options: Any) -> None:
        """Draw the pictures unless they lie in ``data_dir``; only the progress bar is shown.

        Raises ``ValueError`` when other settings or another artist drew what lies there.
        """
        with contextlib.redirect_stdout(io.StringIO()):
            super().download_and_prepare(**options)
        if dict(self.info.metadata) != self.builder_config.settings():
            raise ValueError(
                f"{self.data_path} holds {self.name} of other settings or an older artist: delete "
                "it, or give this configuration another name or data_dir"
            )

    def describe(
        self, description: str, names: Iterable[str], **features: Any
    ) -> tfds.core.DatasetInfo:
        """The info of a set of these classes; ``features`` are those beyond the common ones."""
        size = self.builder_config.size
        common = {
            "image": tfds.features.Image(shape=(size, size, 3), encoding_format="jpeg"),
            "image/filename": tfds.features.Text(),
            "label": tfds.features.ClassLabel(names=list(names)),
            "bbox": tfds.features.BBoxFeature(),
            "domain": np.int32,
        }
        return tfds.core.DatasetInfo(
            builder=self,
            description=description,
            features=tfds.features.FeaturesDict({**common, **features}),
            supervised_keys=("image", "label"),
            disable_shuffling=True,
            metadata=tfds.core.MetadataDict(self.builder_config.settings()),
        )


def own_settings(config: tfds.core.BuilderConfig) -> dict[str, Any]:
    """The fields that a configuration adds to TFDS's own."""
    base = {field.name for field in dataclasses.fields(tfds.core.BuilderConfig)}
    return {key: value for key, value in dataclasses.asdict(config).items() if key not in base}


def example(name: str, label: int, picture: Picture, domain: int, **more: Any) -> dict[str, Any]:
    """One picture as the common features, and ``more``."""
    jpeg = io.BytesIO()
    Image.fromarray(picture.pixels).save(jpeg, "JPEG", quality=JPEG_QUALITY)
    jpeg.seek(0)
    return {
        "image": jpeg,
        "image/filename": name,
        "label": label,
        "bbox": tfds.features.BBox(*picture.box),
        "domain": domain,
        **more,
    }
