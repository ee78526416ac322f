"""The descriptors of a run on instances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfretrieval.encoders.encoder import Encoded
from tfretrieval.encoders.fitted_encoder import BITS, FittedEncoder
from tfretrieval.encoders.run_encoder import SavedRun, load_run


class DescriptorEncoder(FittedEncoder):
    """Encodes with the SavedModel of a run on instances; its descriptors put a shortlist in order.

    Args:
        path: of the run's folder, or of its ``savedmodel``.
        bits: length of the codes that are fitted to the descriptors.
        quantization: what codes were fitted to.
        run: what lies there, where it is loaded already.

    Raises:
        ValueError: no SavedModel there, or one that gives no descriptors.
    """

    def __init__(
        self,
        path: str,
        bits: int = BITS,
        quantization: tuple[np.ndarray, np.ndarray] | None = None,
        run: SavedRun | None = None,
    ):
        self._run = load_run(path) if run is None else run
        self.path, self._signature = self._run.path, self._run.signature
        if "descriptors" not in self._signature.structured_outputs:
            raise ValueError(f"{self.path} gives no descriptors: open it as a RunEncoder")
        self.dimensions = int(self._signature.structured_outputs["descriptors"].shape[-1])
        self.bits, self.quantization = bits, quantization
        self.name = str(path)
        self.fingerprint = f"{self._run.fingerprint}, {bits} bits"

    def described(self) -> dict[str, Any]:
        path = str(self.path.absolute())
        return {"kind": "descriptor", "name": self.name, "path": path, "bits": self.bits}

    def _encode(self, contents: Sequence[bytes], sketches: bool) -> Encoded:
        found = self._signature(contents=tf.constant(list(contents), tf.string))
        return self._with_codes(np.asarray(found["descriptors"]), None)
