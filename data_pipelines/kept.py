"""Results of a long pass over pictures, kept in the cache folder for other runs and seeds.

A file of the folder `kept/` in the cache (`$XDG_CACHE_HOME/tfretrieval`, else
`~/.cache/tfretrieval`) for each set of things that the result depends on. The folder may be deleted
any time; where it cannot be written, nothing is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from data_pipelines.mapped import mapped
from data_pipelines.records import DataError, Records
from data_pipelines.sources.unpack import cache_folder
from tfretrieval import array_files, files

FILES = 24
"""So many results of a kind are kept, the last ones used."""


def kept(
    kind: str, depends_on: Mapping[str, Any], compute: Callable[[], dict[str, Any]]
) -> dict[str, np.ndarray]:
    """The arrays that `compute` gives, from an earlier run where all that they depend on is equal:
    large ones are maps of the file then.

    Args:
        kind: how the file's name begins.
        depends_on: arrays, and plain JSON values.

    >>> import tempfile
    >>> from unittest import mock
    >>> with (
    ...     tempfile.TemporaryDirectory() as folder,
    ...     mock.patch.dict(os.environ, {"XDG_CACHE_HOME": folder}),
    ... ):
    ...     first = kept("sums", {"of": np.arange(3)}, lambda: {"sum": 3})
    ...     second = kept("sums", {"of": np.arange(3)}, lambda: {"sum": 0})
    >>> int(first["sum"]), int(second["sum"])
    (3, 3)
    """
    path = cache_folder() / "kept" / f"{kind}-{_key(depends_on)}.npz"
    with contextlib.suppress(Exception):
        arrays = array_files.read(path)
        os.utime(path)
        return arrays
    arrays = {name: np.asarray(value) for name, value in compute().items()}
    with contextlib.suppress(OSError):
        with files.writing(path) as partial:
            array_files.write(partial, arrays)
        for old in _left_over(path.parent.glob(f"{kind}-*.npz")):
            old.unlink(missing_ok=True)
    return arrays


def kept_rows(
    kind: str,
    depends_on: Mapping[str, Any],
    rows: int,
    step: int,
    compute: Callable[[int, int], dict[str, np.ndarray]],
) -> dict[str, np.ndarray]:
    """Arrays of a row a picture, as of `kept`, of which memory holds `step` rows while they are
    computed and none later: they are read-only memory maps. Where nothing can be written, all rows
    are held.

    Args:
        compute: the rows from the first number to before the second.

    >>> import tempfile
    >>> from unittest import mock
    >>> with (
    ...     tempfile.TemporaryDirectory() as folder,
    ...     mock.patch.dict(os.environ, {"XDG_CACHE_HOME": folder}),
    ... ):
    ...     squares = lambda start, stop: {"x": np.arange(start, stop) ** 2}
    ...     kept_rows("squares", {}, 4, 3, squares)["x"].tolist()
    [0, 1, 4, 9]
    """
    path = cache_folder() / "kept" / f"{kind}-{_key(depends_on)}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            arrays = mapped(path, rows, step, compute)
        except DataError:
            shutil.rmtree(path)
            arrays = mapped(path, rows, step, compute)
        os.utime(path)
        for old in _left_over(one for one in path.parent.glob(f"{kind}-*") if one.is_dir()):
            shutil.rmtree(old, ignore_errors=True)
        return arrays
    except OSError:
        parts = [compute(at, min(at + step, rows)) for at in range(0, rows, step)]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _left_over(paths: Iterable[Path]) -> list[Path]:
    """All but the last ones used."""
    return sorted(paths, key=lambda path: path.stat().st_mtime)[:-FILES]


def pictures(records: Records) -> str:
    """What tells these pictures from others, whatever part they play: SHA-256 of their contents and
    of the rules by which they are read."""
    from tfretrieval import images

    total = hashlib.sha256(Path(images.__file__).read_bytes())
    total.update("\0".join(records.content_digests().tolist()).encode())
    return total.hexdigest()


def _key(depends_on: Mapping[str, Any]) -> str:
    total = hashlib.sha256()
    for name in sorted(depends_on):
        value = depends_on[name]
        if isinstance(value, np.ndarray):
            total.update(f"{name} {value.dtype} {value.shape}".encode())
            total.update(np.ascontiguousarray(value).tobytes())
        else:
            total.update(f"{name} {json.dumps(value, sort_keys=True)}".encode())
    return total.hexdigest()[:32]
