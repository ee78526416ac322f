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


class RunEncoder(Encoder):
    """Encodes with the SavedModel of a run: the codes are those of the run, bit for bit.

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
        self.name = str(path)
        self.fingerprint = _digest(self.path)

    def described(self) -> dict[str, Any]:
        return {"kind": "run", "name": self.name, "path": str(self.path.absolute())}

    def _encode(self, contents: Sequence[bytes]) -> Encoded:
        found = self._signature(contents=tf.constant(list(contents), tf.string))
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
