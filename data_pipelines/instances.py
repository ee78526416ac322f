"""What an instance data set is: pairs to learn from, or queries, a database and a ground truth.

Classes play no part here: two pictures belong together when they show the same thing, and what
does not belong to any query is there to be confused with it.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from data_pipelines.records import DataError, Records, whole_numbers
from tfretrieval.evaluation.instance import GroundTruth


@dataclasses.dataclass(frozen=True, eq=False)
class InstancePairs:
    """Pictures in clusters, and pairs of them that show the same part of one thing.

    Attributes:
        name: what a report calls it.
        records: labels are the clusters, one 3-D model or one thing each.
        pairs: int64 `[P, 2]`, query and positive, into records; both of one cluster.
        notes: lines worth telling the user.

    Raises:
        DataError: no pairs, a pair of two clusters or of one picture with itself.
    """

    name: str
    records: Records
    pairs: np.ndarray
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        pairs = whole_numbers(self.pairs, "pairs")
        object.__setattr__(self, "pairs", pairs)
        object.__setattr__(self, "notes", tuple(self.notes))
        if not len(pairs):
            raise DataError(f"{self.name} has no pairs of pictures to learn from")
        if pairs.ndim != 2 or pairs.shape[1] != 2:
            raise ValueError(f"pairs must be [P, 2], got shape {pairs.shape}")
        if pairs.min() < 0 or pairs.max() >= len(self.records):
            raise DataError(f"{self.name}: pairs must name pictures 0..{len(self.records) - 1}")
        if (pairs[:, 0] == pairs[:, 1]).any():
            raise DataError(f"{self.name}: a picture is its own positive")
        clusters = self.records.labels[pairs]
        if (clusters[:, 0] != clusters[:, 1]).any():
            raise DataError(f"{self.name}: a query and its positive lie in two clusters")


@dataclasses.dataclass(frozen=True, eq=False)
class InstanceBenchmark:
    """Queries that search a database, and for each protocol what is right.

    Attributes:
        name: what a report calls it.
        database: the pictures that are searched.
        queries: the pictures that search; with boxes, they are cropped to them.
        protocols: a ground truth for each name, such as easy, medium and hard.
        notes: lines worth telling the user.

    Raises:
        DataError: no queries, or a ground truth that does not fit queries and database.
    """

    name: str
    database: Records
    queries: Records
    protocols: dict[str, GroundTruth]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", tuple(self.notes))
        if not len(self.queries) or not len(self.database) or not self.protocols:
            raise DataError(f"{self.name} needs queries, a database and a ground truth")
        for protocol, truth in self.protocols.items():
            if len(truth) != len(self.queries):
                raise DataError(
                    f"{self.name}: the ground truth {protocol!r} is for {len(truth)} queries, "
                    f"there are {len(self.queries)}"
                )
            if not any(map(len, truth.positives)):
                raise DataError(f"{self.name}: nothing is right by the ground truth {protocol!r}")
            named = np.concatenate([*truth.positives, *truth.ignored])
            if len(named) and not 0 <= named.min() <= named.max() < len(self.database):
                raise DataError(
                    f"{self.name}: the ground truth {protocol!r} names pictures that are not in "
                    f"the database of {len(self.database)}"
                )


def pairs_within(labels: np.ndarray) -> np.ndarray:
    """All ordered pairs `[i, j]` of two pictures with one label.

    >>> pairs_within(np.array([0, 1, 0])).tolist()
    [[0, 2], [2, 0]]
    """
    same = labels[:, None] == labels
    np.fill_diagonal(same, False)
    return np.argwhere(same)


def others_of_a_thing(labels: np.ndarray, queries: np.ndarray) -> GroundTruth:
    """Pictures of a database search it: right are the others of their label, they themselves do not
    count.

    Args:
        labels: of the database, `[N]`.
        queries: places in it, `[Q]`.

    >>> truth = others_of_a_thing(np.array([0, 1, 0]), np.array([2]))
    >>> [x.tolist() for x in (*truth.positives, *truth.ignored)]
    [[0], [2]]
    """
    positives = [np.setdiff1d(np.flatnonzero(labels == labels[i]), i) for i in queries]
    return GroundTruth(tuple(positives), tuple(queries[:, None]))
