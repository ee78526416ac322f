"""Sketches and photos in class folders, one tree of each below a root.

The public lists of who trains are not shipped here: so many sketches of each class are queries,
drawn by the SHA-256 of their ids, as many as in those lists.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np

from data_pipelines.records import PHOTO, SKETCH, DataError, Listing, Records
from data_pipelines.sources.caltech256 import checksum, drawn

PARTS = ("photo", "sketch_train", "sketch_test")


@dataclasses.dataclass(frozen=True)
class SketchFolders:
    """Where sketches and photos lie below the root, and how many sketches of a class are queries.

    Attributes:
        sketches, photos: folders of class folders.
        queries: sketches of each class.
        misspelt: photo folder -> sketch folder.
    """

    sketches: str
    photos: str
    queries: int
    misspelt: dict[str, str] = dataclasses.field(default_factory=dict)

    def read(self, root: Path) -> Listing:
        """The pictures below `root`, in `PARTS`.

        Class names are those of the sketch folders. Only pictures directly in a class folder count.

        Raises:
            DataError: no pictures, or photos of a class without sketches.
        """
        sketches = _pictures(root, self.sketches, (".png",))
        photos = _pictures(root, self.photos, (".jpg", ".jpeg"))
        names = sorted({path.parent.name for path in sketches})
        label_of = {_plain(name): label for label, name in enumerate(names)}
        labels = [
            label_of.get(_plain(self.misspelt.get(path.parent.name, path.parent.name)), -1)
            for path in [*sketches, *photos]
        ]
        if -1 in labels:
            folder = [*sketches, *photos][labels.index(-1)].parent
            raise DataError(f"{str(folder)!r} has photos of a class of which there is no sketch")
        records = Records(
            ids=np.array([path.relative_to(root).as_posix() for path in [*sketches, *photos]]),
            labels=np.array(labels),
            class_names=tuple(names),
            paths=np.array([str(path.absolute()) for path in [*sketches, *photos]]),
            domains=np.repeat([SKETCH, PHOTO], [len(sketches), len(photos)]),
        )
        part = np.full(len(records), "photo", dtype="<U12")
        of_sketches = slice(len(sketches))
        searches = drawn(records.ids[of_sketches], records.labels[of_sketches], self.queries)
        part[of_sketches] = np.where(searches, "sketch_test", "sketch_train")
        note = (
            f"our split, not the published list: {self.queries} sketches of each class are "
            f"queries; SHA-256 of their list {checksum(records.ids[part == 'sketch_test'])[:16]}"
        )
        order = np.argsort(part, kind="stable")
        return Listing(records.take(order), part[order], (note,))


def _pictures(root: Path, folder: str, suffixes: tuple[str, ...]) -> list[Path]:
    """Pictures of the class folders in `folder`, by class and name."""
    found = sorted(
        path
        for path in (root / folder).glob("*/*")
        if path.suffix.lower() in suffixes and path.is_file() and not path.name.startswith(".")
    )
    if not found:
        raise DataError(f"{str(root / folder)!r} has no pictures such as CLASS/name{suffixes[0]}")
    return found


def _plain(name: str) -> str:
    """A class name without what the folders of sketches and of photos write differently.

    >>> _plain("hot-air_balloon"), _plain("space shuttle")
    ('hotairballoon', 'spaceshuttle')
    """
    return re.sub("[^a-z0-9]", "", name.lower())
