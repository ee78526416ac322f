"""Pairs to learn from and benchmarks to search, opened for a run."""

from typing import Any

from data_pipelines.instance_catalogue import InstanceData, load_instances
from data_pipelines.records import DataError
from recipes.common.data import describe
from recipes.instance.mining import tuples_an_epoch
from recipes.instance.settings import InstanceSettings
from tfretrieval.run_folder import RunFolder


def open_instances(config: InstanceSettings, folder: RunFolder) -> InstanceData:
    """Loads pairs and benchmarks of a configuration, and writes what they are beside the run.

    Raises:
        DataError: what :func:`load_instances` refuses, fewer pairs than a step needs, or a single
            thing held out.
        RunFolderError: the folder's run began on other data.
    """
    data = load_instances(config.dataset, config.benchmarks, config.data_dir, config.beam)
    tuples = tuples_an_epoch(config, data)
    if tuples < config.batch_size:
        raise DataError(
            f"an epoch has {tuples} tuples, fewer than a step of "
            f"{config.batch_size}: lower --batch-size, or raise --queries where it is the limit "
            f"({data.train.name} has {len(data.train.pairs)} pairs)"
        )
    if data.val.records.num_classes < 2:
        raise DataError(
            f"{data.val.name} shows a single thing: there is nothing to confuse it with"
        )
    describe(folder, {"checksum": data.checksum(), **_sizes(data)})
    return data


def _sizes(data: InstanceData) -> dict[str, Any]:
    """How large everything is, and what is to be said of it."""
    pairs = {
        part: {
            "name": each.name,
            "pictures": len(each.records),
            "things": each.records.num_classes,
            "pairs": len(each.pairs),
        }
        for part, each in (("train", data.train), ("val", data.val))
    }
    benchmarks = {
        each.name: {"queries": len(each.queries), "database": len(each.database)}
        for each in data.benchmarks
    }
    notes = [
        *data.train.notes,
        *data.val.notes,
        *(note for each in data.benchmarks for note in each.notes),
    ]
    return {**pairs, "benchmarks": benchmarks, "notes": list(dict.fromkeys(notes))}
