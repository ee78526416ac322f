"""The model that a run exported."""

from __future__ import annotations

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

    Of a run on sketches it is told which pictures are sketches, :attr:`knows_sketches`.

    Args:
        path: of the run's folder, or of its ``savedmodel``.

    Raises:
        ValueError: no SavedModel there, or one without the signature ``encode_bytes``.
    """

    def __init__(self, path: str | os.PathLike[str]):
        self.path = _saved_model(Path(path))
        self._model = tf.saved_model.load(str(self.path))
        signatures = self._model.signatures
        if "encode_bytes" not in signatures:
            raise ValueError(
                f"{self.path} has no signature encode_bytes: export it with tfretrieval"
            )
        self._signature = signatures["encode_bytes"]
        self.bits = int(self._signature.structured_outputs["codes"].shape[-1])
        self.dimensions = self.bits
        self.knows_sketches = "domains" in self._signature.structured_input_signature[1]
        self.name = str(path)
        self.fingerprint = _digest(self.path)

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


def _saved_model(path: Path) -> Path:
    for place in (path / "savedmodel", path):
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
