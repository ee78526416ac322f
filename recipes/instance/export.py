"""The files of instance retrieval that another program uses."""

import numpy as np
import tensorflow as tf

from data_pipelines.instance_catalogue import InstanceData
from recipes.common.opened import Opened
from recipes.instance.search import InstanceSearch
from recipes.instance.settings import InstanceSettings
from tfretrieval.export import export_descriptor


def export(
    opened: Opened[InstanceSettings, InstanceData], model: tf.keras.Model, found: InstanceSearch
) -> None:
    """Writes ``model.keras``, from pictures of any size to whitened multi-scale descriptors,
    ``savedmodel/``, the same from files, and ``descriptors.npz``: ids and descriptors of queries
    and databases."""
    folder = opened.folder

    def tables() -> dict[str, np.ndarray]:
        arrays = {}
        for benchmark in opened.data.benchmarks:
            parts = zip(
                ("query", "database"),
                (benchmark.queries, benchmark.database),
                found.descriptors[benchmark.name],
                strict=True,
            )
            for part, records, descriptors in parts:
                arrays[f"{benchmark.name}/{part}_ids"] = records.ids
                arrays[f"{benchmark.name}/{part}"] = descriptors
        return arrays

    folder.step("descriptors", tables)
    if not (folder / "model.keras").exists():
        with folder.writing("model.keras") as partial:
            model.save(str(partial))
    if not (folder / "savedmodel").exists():
        with folder.writing("savedmodel") as partial:
            export_descriptor(model, partial, opened.config.long_side)
