"""A public set of sketches and photos: where it lies, how it is read, the counts it must have."""

from __future__ import annotations

import dataclasses

from data_pipelines.records import DataError, Listing, RetrievalDataset
from data_pipelines.sources.kinds import ClassSet
from data_pipelines.sources.layout import Layout
from data_pipelines.sources.sketch_folders import PARTS, SketchFolders
from data_pipelines.split import sketch_split

_HINT = "the archives are 7z and zip files, to be unpacked into one folder by hand"


@dataclasses.dataclass(frozen=True)
class SketchSet(ClassSet):
    """Sketches search photos; what a source file of such a set ends with.

    Attributes:
        folders: where sketches and photos lie, and who is a query.
        counts: photos, training sketches and queries that it must have.
    """

    name: str
    folders: SketchFolders
    counts: tuple[int, int, int]

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    @property
    def layout(self) -> Layout:
        marks = (self.folders.sketches, self.folders.photos)
        return Layout(self.name, "", marks, (), "", hint=_HINT)

    def load(self, name: str, data_dir: str | None, seed: int, download: bool) -> RetrievalDataset:
        """As `sketch_split` deals the parts; errors are those of `listing`."""
        return sketch_split(name, "1", self.listing(data_dir), *PARTS)

    def listing(self, data_dir: str | None) -> Listing:
        """The pictures, in `PARTS`.

        Raises:
            DataError: nothing is there, it cannot be read, or it has not the published counts.
        """
        root = self.layout.find(data_dir)
        if root is None:
            raise self.layout.not_found(data_dir)
        listing = self.folders.read(root)
        got = tuple(len(listing.where(part)) for part in PARTS)
        if got != self.counts:
            raise DataError(
                "{} must have {} photos, {} training sketches and {} queries, ".format(
                    self.name, *self.counts
                )
                + "got {}, {} and {}".format(*got)
            )
        return listing
