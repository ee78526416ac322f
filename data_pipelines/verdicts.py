"""What the audit found in each picture, kept so that the next start need not decode them again.

A file of the folder `audit/` in the cache (`$XDG_CACHE_HOME/tfretrieval`, else
`~/.cache/tfretrieval`) for each list of pictures. A verdict holds as long as the file has the same
size, times and place on the disk, or for bytes in memory the same SHA-256; a file that was changed
within `FRESH` seconds before the audit began is looked at again, since a change right after it
might not show in its times. Other versions of the libraries or of the rules know nothing of it.
The folder may be deleted any time; where it cannot be written, nothing is kept.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import os
import stat
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np

from data_pipelines.records import Records
from data_pipelines.sources.unpack import cache_folder

FRESH = 2.0
WORTH = 2.0
"""Seconds that an audit must have taken for its verdicts to be kept."""
FILES = 32
"""So many lists are kept, the last ones."""


@dataclasses.dataclass(frozen=True)
class Finding:
    """What was found in a picture's bytes.

    Attributes:
        digest: SHA-256 of the bytes.
        problem: why it cannot be used, or nothing.
        kind: the format, as Pillow calls it.
        rotated: it has an EXIF orientation.
        foreign: TensorFlow does not read it.
        frames: it has several.
        blank: its alpha channel is 0 everywhere.
    """

    digest: str
    problem: str = ""
    kind: str = ""
    rotated: bool = False
    foreign: bool = False
    frames: bool = False
    blank: bool = False


_FIELDS = [field.name for field in dataclasses.fields(Finding)]


class Verdicts:
    """The findings of an earlier audit of these records, and a place for those of this one."""

    def __init__(self, records: Records):
        self._began = time.time()
        self._started = time.monotonic()
        self.stamps = [self._stamp(records, index) for index in range(len(records))]
        names = records.ids if records.paths is None else records.paths
        key = hashlib.sha256("\0".join(names.tolist()).encode("utf-8", "surrogatepass"))
        self.path = cache_folder() / "audit" / f"{key.hexdigest()[:32]}.npz"
        self._known = read(self.path, self.stamps)

    def before(self, index: int) -> Finding | None:
        """What was found in this picture, if it is still the same."""
        return self._known[index]

    def keep(self, findings: list[Finding]) -> bool:
        """Keep these findings for the next start, where that saves time; False if they could not
        be written."""
        if all(self._known) or time.monotonic() - self._started < WORTH:
            return True
        aside = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(aside, "wb") as file:
                write(file, findings, self.stamps)
            os.replace(aside, self.path)
            kept = sorted(self.path.parent.glob("*.npz"), key=lambda path: path.stat().st_mtime)
            for path in kept[:-FILES]:
                path.unlink(missing_ok=True)
            return True
        return False

    def _stamp(self, records: Records, index: int) -> str:
        """What changes when the picture does; nothing where that cannot be told."""
        if records.blobs is not None and records.blobs[index]:
            return hashlib.sha256(records.blobs[index]).hexdigest()
        assert records.paths is not None
        try:
            found = os.stat(records.paths[index])
        except (OSError, ValueError):
            return ""
        fresh = max(found.st_mtime, found.st_ctime) > self._began - FRESH
        if fresh or not stat.S_ISREG(found.st_mode):
            return ""
        times = found.st_mtime_ns, found.st_ctime_ns
        return f"{found.st_size} {times} {found.st_dev} {found.st_ino}"


def write(file: IO[bytes], findings: Sequence[Finding], stamps: Sequence[str]) -> None:
    """Writes what was found in pictures, and what they were."""
    columns = {name: np.array([getattr(x, name) for x in findings]) for name in _FIELDS}
    columns |= {"rules": np.array(_rules()), "stamps": np.array(stamps, str)}
    np.savez_compressed(file, **columns)  # type: ignore[arg-type]


def read(path: Path, stamps: Sequence[str] | None = None) -> list[Finding | None]:
    """What a file says of each picture, None where it says nothing.

    Args:
        stamps: what the pictures are now; left out, they are known to be the same, and of a file
            that says nothing the list is empty.
    """
    nothing: list[Finding | None] = [None] * len(stamps or ())
    try:
        with np.load(path, allow_pickle=False) as file:
            columns = {name: file[name].tolist() for name in file.files}
        if columns["rules"] != _rules():
            return nothing
        rows = zip(*(columns[name] for name in _FIELDS), strict=True)
        found = [Finding(*row) for row in rows]
        if stamps is None:
            return [*found]
        same = [*zip(found, columns["stamps"], stamps, strict=True)]
    except Exception:  # noqa: BLE001 - a damaged file may fail anyhow, and is written anew
        return nothing
    return [known if now and now == then else None for known, then, now in same]


@functools.cache
def _rules() -> str:
    """What verdicts depend on beside the pictures."""
    import PIL
    import tensorflow as tf

    import data_pipelines.audit
    import tfretrieval.convert
    from tfretrieval import images

    files = (data_pipelines.audit, tfretrieval.convert, images)
    total = hashlib.sha256(f"{tf.__version__} {PIL.__version__}".encode())
    for place in (__file__, *(module.__file__ for module in files)):
        total.update(Path(str(place)).read_bytes())
    return total.hexdigest()
