"""Arrays with a row a picture that are written a part at a time, and read without being loaded.

A map of the last layer is 120 kB a picture: of a million pictures no memory holds them. A folder
holds a `.npy` file an array. While it is written it is called `<name>.parts` and knows how many
rows lie on the disk, so that a pass that was killed goes on there; once whole it takes its name.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from data_pipelines.records import DataError
from tfretrieval import files

_TOLD = "rows.json"
# Bytes whose checksum is taken at a time.
_BLOCK = 1 << 24


def mapped(
    folder: Path, rows: int, step: int, compute: Callable[[int, int], dict[str, np.ndarray]]
) -> dict[str, np.ndarray]:
    """The arrays of a folder, each `[rows, ...]`, a read-only memory map.

    Args:
        folder: where they lie; made where it is not there.
        rows: of every array.
        step: rows that are computed and held at a time.
        compute: the arrays of the rows from the first number to before the second.

    Raises:
        DataError: a folder that is damaged or of another number of rows.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     squares = lambda start, stop: {"squares": np.arange(start, stop) ** 2}
    ...     mapped(Path(folder) / "table", 5, 2, squares)["squares"].tolist()
    [0, 1, 4, 9, 16]
    """
    if rows < 1 or step < 1:
        raise ValueError(f"rows and step must be at least 1, got {rows} and {step}")
    if not folder.exists():
        parts = folder.with_name(f"{folder.name}.parts")
        _write(parts, rows, step, compute)
        os.replace(parts, folder)
    return _read(folder, rows)


def in_blocks(
    folder: Path, rows: int, step: int, compute: Callable[[int, int], dict[str, np.ndarray]]
) -> dict[str, np.ndarray]:
    """The same for a result that is written elsewhere next: the maps lie in ``folder`` without a
    name, and take no place there when nobody reads them any more."""
    folder.mkdir(parents=True, exist_ok=True)
    # What a killed run leaves is taken away by the next one, by this ending; so is the folder that
    # a network's disk keeps as long as a file in it is mapped.
    with tempfile.TemporaryDirectory(
        suffix=".partial", dir=folder, ignore_cleanup_errors=True
    ) as there:
        return mapped(Path(there) / "rows", rows, step, compute)


def _write(
    folder: Path, rows: int, step: int, compute: Callable[[int, int], dict[str, np.ndarray]]
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    try:
        told = json.loads((folder / _TOLD).read_text())
        arrays = {name: np.lib.format.open_memmap(folder / f"{name}.npy", "r+") for name in told}
        done = min((entry["rows"] for entry in told.values()), default=0)
        if any(len(array) != rows for array in arrays.values()):
            raise ValueError("of another number of rows")
    except (OSError, ValueError, KeyError, TypeError):
        # What cannot be gone on with is begun anew.
        shutil.rmtree(folder)
        folder.mkdir()
        told, arrays, done = {}, {}, 0
    for start in range(done, rows, step):
        stop = min(start + step, rows)
        for name, values in compute(start, stop).items():
            part = np.ascontiguousarray(values)
            if len(part) != stop - start:
                raise ValueError(f"{name}: {len(part)} rows computed for {stop - start}")
            if name not in arrays:
                arrays[name] = np.lib.format.open_memmap(
                    folder / f"{name}.npy", "w+", part.dtype, (rows, *part.shape[1:])
                )
                told[name] = {"rows": 0, "crc": 0}
            arrays[name][start:stop] = part
            arrays[name].flush()
            told[name] = {"rows": stop, "crc": zlib.crc32(_bytes(part), told[name]["crc"])}
        # Rows count once they lie on the disk.
        with files.writing(folder / _TOLD) as partial:
            partial.write_text(json.dumps(told))


def _read(folder: Path, rows: int) -> dict[str, np.ndarray]:
    try:
        told = json.loads((folder / _TOLD).read_text())
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in told}
        whole = all(_crc(arrays[name]) == entry["crc"] for name, entry in told.items())
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise DataError(f"{folder} is damaged: delete it ({error})") from error
    if not whole:
        raise DataError(f"{folder} is damaged: delete it (its rows do not have their checksum)")
    for name, array in arrays.items():
        if len(array) != rows:
            raise DataError(f"{folder}: {name} has {len(array)} rows, not {rows}: delete it")
    return {name: array.view(np.ndarray) for name, array in arrays.items()}


def _crc(array: np.ndarray) -> int:
    step = max(1, _BLOCK // max(1, array[:1].nbytes))
    crc = 0
    for start in range(0, len(array), step):
        crc = zlib.crc32(_bytes(array[start : start + step]), crc)
    return crc


def _bytes(rows: np.ndarray) -> memoryview:
    return np.ascontiguousarray(rows).reshape(-1).view(np.uint8).data
