"""Instance data sets by name: what is trained on, what choices are made by, and the benchmarks.

```
<data_dir>/train/retrieval-SfM-120k/    retrieval-SfM-120k.pkl, ims/        (-30k: its .pkl)
<data_dir>/test/oxford5k, paris6k       pictures and ground-truth files of the first protocol
<data_dir>/test/roxford5k, rparis6k     gnd_<name>.pkl, jpg/
<data_dir>/test/holidays                <number>.jpg
```

is where the framework of Radenovic et al. puts them. Nothing is downloaded.
"""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from data_pipelines import data_sets
from data_pipelines.instances import InstanceBenchmark, InstancePairs
from data_pipelines.records import DataError, Records
from data_pipelines.sources import BenchmarkSet, PairSet


def _trained_on() -> dict[str, PairSet]:
    return {each.name: each for each in data_sets.DATA_SETS if isinstance(each, PairSet)}


def _benchmarks() -> dict[str, BenchmarkSet]:
    return {each.name: each for each in data_sets.DATA_SETS if isinstance(each, BenchmarkSet)}


TRAINED_ON = tuple(_trained_on())
BENCHMARKS = tuple(_benchmarks())
USUAL = tuple(name for name, each in _benchmarks().items() if each.usual)


@dataclasses.dataclass(frozen=True, eq=False)
class InstanceData:
    """All that an experiment on instances reads.

    Attributes:
        train: pairs to learn from.
        val: pairs of other things, by which choices are made.
        benchmarks: what is measured; none of their things is in train or val.
    """

    train: InstancePairs
    val: InstancePairs
    benchmarks: tuple[InstanceBenchmark, ...]

    def checksum(self) -> str:
        """SHA-256 (hex) over ids, clusters, digests, pairs, boxes and ground truths."""
        total = hashlib.sha256()
        for pairs in (self.train, self.val):
            _add_records(total, pairs.records)
            _add(total, pairs.pairs)
        for benchmark in self.benchmarks:
            for records in (benchmark.database, benchmark.queries):
                _add_records(total, records)
            for name, truth in sorted(benchmark.protocols.items()):
                total.update(name.encode())
                for lists in (truth.positives, truth.ignored):
                    _add(total, np.array([len(each) for each in lists]))
                    _add(total, np.concatenate([np.sort(each) for each in lists]))
        return total.hexdigest()


def load_instances(
    name: str,
    benchmarks: Sequence[str] = (),
    data_dir: str | None = None,
    beam: str | None = None,
) -> InstanceData:
    """The data sets of these names, every picture looked at once (`audit.readable`).

    Args:
        name: what is trained on, one of `TRAINED_ON`. Drawn things bring a benchmark of their own.
        benchmarks: of `BENCHMARKS`; by default `USUAL`, and none with drawn things.
        data_dir: folder of `train/` and `test/`, or where TFDS keeps what is drawn.
        beam: as of `catalogue.load`.

    Raises:
        DataError: one line that says what is wrong and what to do.
    """
    trained_on, known = _trained_on(), _benchmarks()
    if name not in trained_on:
        near = difflib.get_close_matches(name, trained_on, 1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise DataError(f"unknown data set {name!r}{hint}; known are {', '.join(trained_on)}")
    own = trained_on[name].brings_benchmark
    if own and benchmarks:
        raise DataError(f"{name} brings a benchmark of its own: leave --benchmarks out")
    if not own:
        benchmarks = benchmarks or [each.name for each in known.values() if each.usual]
    if len(set(benchmarks)) < len(benchmarks):
        raise DataError(f"a benchmark is named twice: {', '.join(benchmarks)}")
    if unknown := [each for each in benchmarks if each not in known]:
        raise DataError(f"unknown benchmark {unknown[0]!r}; known are {', '.join(known)}")
    train, val, brought = trained_on[name].read(data_dir)
    measured = [known[each].read(Path(data_dir or "") / "test" / each) for each in benchmarks]
    return _readable(InstanceData(train, val, (*brought, *measured)), beam)


def _readable(data: InstanceData, beam: str | None) -> InstanceData:
    from data_pipelines.audit import readable

    train, val = (
        dataclasses.replace(pairs, records=readable(pairs.records, pairs.name, beam=beam))
        for pairs in (data.train, data.val)
    )
    learned = np.concatenate([_digests(pairs.records) for pairs in (train, val)])
    benchmarks = []
    for benchmark in data.benchmarks:
        database, queries = (
            readable(part, benchmark.name, beam=beam)
            for part in (benchmark.database, benchmark.queries)
        )
        copies = np.isin(np.concatenate([_digests(database), _digests(queries)]), learned).sum()
        notes = (f"{copies} pictures of {benchmark.name} are learned from, byte for byte",)
        benchmarks.append(
            dataclasses.replace(
                benchmark,
                database=database,
                queries=queries,
                notes=benchmark.notes + (notes if copies else ()),
            )
        )
    return InstanceData(train, val, tuple(benchmarks))


def _digests(records: Records) -> np.ndarray:
    assert records.digests is not None  # Given by audit.readable.
    return records.digests


def _add_records(total, records: Records) -> None:
    total.update("\0".join(records.ids).encode("utf-8", "surrogateescape") + b"\n")
    _add(total, records.labels)
    if records.boxes is not None:
        _add(total, records.boxes)
    total.update("".join(_digests(records)).encode())


def _add(total, array: np.ndarray) -> None:
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    total.update(f"{array.dtype.name}{array.shape}".encode() + little.tobytes())
