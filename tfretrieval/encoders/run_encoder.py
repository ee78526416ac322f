"""The model that a run exported."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tfretrieval.encoders.encoder import Encoded, Encoder

# What a network that knows domains is told.
SKETCH, PHOTO = 0, 1


class RunEncoder(Encoder):
    """Encodes with the SavedModel of a run: the codes are those of the run, bit for bit.

    Of a run on sketches it is told which pictures are sketches, ``knows_sketches``.

    Args:
        path: of the run's folder, or of its ``savedmodel``.
        run: what lies there, where it is loaded already.

    Raises:
        ValueError: no SavedModel there, or one without the signature ``encode_bytes``.
    """

    def __init__(self, path: str | os.PathLike[str], run: SavedRun | None = None):
        self._run = load_run(path) if run is None else run
        self.path, self.fingerprint = self._run.path, self._run.fingerprint
        self._signature = self._run.signature
        if "codes" not in self._signature.structured_outputs:
            raise ValueError(
                f"{self.path} gives no codes but descriptors, to which codes are fitted: open it "
                "as a DescriptorEncoder, as python -m tfretrieval.search index does"
            )
        self.bits = int(self._signature.structured_outputs["codes"].shape[-1])
        self.dimensions = self.bits
        self.knows_sketches = "domains" in self._signature.structured_input_signature[1]
        self.name = str(path)

    def described(self) -> dict[str, Any]:
        return {"kind": "run", "name": self.name, "path": str(self.path.absolute())}

    def _encode(self, contents: Sequence[bytes], sketches: bool) -> Encoded:
        given = {"contents": tf.constant(list(contents), tf.string)}
        if self.knows_sketches:
            given["domains"] = tf.fill([len(contents)], SKETCH if sketches else PHOTO)
        found = self._signature(**given)
        boxes = found.get("boxes")
        return Encoded(
            np.asarray(found["codes"]),
            np.asarray(found["packed"]),
            None if boxes is None else np.asarray(boxes),
        )


@dataclasses.dataclass(frozen=True, eq=False)
class SavedRun:
    """The SavedModel of a run.

    Attributes:
        path: of its folder.
        model: itself, to be kept while its signature is called.
        signature: ``encode_bytes``.
        fingerprint: of graph and weights.
    """

    path: Path
    model: Any
    signature: Any
    fingerprint: str


def load_run(path: str | os.PathLike[str]) -> SavedRun:
    """The SavedModel of a run, or of its ``savedmodel``.

    Raises:
        ValueError: no SavedModel there, or one without the signature.
    """
    place = saved_model_of(path)
    model = tf.saved_model.load(str(place))
    if "encode_bytes" not in model.signatures:
        raise ValueError(f"{place} has no signature encode_bytes: export it with tfretrieval")
    return SavedRun(place, model, model.signatures["encode_bytes"], _digest(place))


def saved_model_of(path: str | os.PathLike[str]) -> Path:
    """The folder of a run's SavedModel.

    Raises:
        ValueError: there is none.
    """
    for place in (Path(path) / "savedmodel", Path(path)):
        if (place / "saved_model.pb").is_file():
            return place
    raise ValueError(
        f"{path} has no SavedModel: give the folder of a run that has finished, or its savedmodel/"
    )


def _digest(folder: Path) -> str:
    """SHA-256 of the graph and the weights."""
    total = hashlib.sha256()
    for file in (folder / "saved_model.pb", *sorted((folder / "variables").iterdir())):
        total.update(file.name.encode() + b"\0" + file.read_bytes())
    return total.hexdigest()
