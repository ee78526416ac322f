"""A directory of class sub-folders, read in place.

```
DIR/class/*.jpg                              no split given
DIR/train/class/*.jpg, DIR/test/class/*.jpg  the split is given
```

Pictures are the files with a picture's suffix; how they are encoded is found out by looking into
them. Everything else is passed over and counted: other files, hidden names, links that lead
nowhere, pipes, folders without pictures. One class name in two Unicode forms is one class.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from data_pipelines.records import DataError, Listing, Records
from tfretrieval.convert import SUFFIXES
from tfretrieval.files import hidden

ARCHIVES = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar")
_TRAIN, _TEST, _VALIDATION = "train", "test", ("val", "valid", "validation")
# What programs leave behind; nobody means a class by it.
_LITTER = (
    "__MACOSX",
    ".git",
    ".svn",
    ".ipynb_checkpoints",
    ".thumbnails",
    ".AppleDouble",
    ".cache",
)


def read_folder(data_dir: str | os.PathLike[str]) -> Listing:
    """The pictures below `data_dir`, ordered by id (the path relative to it, with slashes).

    Classes are the sorted names of the class folders. With `train/` and `test/` above them, `split`
    says which; a `val/` beside them is passed over.

    Raises:
        DataError: no such folder, no pictures, pictures or folders where none should be, only one
            of `train/` and `test/`, or one of them twice.
    """
    root = Path(data_dir)
    if not root.is_dir():
        raise _no_folder(root)
    passed = _Passed(root)
    pictures = _pictures(root, passed)
    folders = _folders(root, passed)
    parts = _parts(root, folders)
    found = [name for name in (_TRAIN, _TEST) if name in parts and _folders(parts[name])]
    if found and len(found) < 2 and len(folders) - len(set(parts) & {*_VALIDATION}) == 1:
        raise DataError(
            f"{str(root)!r} has {found[0]}/ without its counterpart: add the other one, or give "
            f"{str(parts[found[0]])!r} itself for a seeded split"
        )
    notes = []
    if len(found) == 2:
        beside = sorted({path.name.lower() for path in folders} - {_TRAIN, _TEST})
        notes += [f"passed over, not being train/ or test/: {name}/" for name in beside]
        rows = []
        for name in (_TRAIN, _TEST):
            pictures += _pictures(parts[name], passed)
            rows += [(name, *row) for row in _classes(parts[name], passed)]
    else:
        rows = [("", *row) for row in _classes(root, passed)]
    if not rows:
        where = "directly in it, not in one sub-folder per class" if pictures else "nowhere in it"
        raise DataError(
            f"no class folders with pictures in {str(root)!r}: pictures are {where}"
            + "".join(f"; {note}" for note in passed.notes([]))
        )
    return _listing(root, rows, (*notes, *passed.notes(pictures)))


def one_form(names: Iterable[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """From each name to what its class is called, and notes; two Unicode forms are one class.

    A name that comes in one form only stays as it is.

    >>> one_form(["re\u0301", "r\u00e9", "a"])[1]
    ("one class in two Unicode forms of its name: 'ré'",)
    >>> one_form(["Cats", "cats"])[1]
    ("classes whose names differ in nothing but case: 'Cats', 'cats'",)
    """
    forms: dict[str, set[str]] = {}
    for name in names:
        forms.setdefault(unicodedata.normalize("NFC", name), set()).add(name)
    called = {
        name: plain if len(some) > 1 else name for plain, some in forms.items() for name in some
    }
    notes = [
        f"one class in two Unicode forms of its name: {plain!r}"
        for plain, some in sorted(forms.items())
        if len(some) > 1
    ]
    cases: dict[str, list[str]] = {}
    for name in sorted(set(called.values())):
        cases.setdefault(name.casefold(), []).append(name)
    notes += [
        f"classes whose names differ in nothing but case: {', '.join(map(repr, some))}"
        for some in cases.values()
        if len(some) > 1
    ]
    return called, tuple(notes)


def _no_folder(root: Path) -> DataError:
    """Why there is no folder of that name."""
    if not root.exists():
        state = "is a link that leads nowhere" if root.is_symlink() else "does not exist"
        return DataError(f"folder {str(root)!r} {state}: give one with a sub-folder per class")
    if root.suffix.lower() in ARCHIVES:
        return DataError(
            f"{str(root)!r} is an archive, which is not read here: unpack it, and give the folder "
            "with a sub-folder per class"
        )
    return DataError(
        f"{str(root)!r} is a file and no folder: give one with a sub-folder per class, or a list "
        "of pictures that is called .csv"
    )


def _parts(root: Path, folders: list[Path]) -> dict[str, Path]:
    """The folders by their names in lower case; parts that are there twice are refused."""
    parts: dict[str, Path] = {}
    for path in folders:
        name = path.name.lower()
        if name in parts and name in (_TRAIN, _TEST):
            raise DataError(
                f"{str(root)!r} has {parts[name].name}/ and {path.name}/: put them together, or "
                "rename the one that is no part"
            )
        parts.setdefault(name, path)
    return parts


class _Passed:
    """What was passed over, by kind."""

    def __init__(self, root: Path):
        self._root = root
        self.files: list[Path] = []
        self.links: list[Path] = []
        self.special: list[Path] = []
        self.hidden: list[Path] = []
        self.empty: list[Path] = []

    def notes(self, loose: list[Path]) -> list[str]:
        """A line a kind; `loose` are pictures that lie in no class folder."""
        told = [
            ("files passed over that are no pictures of a class", [*self.files, *loose]),
            ("links passed over that lead nowhere", self.links),
            ("pipes or devices passed over", self.special),
            ("hidden folders passed over that hold pictures", self.hidden),
            ("class folders passed over that hold no pictures", self.empty),
        ]
        return [
            f"{len(paths)} {what}, such as {paths[0].relative_to(self._root).as_posix()!r}"
            for what, paths in told
            if paths
        ]


def _listing(root: Path, rows: list[tuple[str, str, Path]], notes: tuple[str, ...]) -> Listing:
    ids = np.array([path.relative_to(root).as_posix() for _, _, path in rows], dtype=str)
    by_id = np.argsort(ids)
    called, more = one_form(name for _, name, _ in rows)
    class_names, labels = np.unique([called[name] for _, name, _ in rows], return_inverse=True)
    records = Records(
        ids=ids[by_id],
        labels=labels.reshape(-1)[by_id],
        class_names=tuple(class_names.tolist()),
        paths=np.array([os.path.abspath(path) for _, _, path in rows], dtype=str)[by_id],
    )
    return Listing(records, np.array([split for split, _, _ in rows])[by_id], (*notes, *more))


def _classes(folder: Path, passed: _Passed) -> list[tuple[str, Path]]:
    """`(class, picture)` for all of a folder of class folders."""
    rows = []
    for class_folder in _folders(folder, passed if folder != passed._root else None):
        pictures = _pictures(class_folder, passed)
        for deeper in _folders(class_folder, passed):
            if any(_is_picture(path) for path in deeper.rglob("*")):
                raise DataError(
                    f"class folder {str(class_folder)!r} holds pictures in its sub-folder "
                    f"{deeper.name!r}: put them directly into class folders, or list them in a CSV"
                )
        if not pictures:
            passed.empty.append(class_folder)
        rows += [(class_folder.name, path) for path in pictures]
    return rows


def _folders(folder: Path, passed: _Passed | None = None) -> list[Path]:
    """The folders in a folder, less hidden ones, of which those with pictures are noted."""
    found = sorted(path for path in folder.iterdir() if path.is_dir())
    if passed:
        unseen = [path for path in found if hidden(path.name) and path.name not in _LITTER]
        passed.hidden += [x for x in unseen if any(_is_picture(path) for path in x.rglob("*"))]
    return [path for path in found if not hidden(path.name)]


def _pictures(folder: Path, passed: _Passed) -> list[Path]:
    """The pictures that lie directly in a folder."""
    pictures = []
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            continue
        if not path.exists():
            passed.links.append(path)
        elif not path.is_file():
            passed.special.append(path)
        elif _is_picture(path):
            pictures.append(path)
        else:
            passed.files.append(path)
    return pictures


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not hidden(path.name)
