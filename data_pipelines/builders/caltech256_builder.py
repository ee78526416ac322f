"""Caltech256 as a TFDS builder, for use without the rest of this package.

TFDS has none. This one takes the tar file, or the folder unpacked from it, out of TFDS's
`manual_dir`; where there is nothing it fetches the tar file and verifies its MD5. Importing it
makes the name known to TFDS:

```python
from data_pipelines.builders import Caltech256

tfds.load("caltech256", split="train", download_and_prepare_kwargs={
    "download_config": tfds.download.DownloadConfig(manual_dir="folder of the tar file")
})
```
"""

from __future__ import annotations

from typing import Any

import tensorflow_datasets as tfds

from data_pipelines.builders.beam_builder import BeamBuilder
from data_pipelines.records import Listing
from data_pipelines.sources import CALTECH256


class Caltech256(BeamBuilder):
    """256 classes without the clutter; 60 pictures of each in ``train``, the others in ``test``.

    Features: ``image`` (JPEG, as in the archive), ``image/filename`` (the id) and ``label``.
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Split by the SHA-256 of the ids."}
    MANUAL_DOWNLOAD_INSTRUCTIONS = "256_ObjectCategories.tar, or nothing: then it is fetched."

    def _info(self) -> tfds.core.DatasetInfo:
        features = {
            "image": tfds.features.Image(encoding_format="jpeg"),
            "image/filename": tfds.features.Text(),
            "label": tfds.features.ClassLabel(),
        }
        return tfds.core.DatasetInfo(
            builder=self,
            description="Pictures of 256 kinds of objects.",
            features=tfds.features.FeaturesDict(features),
            supervised_keys=("image", "label"),
            homepage="https://data.caltech.edu/records/nyy15-4j048",
        )

    def _split_generators(self, dl_manager: Any) -> dict[str, Any]:
        layout = CALTECH256.layout
        try:
            place = str(dl_manager.manual_dir)
        except AssertionError:  # nothing was put there
            place = None
        root = layout.find(place) or layout.find(None)
        if root is None:
            layout.fetch(None)
            root = layout.find(None)
        assert root is not None
        listing = CALTECH256.read(root)
        self.info.features["label"].names = listing.records.class_names
        return {part: self._generate_examples(listing, part) for part in ("train", "test")}

    def _generate_examples(self, listing: Listing, part: str) -> Any:
        records = listing.records
        assert records.paths is not None
        rows = (
            (str(records.ids[i]), str(records.paths[i]), int(records.labels[i]))
            for i in listing.where(part)
        )
        return self.examples(rows, _example)


def _example(row: tuple[str, str, int]) -> tuple[str, dict[str, Any]]:
    name, path, label = row
    return name, {"image": path, "image/filename": name, "label": label}
