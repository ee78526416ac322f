"""The kinds of data sets, by what they give: pictures in classes, pairs to learn from, a benchmark.

The list of them all is `data_sets.DATA_SETS`.
"""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Callable
from pathlib import Path

from data_pipelines.instances import InstanceBenchmark, InstancePairs
from data_pipelines.records import RetrievalDataset


class ClassSet(abc.ABC):
    """Pictures in classes: what `catalogue.load` knows by name."""

    @property
    @abc.abstractmethod
    def names(self) -> tuple[str, ...]:
        """Its name, and `NAME/zero_shot` where it has published halves of classes."""

    @abc.abstractmethod
    def load(self, name: str, data_dir: str | None, seed: int, download: bool) -> RetrievalDataset:
        """The data set, not yet looked at by the audit.

        Args:
            name: one of `names`.
            data_dir: where it lies; the set's own place by default.
            seed: of the split, where it comes without one.
            download: fetch what is not there.

        Raises:
            DataError: one line that says what is wrong and what to do.
        """


@dataclasses.dataclass(frozen=True)
class PairSet:
    """Pairs to learn from: what `instance_catalogue.load_instances` knows by name.

    Attributes:
        read: from `data_dir` to the pairs to learn from, those to choose by, and the benchmarks
            that the set brings.
        brings_benchmark: whether it brings any; then no other is measured beside it.
    """

    name: str
    read: Callable[[str | None], tuple[InstancePairs, InstancePairs, tuple[InstanceBenchmark, ...]]]
    brings_benchmark: bool = False


@dataclasses.dataclass(frozen=True)
class BenchmarkSet:
    """Queries, database and ground truth: what `--benchmarks` names.

    Attributes:
        read: from the folder of this name below `test/`.
        usual: measured where nobody names any.
    """

    name: str
    read: Callable[[Path], InstanceBenchmark]
    usual: bool = False
