"""What descriptors find in the benchmarks, as they are and with expanded queries."""

import dataclasses
import functools

import numpy as np
import tensorflow as tf

from data_pipelines.instance_catalogue import InstanceData
from data_pipelines.instances import InstanceBenchmark
from recipes.common.opened import Opened
from recipes.instance.descriptors import describe
from recipes.instance.pooled import Pooled
from recipes.instance.settings import InstanceSettings
from tfretrieval.evaluation import InstanceRetrieval, instance_retrieval
from tfretrieval.search import expand_queries, rank

# Ways to search, each with what the ones before it have.
DESCRIPTOR, WHITENED = "descriptor", "+ whitening"
MULTI_SCALE, EXPANDED = "+ multi-scale", "+ query expansion"
KS = (1, 5, 10)
# Benchmark -> descriptors of its queries and of its database.
Described = dict[str, tuple[np.ndarray, np.ndarray]]


@dataclasses.dataclass(frozen=True, eq=False)
class InstanceSearch:
    """What one kind of descriptors finds.

    Attributes:
        descriptors: benchmark -> those of its queries and of its database.
        results: (benchmark, protocol) -> figures.
    """

    descriptors: Described
    results: dict[tuple[str, str], InstanceRetrieval]


def search(
    opened: Opened[InstanceSettings, InstanceData],
    loss: str,
    way: str,
    model: tf.keras.Model,
    seen: Pooled | None = None,
) -> InstanceSearch:
    """Describes queries, cropped to their boxes, and databases, and measures what is found.

    Args:
        seen: what a frozen network says of the pictures, whose features the model reads.
    """
    config, side = opened.config, opened.config.long_side
    name = f"{loss}/{way.removeprefix('+ ')}"

    def compute(benchmark: InstanceBenchmark) -> dict[str, np.ndarray]:
        queries, database = benchmark.queries, benchmark.database
        print(f"{name}: {len(queries)} queries, {len(database)} pictures", flush=True)
        return {
            "queries": describe(config, model, queries, side, queries.boxes, seen=seen),
            "database": describe(config, model, database, side, seen=seen),
        }

    descriptors = {}
    for benchmark in opened.data.benchmarks:
        step = f"{name}/{benchmark.name.replace('/', '-')}"
        found = opened.folder.step(step, functools.partial(compute, benchmark))
        descriptors[benchmark.name] = found["queries"], found["database"]
    return InstanceSearch(descriptors, _measured(descriptors, opened.data))


def expanded(
    opened: Opened[InstanceSettings, InstanceData], found: InstanceSearch
) -> InstanceSearch:
    """The same with queries that their nearest neighbours have been added to."""
    config = opened.config
    descriptors = {
        name: (
            expand_queries(queries, database, min(config.neighbours, len(database)), config.alpha),
            database,
        )
        for name, (queries, database) in found.descriptors.items()
    }
    return InstanceSearch(descriptors, _measured(descriptors, opened.data))


def _measured(
    descriptors: Described, data: InstanceData
) -> dict[tuple[str, str], InstanceRetrieval]:
    results = {}
    for benchmark in data.benchmarks:
        rankings, _ = rank(*descriptors[benchmark.name])
        for protocol, truth in benchmark.protocols.items():
            results[benchmark.name, protocol] = instance_retrieval(rankings, truth, KS)
    return results
