"""A directory of class sub-folders, read in place.

```
DIR/class/*.jpg                              no split given
DIR/train/class/*.jpg, DIR/test/class/*.jpg  the split is given
```

Pictures are the files with a picture's suffix; how they are encoded is found out by looking into
them. Hidden names, `__MACOSX` and everything else are passed over and counted.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from data_pipelines.records import DataError, Listing, Records

SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".gif"),
    *(".tif", ".tiff", ".avif", ".heic", ".heif"),
)
_TRAIN, _TEST, _VALIDATION = "train", "test", ("val", "valid", "validation")


def read_folder(data_dir: str | os.PathLike[str]) -> Listing:
    """The pictures below `data_dir`, ordered by id (the path relative to it, with slashes).

    Classes are the sorted names of the class folders. With `train/` and `test/` above them, `split`
    says which; a `val/` beside them is passed over.

    Raises:
        DataError: no such folder, no pictures, pictures or folders where none should be, only one
            of `train/` and `test/`.
    """
    root = Path(data_dir)
    if not root.is_dir():
        raise DataError(
            f"folder {str(root)!r} does not exist: give one with a sub-folder per class"
        )
    pictures, ignored = _entries(root)
    notes = []
    parts = {path.name.lower(): path for path in _folders(root)}
    found = [name for name in (_TRAIN, _TEST) if name in parts and _folders(parts[name])]
    if found and len(found) < 2 and len(parts) - len(set(parts) & {*_VALIDATION}) == 1:
        raise DataError(
            f"{str(root)!r} has {found[0]}/ without its counterpart: add the other one, or give "
            f"{str(parts[found[0]])!r} itself for a seeded split"
        )
    if len(found) == 2:
        beside = sorted(set(parts) - {_TRAIN, _TEST})
        notes += [f"passed over, not being train/ or test/: {name}/" for name in beside]
        rows = []
        for name in (_TRAIN, _TEST):
            ignored += _entries(parts[name])[1]
            pictures += _entries(parts[name])[0]
            rows += [(name, *row) for row in _classes(parts[name], ignored)]
    else:
        rows = [("", *row) for row in _classes(root, ignored)]
    if not rows:
        where = "directly in it, not in one sub-folder per class" if pictures else "nowhere in it"
        raise DataError(f"no class folders with pictures in {str(root)!r}: pictures are {where}")
    ignored += pictures
    if ignored:
        notes.append(
            f"{len(ignored)} files passed over that are no pictures of a class, such as "
            f"{ignored[0].relative_to(root).as_posix()!r}"
        )
    return _listing(root, rows, tuple(notes))


def _listing(root: Path, rows: list[tuple[str, str, Path]], notes: tuple[str, ...]) -> Listing:
    ids = np.array([path.relative_to(root).as_posix() for _, _, path in rows], dtype=str)
    by_id = np.argsort(ids)
    class_names, labels = np.unique([name for _, name, _ in rows], return_inverse=True)
    records = Records(
        ids=ids[by_id],
        labels=labels.reshape(-1)[by_id],
        class_names=tuple(class_names.tolist()),
        paths=np.array([os.path.abspath(path) for _, _, path in rows], dtype=str)[by_id],
    )
    return Listing(records, np.array([split for split, _, _ in rows])[by_id], notes)


def _classes(folder: Path, ignored: list[Path]) -> list[tuple[str, Path]]:
    """`(class, picture)` for all of a folder of class folders; what is passed over is appended."""
    rows = []
    for class_folder in _folders(folder):
        pictures, others = _entries(class_folder)
        ignored += others
        for deeper in _folders(class_folder):
            if any(_is_picture(path) for path in deeper.rglob("*")):
                raise DataError(
                    f"class folder {str(class_folder)!r} holds pictures in its sub-folder "
                    f"{deeper.name!r}: put them directly into class folders, or list them in a CSV"
                )
        rows += [(class_folder.name, path) for path in pictures]
    return rows


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not _hidden(path))


def _entries(folder: Path) -> tuple[list[Path], list[Path]]:
    """The pictures and the other files that lie directly in a folder."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    pictures = [path for path in files if _is_picture(path)]
    return pictures, [path for path in files if not _is_picture(path)]


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not _hidden(path)


def _hidden(path: Path) -> bool:
    return path.name.startswith(".") or path.name == "__MACOSX"
