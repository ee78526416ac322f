"""The files of sketch retrieval that another program uses."""

import numpy as np
import tensorflow as tf

from recipes.common.opened import Opened
from recipes.sketch.center_codes import Weights, codes_of
from recipes.sketch.data import SketchData
from recipes.sketch.settings import SketchSettings
from tfretrieval.codes import pack


def export(
    opened: Opened[SketchSettings, SketchData],
    encoder: tf.keras.Model,
    features: np.ndarray,
    codes: dict[int, Weights],
) -> None:
    """Writes ``model.keras``, from pictures and domains to features, and ``codes.npz``: ids, labels
    and packed codes of every length of database and queries."""
    data, folder = opened.data, opened.folder

    def tables() -> dict[str, np.ndarray]:
        arrays = {"class_names": np.array(data.records.class_names)}
        for part, indices in (("database", data.database), ("query", data.query)):
            arrays[f"{part}_ids"] = data.records.ids[indices]
            arrays[f"{part}_labels"] = data.records.labels[indices]
            for bits, weights in codes.items():
                arrays[f"{part}_packed_{bits}"] = pack(codes_of(features[indices], weights))
        return arrays

    folder.step("codes", tables)
    if not (folder / "model.keras").exists():
        with folder.writing("model.keras") as partial:
            encoder.save(str(partial))
