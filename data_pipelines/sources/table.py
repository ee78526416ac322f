"""A CSV file that lists pictures: path, labels, split, and if wanted a box and a domain.

```
path,label,split,ymin,xmin,ymax,xmax,domain
birds/a.jpg,wren,train,0.1,0.2,0.8,0.9,photo
birds/b.jpg,wren;perched,test,,,,,photo
```

Only `path` and `label` must be there. Paths are relative to the file's folder. Several labels are
separated by semicolons; one in two Unicode forms is one class. Other columns are not used, and
noted. The split is `train` (training part and database), `database`, `test`
(queries) or `val` (left out); either every row has one or none.
"""

from __future__ import annotations

import csv
import io
import math
import os
from pathlib import Path

import numpy as np

from data_pipelines.records import PHOTO, SKETCH, DataError, Listing, Records
from data_pipelines.sources.folder import one_form

SPLITS = ("train", "database", "test", "val")
_BOX = ("ymin", "xmin", "ymax", "xmax")
_KNOWN = ("path", "label", "split", "domain", *_BOX)
_WHOLE = (0.0, 0.0, 1.0, 1.0)
_DOMAINS = {"sketch": SKETCH, "0": SKETCH, "photo": PHOTO, "1": PHOTO}


def read_table(path: str | os.PathLike[str]) -> Listing:
    """The pictures a CSV file lists, ordered by id (the path as written, with slashes).

    Labels are multi-hot if any row has more than one. A row with an empty box means all of the
    picture.

    Raises:
        DataError: no such file, a column missing or unknown, or a row that cannot be understood,
            which the message names.
    """
    path = Path(path)
    if not path.is_file():
        state = "is no file" if path.exists() else "does not exist"
        raise DataError(f"file {str(path)!r} {state}")
    try:
        text = path.read_text(encoding="utf-8-sig")
        if "\0" in text:
            line = text[: text.index("\0")].count("\n") + 1
            raise DataError(f"{path.name}, line {line}: NUL, which no text has; save it as UTF-8")
        # As the csv module asks for, line ends reach it as they are.
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        header = [name.strip().lower() for name in reader.fieldnames or ()]
        reader.fieldnames = header
        rows = [(reader.line_num, row) for row in reader]
    except (csv.Error, UnicodeDecodeError) as error:
        raise DataError(f"{path.name}: not a CSV file in UTF-8 ({error})") from None
    used = [name for name in header if name in _KNOWN]
    if not {"path", "label"} <= set(used) or len(set(used)) < len(used):
        raise DataError(
            f"{path.name}: the first line must name the columns path and label, and may name "
            f"split, domain and {', '.join(_BOX)}; it has {', '.join(header) or 'nothing'}"
        )
    if any(name in header for name in _BOX) and not all(name in header for name in _BOX):
        raise DataError(f"{path.name}: a box needs all of the columns {', '.join(_BOX)}")
    if not rows:
        raise DataError(f"{path.name}: lists no pictures")
    return _listing(path, header, [_Row(path.name, line, row) for line, row in rows])


class _Row:
    """One line, checked field by field; a mistake names the file and the line."""

    def __init__(self, file: str, line: int, row: dict[str, str]) -> None:
        self.place = f"{file}, line {line}"
        if None in row or None in row.values():
            raise DataError(f"{self.place}: as many fields as the first line has are needed")
        self._row = {name: value.strip() for name, value in row.items()}
        self.id = Path(self._row["path"]).as_posix()
        self.labels = [name for part in self._row["label"].split(";") if (name := part.strip())]
        if not self._row["path"] or not self.labels:
            raise DataError(f"{self.place}: path and label must not be empty")
        self.split = self._row.get("split", "").lower()
        if self.split and self.split not in SPLITS:
            raise DataError(f"{self.place}: split must be {', '.join(SPLITS)} or empty")

    def box(self) -> tuple[float, ...]:
        values = [self._row[name] for name in _BOX]
        if not any(values):
            return _WHOLE
        try:
            box = tuple(float(value) for value in values)
        except ValueError:
            raise DataError(f"{self.place}: a box is four numbers, or all empty") from None
        ymin, xmin, ymax, xmax = box
        if not (0 <= ymin < ymax <= 1 and 0 <= xmin < xmax <= 1):
            raise DataError(f"{self.place}: a box is 0 <= ymin < ymax <= 1, and so for x")
        return box

    def domain(self) -> int:
        name = self._row["domain"].lower()
        if name not in _DOMAINS:
            raise DataError(f"{self.place}: domain must be sketch or photo")
        return _DOMAINS[name]


def _listing(path: Path, header: list[str], rows: list[_Row]) -> Listing:
    rows = sorted(rows, key=lambda row: row.id)
    ids = [row.id for row in rows]
    twice = [first for first, second in zip(ids, ids[1:], strict=False) if first == second]
    if twice:
        raise DataError(f"{path.name}: lists {twice[0]!r} more than once; put labels into one row")
    if len({bool(row.split) for row in rows}) == 2:
        raise DataError(f"{path.name}: give every row a split, or none")
    _refuse_odd_numbers(rows)
    called, notes = one_form(name for row in rows for name in row.labels)
    class_names = sorted(set(called.values()))
    place = {name: i for i, name in enumerate(class_names)}
    number = {name: place[plain] for name, plain in called.items()}
    if all(len(row.labels) == 1 for row in rows):
        labels = np.array([number[row.labels[0]] for row in rows], np.int32)
    else:
        labels = np.zeros((len(rows), len(class_names)), np.uint8)
        for i, row in enumerate(rows):
            labels[i, [number[name] for name in row.labels]] = 1
    root = path.parent.absolute()
    records = Records(
        ids=np.array(ids, dtype=str),
        labels=labels,
        class_names=tuple(class_names),
        paths=np.array([os.path.abspath(root / name) for name in ids], dtype=str),
        boxes=np.array([row.box() for row in rows]) if _BOX[0] in header else None,
        domains=np.array([row.domain() for row in rows]) if "domain" in header else None,
    )
    unused = sorted({name or "without a name" for name in header if name not in _KNOWN})
    if unused:
        notes = (f"columns that are not used: {', '.join(unused)}", *notes)
    return Listing(records, np.array([row.split for row in rows]), notes)


def _refuse_odd_numbers(rows: list[_Row]) -> None:
    """Among labels that are numbers, infinite, NaN and negative ones stand for something missing.

    Among words they are words: nan is a bread.
    """
    labels = [(row, name) for row in rows for name in row.labels]
    numbers = [_number(name) for _, name in labels]
    sound = [number is not None and 0 <= number < math.inf for number in numbers]
    if None in numbers or not any(sound):
        return
    if not all(sound):
        row, name = labels[sound.index(False)]
        raise DataError(
            f"{row.place}: the label {name!r} is no class, where the others are numbers from 0 on; "
            "give it a class, or leave the row out"
        )


def _number(name: str) -> float | None:
    try:
        return float(name)
    except ValueError:
        return None
