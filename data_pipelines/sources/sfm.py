"""retrieval-SfM (Radenovic et al. 2016, 2018): pictures of 3-D models, and pairs that match.

```
retrieval-SfM-120k/retrieval-SfM-120k.pkl           train and val: cids, cluster, qidxs, pidxs
retrieval-SfM-120k/retrieval-SfM-120k-whiten.pkl    cids, qidxs, pidxs: pairs for a whitening
retrieval-SfM-120k/ims/ef/cd/ab/...abcdef           pictures; their names end like their folders
retrieval-SfM-30k/...                               its lists; its pictures are those of the former
```
"""

from __future__ import annotations

import functools
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data_pipelines.instances import InstanceBenchmark, InstancePairs
from data_pipelines.records import DataError, Records
from data_pipelines.sources.kinds import PairSet
from data_pipelines.sources.plain_pickle import load_plain, names_in, numbers_in

PICTURES_OF = "retrieval-SfM-120k"


def read_sfm(root: Path, name: str = "retrieval-SfM-120k", mode: str = "train") -> InstancePairs:
    """The pairs to learn from, or to choose by.

    Ids are cids; one that is listed twice gets `#2` at its second place. Labels are 3-D models,
    numbered anew from 0; class names keep the model's own number.

    Args:
        root: the folder `name`, its parent, or the folder of `train/`.
        name: `retrieval-SfM-120k` or `retrieval-SfM-30k`. Pictures lie in its own `ims/`, or in
            that of `retrieval-SfM-120k` next to it.
        mode: train or val; they share no model.

    Raises:
        DataError: lists or pictures are missing, or they do not fit together.
    """
    folder = _folder(root, name, f"{name}.pkl")
    path = folder / f"{name}.pkl"
    content = load_plain(path)
    if not isinstance(content, dict) or mode not in content:
        raise DataError(f"{str(path)!r} has no part {mode!r}; it must have train and val")
    return _pairs(f"{name} {mode}", content[mode], path)


def read_sfm_whitening(root: Path, name: str = "retrieval-SfM-120k") -> InstancePairs:
    """The pairs that a whitening is learned from.

    The file need not say which models it shows: then labels are the groups of pictures that pairs
    hold together, and class names count them.

    Args:
        root, name: as in `read_sfm`.

    Raises:
        DataError: lists or pictures are missing, or they do not fit together.
    """
    path = _folder(root, name, f"{name}-whiten.pkl") / f"{name}-whiten.pkl"
    return _pairs(f"{name} whitening", load_plain(path), path, grouped=False)


def must_be_there(paths: Sequence[Path]) -> None:
    """Raises `DataError` with the first picture that is no file, and how many there are."""
    missing = [path for path in paths if not os.path.isfile(path)]
    if missing:
        raise DataError(
            f"{len(missing)} of {len(paths)} pictures are missing, the first is "
            f"{str(missing[0])!r}; unpack all archives"
        )


def _folder(root: Path, name: str, file: str) -> Path:
    places = [root / name, root / "train" / name, root]
    for place in places:
        if (place / file).is_file():
            return place
    raise DataError(f"{file} is not in {str(places[0])!r}; point to the folder that holds {name}/")


def _pairs(title: str, content: Any, path: Path, grouped: bool = True) -> InstancePairs:
    cids = names_in(content, "cids", path)
    queries, positives = numbers_in(content, "qidxs", path), numbers_in(content, "pidxs", path)
    if len(queries) != len(positives):
        raise DataError(f"{str(path)!r}: {len(queries)} queries for {len(positives)} positives")
    pairs = np.stack([queries, positives], 1)
    if len(pairs) and not 0 <= pairs.min() <= pairs.max() < len(cids):
        raise DataError(f"{str(path)!r}: pairs must name pictures 0..{len(cids) - 1}")
    if grouped or "cluster" in content:
        given = numbers_in(content, "cluster", path)
        if len(given) != len(cids):
            raise DataError(f"{str(path)!r}: {len(given)} clusters for {len(cids)} pictures")
    else:
        given = _held_together(pairs, len(cids))
    models, labels = np.unique(given, return_inverse=True)
    paths = _paths(cids, path.parent)
    must_be_there(paths)
    records = Records(
        ids=np.array(_unique(cids), dtype=str),
        labels=labels,
        class_names=tuple(f"model {model}" for model in models),
        paths=np.array([str(each.absolute()) for each in paths], dtype=str),
    )
    return InstancePairs(title, records, pairs)


def _held_together(pairs: np.ndarray, count: int) -> np.ndarray:
    """The group of each picture, where pairs join groups.

    >>> _held_together(np.array([[0, 3], [3, 1]]), 4).tolist()
    [0, 0, 1, 0]
    """
    # Here, because loading SciPy takes longer than naming a data set should.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    edges = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    return connected_components(edges, directed=False)[1]


def _paths(cids: Sequence[str], folder: Path) -> list[Path]:
    places = [folder / "ims", folder.parent / PICTURES_OF / "ims"]
    ims = next((place for place in places if place.is_dir()), None)
    if ims is None:
        raise DataError(f"there are no pictures in {' or '.join(repr(str(p)) for p in places)}")
    return [ims / cid[-2:] / cid[-4:-2] / cid[-6:-4] / cid for cid in cids]


def _unique(cids: Sequence[str]) -> list[str]:
    """
    >>> _unique(["a", "b", "a"])
    ['a', 'b', 'a#2']
    """
    seen: Counter[str] = Counter()
    ids = []
    for cid in cids:
        seen[cid] += 1
        ids.append(cid if seen[cid] == 1 else f"{cid}#{seen[cid]}")
    return ids


def _both(
    data_dir: str | None, name: str
) -> tuple[InstancePairs, InstancePairs, tuple[InstanceBenchmark, ...]]:
    """Pairs to learn from and to choose by, below `train/`."""
    if data_dir is None:
        raise DataError(f"{name} needs --data-dir: the folder that holds train/ and test/")
    train, val = (read_sfm(Path(data_dir) / "train", name, mode) for mode in ("train", "val"))
    return train, val, ()


RETRIEVAL_SFM_30K, RETRIEVAL_SFM_120K = (
    PairSet(name, functools.partial(_both, name=name))
    for name in ("retrieval-SfM-30k", "retrieval-SfM-120k")
)
