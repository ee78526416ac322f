"""Oxford5k and Paris6k (Philbin et al. 2007, 2008) and their revisited versions (Radenovic et al.
2018).

```
oxford5k/jpg/all_souls_000013.jpg           pictures; also in oxbuild_images/, paris/ or the root,
paris6k/paris/defense/paris_defense_*.jpg   flat or in sub-folders
oxford5k/gt/all_souls_1_query.txt           a picture and x1 y1 x2 y2; also in gt_files/, lab/,
oxford5k/gt/all_souls_1_{good,ok,junk}.txt  gt_files_170407/, paris_120310/ or the root

roxford5k/gnd_roxford5k.pkl                 imlist, qimlist, gnd: easy, hard, junk, bbx
roxford5k/jpg/                              pictures, as above
```

The database is one class, "picture". A query's class is its landmark.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data_pipelines.instances import InstanceBenchmark
from data_pipelines.records import DataError, Records, read_regular
from data_pipelines.sources.boxes import picture_size, put_right
from data_pipelines.sources.kinds import BenchmarkSet
from data_pipelines.sources.plain_pickle import load_plain, names_in, numbers_in
from data_pipelines.sources.sfm import must_be_there
from tfretrieval.evaluation.instance import GroundTruth, revisited

REVISITED = ("roxford5k", "rparis6k")
PICTURES = ("jpg", "oxbuild_images", "paris", "")
TRUTHS = ("gt", "gt_files", "lab", "gt_files_170407", "paris_120310", "")
QUERIES = 55
KINDS = ("easy", "hard", "junk")

_DAMAGED = {
    "louvre": (136, 146),
    "moulinrouge": (422,),
    "museedorsay": (1059,),
    "notredame": (188,),
    "pantheon": (284, 960, 974),
    "pompidou": (195, 196, 201, 467, 640),
    "sacrecoeur": (299, 330, 353),
    "triomphe": (662, 833, 863, 867),
}
DAMAGED = frozenset(f"paris_{place}_{n:06d}" for place, ns in _DAMAGED.items() for n in ns)
"""Pictures of Paris that were published damaged; everyone leaves them out."""

_TRUTH = re.compile(r"(.+)_(\d+)_(query|good|ok|junk)\.txt")


def read_oxford5k(root: Path) -> InstanceBenchmark:
    """Oxford5k with its first ground truth, as the one protocol "all".

    Right are good and ok pictures, junk does not count. As published, a query's own picture is in
    the database and is one of the right ones. Queries are called `<landmark>_<number>`, pictures by
    their file name without `.jpg`. Of pictures only headers are read.

    Args:
        root: folder of pictures and ground truth, or of the folders named above.

    Raises:
        DataError: pictures or ground-truth files are missing, or they do not fit together.
    """
    return _classic("oxford5k", root)


def read_paris6k(root: Path) -> InstanceBenchmark:
    """Paris6k with its first ground truth, as `read_oxford5k`; 20 damaged pictures are left out.

    Args:
        root: folder of pictures and ground truth, or of the folders named above.

    Raises:
        DataError: pictures or ground-truth files are missing, or they do not fit together.
    """
    return _classic("paris6k", root, DAMAGED)


def read_revisited(root: Path, name: str) -> InstanceBenchmark:
    """Revisited Oxford or Paris: protocols easy, medium and hard.

    Queries are no part of the database. The file does not say which landmark a query shows: its
    class is its file name without the number. Ids are file names without `.jpg`.

    Args:
        root: the folder of `gnd_<name>.pkl`, or the one that holds `<name>/`.
        name: roxford5k or rparis6k.

    Raises:
        DataError: pictures are missing, or the file or a part of it is.
    """
    if name not in REVISITED:
        raise DataError(f"{name!r} is not a revisited set; they are {' and '.join(REVISITED)}")
    file = f"gnd_{name}.pkl"
    folder = root / name if (root / name / file).is_file() else root
    path = folder / file
    content = load_plain(path)
    searched, searching = names_in(content, "imlist", path), names_in(content, "qimlist", path)
    truths = content.get("gnd")
    if not isinstance(truths, (list, tuple)) or len(truths) != len(searching):
        raise DataError(f"{str(path)!r} must have one entry of 'gnd' for each of 'qimlist'")
    for names in (searched, searching):
        if len(set(names)) < len(names):
            raise DataError(f"{str(path)!r} lists a picture twice")
    place, pictures = _pictures(folder)
    must_be_there([pictures.get(x, place / f"{x}.jpg") for x in [*searched, *searching]])
    corners = [_corners(truth, path) for truth in truths]
    landmarks = [re.sub(r"_\d+$", "", query).removeprefix("paris_") for query in searching]
    queries, notes = _queries(searching, landmarks, [pictures[x] for x in searching], corners)
    kinds = [[numbers_in(truth, kind, path) for truth in truths] for kind in KINDS]
    protocols = _checked(path, lambda: revisited(*kinds))
    return InstanceBenchmark(name, _database(pictures, searched), queries, protocols, notes)


def _classic(name: str, root: Path, damaged: frozenset[str] = frozenset()) -> InstanceBenchmark:
    place, pictures = _pictures(root)
    left_out = damaged & set(pictures)
    searched = sorted(set(pictures) - damaged)
    index = {each: i for i, each in enumerate(searched)}
    folder, titles = _titles(root)
    names, corners, positives, ignored = [], [], [], []
    for landmark, number in titles:
        lists = {
            kind: _lines(folder / f"{landmark}_{number}_{kind}.txt")
            for kind in ("query", "good", "ok", "junk")
        }
        path = folder / f"{landmark}_{number}_query.txt"
        query, box = _query(lists.pop("query"), path)
        rows = {
            kind: _rows(listed, index, damaged, folder / f"{landmark}_{number}_{kind}.txt", place)
            for kind, listed in lists.items()
        }
        _rows([query], index, frozenset(), path, place)
        names.append(query)
        corners.append(box)
        positives.append(np.unique(np.concatenate([rows["good"], rows["ok"]])))
        ignored.append(np.unique(rows["junk"]))
    truth = _checked(folder, lambda: GroundTruth(tuple(positives), tuple(ignored)))
    ids = [f"{landmark}_{number}" for landmark, number in titles]
    landmarks = [landmark for landmark, _ in titles]
    queries, notes = _queries(ids, landmarks, [pictures[x] for x in names], corners)
    if left_out:
        notes += (f"{len(left_out)} pictures that were published damaged are left out",)
    if len(titles) != QUERIES:
        notes += (f"ground truth of {len(titles)} queries, the published one has {QUERIES}",)
    return InstanceBenchmark(name, _database(pictures, searched), queries, {"all": truth}, notes)


def _pictures(root: Path) -> tuple[Path, dict[str, Path]]:
    """The folder of the pictures, and each of them by its name."""
    for place in (root / folder for folder in PICTURES):
        found = [*place.glob("*.jpg"), *place.glob("*/*.jpg")]
        pictures = {path.stem: path for path in found if not path.name.startswith(".")}
        if len(pictures) < sum(not path.name.startswith(".") for path in found):
            raise DataError(f"{str(place)!r} has two pictures of the same name in its folders")
        if pictures:
            return place, pictures
    raise DataError(f"{str(root)!r} has no pictures; unpack them into its folder jpg/")


def _titles(root: Path) -> tuple[Path, list[tuple[str, int]]]:
    """The folder of the ground truth, and landmark and number of each query."""
    for place in (root / folder for folder in TRUTHS):
        files = [_TRUTH.fullmatch(path.name) for path in place.glob("*_*.txt")]
        found = {(match[1], int(match[2])) for match in files if match}
        if found:
            return place, sorted(found)
    raise DataError(
        f"{str(root)!r} has no ground truth such as all_souls_1_query.txt; unpack it into its "
        "folder gt/"
    )


def _lines(path: Path) -> list[str]:
    try:
        return read_regular(path).decode("utf-8").split("\n")
    except (OSError, ValueError) as error:
        raise DataError(f"{str(path)!r} is missing or no text; a query needs four files") from error


def _query(lines: Sequence[str], path: Path) -> tuple[str, np.ndarray]:
    """Name and corners; names of Oxford begin with something that their files do not."""
    try:
        name, *corners = " ".join(lines).split()
        box = np.array([float(each) for each in corners])
    except ValueError:
        box = np.empty(0)
    if box.shape != (4,):
        raise DataError(f"{str(path)!r} must hold a picture and x1 y1 x2 y2")
    return name.removeprefix("oxc1_"), box


def _rows(
    lines: Sequence[str],
    index: Mapping[str, int],
    damaged: frozenset[str],
    path: Path,
    place: Path,
) -> np.ndarray:
    """Places in the database of the pictures that a ground-truth file names."""
    names = [line.strip() for line in lines if line.strip() and line.strip() not in damaged]
    for name in names:
        if name not in index:
            raise DataError(f"{str(path)!r} names {name!r}, which is not in {str(place)!r}")
    return np.array([index[name] for name in names], np.int64)


def _corners(truth: Any, path: Path) -> np.ndarray:
    try:
        return np.array(truth["bbx"], float).reshape(4)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise DataError(f"{str(path)!r} has a query without a box 'bbx' of 4 numbers") from error


def _queries(
    ids: Sequence[str], landmarks: Sequence[str], paths: Sequence[Path], corners: Sequence
) -> tuple[Records, tuple[str, ...]]:
    """Queries with x1 y1 x2 y2 in pixels as boxes, and notes."""
    boxes = []
    for path, (left, top, right, bottom) in zip(paths, corners, strict=True):
        height, width = picture_size(path)
        if (height, width) == (1, 1):
            raise DataError(f"{str(path)!r} cannot be read, and it is a query; unpack it again")
        boxes.append([top / height, left / width, bottom / height, right / width])
    sane, notes = put_right(np.array(boxes).reshape(-1, 4))
    names, labels = np.unique(np.array(landmarks, dtype=str), return_inverse=True)
    records = Records(
        ids=np.array(ids, dtype=str),
        labels=labels,
        class_names=tuple(names.tolist()),
        paths=np.array([str(path.absolute()) for path in paths], dtype=str),
        boxes=sane,
    )
    return records, notes


def _database(pictures: Mapping[str, Path], names: Sequence[str]) -> Records:
    return Records(
        ids=np.array(names, dtype=str),
        labels=np.zeros(len(names)),
        class_names=("picture",),
        paths=np.array([str(pictures[name].absolute()) for name in names], dtype=str),
    )


def _checked(path: Path, build: Callable[[], Any]) -> Any:
    try:
        return build()
    except ValueError as error:
        raise DataError(f"{str(path)!r}: {error}") from error


OXFORD5K = BenchmarkSet("oxford5k", read_oxford5k)
PARIS6K = BenchmarkSet("paris6k", read_paris6k)
ROXFORD5K, RPARIS6K = (
    BenchmarkSet(name, functools.partial(read_revisited, name=name), usual=True)
    for name in REVISITED
)
