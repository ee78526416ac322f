"""The files of sketch retrieval that another program uses."""

import numpy as np
import tensorflow as tf

from recipes.common.opened import Opened
from recipes.sketch.center_codes import Weights, codes_of
from recipes.sketch.data import SketchData
from recipes.sketch.settings import COSFACE, SketchSettings
from tfretrieval.codes import pack
from tfretrieval.export import export_encoder


def export(
    opened: Opened[SketchSettings, SketchData],
    loss: str,
    encoder: tf.keras.Model,
    features: np.ndarray,
    codes: dict[int, Weights],
) -> None:
    """Writes ``model.keras``, from pictures and domains to features; ``savedmodel/``, from files
    and domains to the longest codes; ``codes.npz``: ids, labels and packed codes of every length of
    database and queries."""
    data, folder, config = opened.data, opened.folder, opened.config

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
    if not (folder / "savedmodel").exists():
        model = code_network(encoder, loss, codes[max(codes)])
        with folder.writing("savedmodel") as partial:
            export_encoder(model, partial, config.image_size)


def code_network(encoder: tf.keras.Model, loss: str, weights: Weights) -> tf.keras.Model:
    """The network from pictures, and domains where it reads them, to relaxed codes of the mean of a
    picture and its mirror image."""
    by_name = isinstance(encoder.input, dict)
    image = encoder.input["image"] if by_name else encoder.input
    inputs = tf.keras.Input(image.shape[1:], name="image")
    domain = tf.keras.Input((), dtype="int32", name="domain")
    views = []
    for view in (inputs, inputs[:, :, ::-1]):
        features = encoder({"image": view, "domain": domain} if by_name else view)
        if loss == COSFACE:
            # Its distance is the angle.
            features = tf.keras.layers.UnitNormalization(dtype="float32")(features)
        views.append(features)
    mean = tf.keras.layers.Average(dtype="float32")(views)
    kernel, bias = weights["kernel"], weights["bias"]
    dense = tf.keras.layers.Dense(kernel.shape[1], name="codes", dtype="float32")
    model = tf.keras.Model({"image": inputs, "domain": domain} if by_name else inputs, dense(mean))
    dense.set_weights([kernel, bias])
    return model
