"""Sketchy and TU-Berlin with extended photos as TFDS builders, for use without this package's rest.

TFDS has neither. They take the unpacked folders out of TFDS's `manual_dir`; importing one makes the
names known:

```python
from data_pipelines.builders import SketchyExtended

tfds.load("sketchy_extended", split="sketch_test", download_and_prepare_kwargs={
    "download_config": tfds.download.DownloadConfig(manual_dir="the unpacked folder")
})
```
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from data_pipelines import sources
from data_pipelines.builders.beam_builder import BeamBuilder
from data_pipelines.records import Listing
from data_pipelines.sources import SketchSet
from data_pipelines.sources.sketch_folders import PARTS


class _Sketches(BeamBuilder, skip_registration=True):  # type: ignore[call-arg]
    """Parts ``photo``, ``sketch_train`` and ``sketch_test``.

    Features: ``image`` (as in the archive), ``image/filename`` (the id), ``label`` and ``domain``
    (0 sketch, 1 photo).
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Split by the SHA-256 of the ids."}
    HOMEPAGE: str
    SET: SketchSet

    def _info(self) -> tfds.core.DatasetInfo:
        features = {
            "image": tfds.features.Image(shape=(None, None, 3)),
            "image/filename": tfds.features.Text(),
            "label": tfds.features.ClassLabel(),
            "domain": np.int32,
        }
        return tfds.core.DatasetInfo(
            builder=self,
            description="Sketches, and photos of the same classes.",
            features=tfds.features.FeaturesDict(features),
            supervised_keys=("image", "label"),
            homepage=self.HOMEPAGE,
        )

    def _split_generators(self, dl_manager: Any) -> dict[str, Any]:
        listing = self.SET.listing(str(dl_manager.manual_dir))
        self.info.features["label"].names = listing.records.class_names
        return {part: self._generate_examples(listing, part) for part in PARTS}

    def _generate_examples(self, listing: Listing, part: str) -> Any:
        records = listing.records
        assert records.paths is not None and records.domains is not None
        rows = (
            (
                str(records.ids[i]),
                str(records.paths[i]),
                int(records.labels[i]),
                int(records.domains[i]),
            )
            for i in listing.where(part)
        )
        return self.examples(rows, _example)


def _example(row: tuple[str, str, int, int]) -> tuple[str, dict[str, Any]]:
    name, path, label, domain = row
    return name, {"image": path, "image/filename": name, "label": label, "domain": domain}


class SketchyExtended(_Sketches):
    """125 classes: 75,481 sketches, 73,002 photos."""

    HOMEPAGE = "http://sketchy.eye.gatech.edu"
    SET = sources.SKETCHY_EXTENDED
    MANUAL_DOWNLOAD_INSTRUCTIONS = "256x256/ and EXTEND_image_sketchy/, unpacked."


class TuBerlinExtended(_Sketches):
    """250 classes: 20,000 sketches, 204,489 photos."""

    HOMEPAGE = "https://cybertron.cg.tu-berlin.de/eitz/projects/classifysketch"
    SET = sources.TU_BERLIN_EXTENDED
    MANUAL_DOWNLOAD_INSTRUCTIONS = "png/ and ImageResized/, unpacked."
