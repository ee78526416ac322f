"""The public sets of sketches and photos, and the counts they must have."""

from __future__ import annotations

from data_pipelines.records import DataError, Listing, RetrievalDataset
from data_pipelines.sources.layout import Layout
from data_pipelines.sources.sketch_folders import SKETCHY, TU_BERLIN, SketchFolders
from data_pipelines.split import sketch_split

PARTS = ("photo", "sketch_train", "sketch_test")
COUNTS = {
    "sketchy_extended": (73_002, 69_231, 6_250),
    "tu_berlin_extended": (204_489, 17_500, 2_500),
}
"""Photos, training sketches and queries."""

FOLDERS: dict[str, SketchFolders] = {
    "sketchy_extended": SKETCHY,
    "tu_berlin_extended": TU_BERLIN,
}
_HINT = "the archives are 7z and zip files, to be unpacked into one folder by hand"
LAYOUTS = {
    name: Layout(name, "", (folders.sketches, folders.photos), (), "", hint=_HINT)
    for name, folders in FOLDERS.items()
}


def read_sketches(name: str, data_dir: str | None) -> Listing:
    """The pictures of one of `COUNTS`, in `PARTS`.

    Raises:
        DataError: nothing is there, it cannot be read, or it has not the published counts.
    """
    layout = LAYOUTS[name]
    root = layout.find(data_dir)
    if root is None:
        raise layout.not_found(data_dir)
    listing = FOLDERS[name].read(root)
    got = tuple(len(listing.where(part)) for part in PARTS)
    if got != COUNTS[name]:
        raise DataError(
            "{} must have {} photos, {} training sketches and {} queries, ".format(
                name, *COUNTS[name]
            )
            + "got {}, {} and {}".format(*got)
        )
    return listing


def load_sketches(name: str, data_dir: str | None) -> RetrievalDataset:
    """One of `COUNTS`, not yet looked at by the audit; errors are those of `read_sketches`."""
    return sketch_split(name, "1", read_sketches(name, data_dir), *PARTS)
