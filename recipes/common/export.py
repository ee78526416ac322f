"""The files another program uses: encoder, SavedModel and packed codes."""

import numpy as np
import tensorflow as tf

from data_pipelines.view import WHOLE, View
from recipes.common.data import Divided
from recipes.common.heads import Arrays
from recipes.common.opened import Opened
from recipes.common.settings import CodeSettings
from tfretrieval.codes import pack
from tfretrieval.export import export_encoder


def export(
    opened: Opened[CodeSettings, Divided],
    encoder: tf.keras.Model,
    head: Arrays,
    view: View = WHOLE,
) -> None:
    """Exports the frozen network of an encoder with the trained hash layer on it."""
    encoder.get_layer("codes").set_weights([head["kernel"], head["bias"]])
    export_codes(opened, encoder, head["codes"], view)


def export_codes(
    opened: Opened[CodeSettings, Divided],
    encoder: tf.keras.Model,
    codes: np.ndarray,
    view: View = WHOLE,
) -> None:
    """Writes ``model.keras``, ``encoder.weights.h5``, ``savedmodel/`` and ``codes.npz``.

    The SavedModel also holds the saliency network of the view, and crops before it encodes.
    ``codes.npz`` holds packed codes, relaxed codes, ids and labels of database and queries.

    Args:
        encoder: pictures to relaxed codes.
        codes: of all pictures, float32 ``[N, bits]``.
    """
    config, data, folder = opened.config, opened.data, opened.folder

    def tables() -> Arrays:
        arrays: Arrays = {"bits": config.bits, "class_names": np.array(data.records.class_names)}
        for part, indices in (("database", data.database), ("query", data.query)):
            arrays[f"{part}_packed"] = pack(codes[indices])
            arrays[f"{part}_codes"] = codes[indices]
            arrays[f"{part}_ids"] = data.records.ids[indices]
            arrays[f"{part}_labels"] = data.records.labels[indices]
        return arrays

    folder.step("codes", tables)
    writers = {
        "model.keras": encoder.save,
        "encoder.weights.h5": encoder.save_weights,
        "savedmodel": lambda path: export_encoder(
            encoder,
            path,
            config.image_size,
            localizer=view.localizer,
            alpha=view.alpha,
            region=view.region,
        ),
    }
    for name, write in writers.items():
        if not (folder / name).exists():
            with folder.writing(name) as partial:
                write(str(partial))
