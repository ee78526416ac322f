"""A folder of pictures as codes on the disk: added to, cleaned, searched."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tfretrieval.codes import check_packed
from tfretrieval.files import FolderLock, leads_out, writing
from tfretrieval.search.hamming_index import HammingIndex
from tfretrieval.search.reranking import rerank
from tfretrieval.search.row_file import RowFile

FORMAT = 1
# A shortlist is so many times as long as what is asked for, and not shorter than the second.
SHORTLIST, LEAST_SHORTLIST = 10, 100


@dataclasses.dataclass(frozen=True)
class Picture:
    """A picture of an index.

    Attributes:
        name: its path below the folder of pictures, with slashes.
        size: bytes of the file.
        time: nanoseconds, when it was changed last.
        digest: SHA-256 of the file.
    """

    name: str
    size: int
    time: int
    digest: str

    @property
    def label(self) -> str:
        """The folder that it lies in, empty at the top: a class, where folders are classes."""
        return os.path.basename(os.path.dirname(self.name))


@dataclasses.dataclass(frozen=True, eq=False)
class Found:
    """What a query finds, best first.

    Attributes:
        places: of the pictures in the index, int64 ``[k]``.
        distances: different bits, int32 ``[k]``.
        cosines: of the features, float32 ``[k]``, where a shortlist was put in order by them.
    """

    places: np.ndarray
    distances: np.ndarray
    cosines: np.ndarray | None = None


class PictureIndex:
    """Codes, features and names of the pictures below a folder, in a folder of its own.

    ```
    index.json        what encodes, where the pictures lie, which of the numbered folders counts
    1/codes.rows      packed codes, a RowFile
    1/features.rows   float16: what a shortlist is put in order by
    1/pictures.jsonl  a line a picture: name, size, time, digest
    ```

    Pictures are added in batches, each of which counts once all of it lies on the disk; a process
    that is killed leaves those of the batches before. Codes may come later than features, where
    they are fitted on them. What has written once is the only writer until it is gone; readers see
    the pictures that were there when they opened the index.

    Args:
        folder: of the index.
        model: the fingerprint of what encodes queries; an index of another model is refused.

    Raises:
        ValueError: no index, a damaged one, or one of another model.
        tfretrieval.files.InUse: :meth:`add` or :meth:`remove` while another process writes.
    """

    def __init__(self, folder: str | os.PathLike[str], model: str | None = None):
        self.folder = Path(folder)
        self._lock: FolderLock | None = None
        self._load()
        if model is not None and self.about["model"] != model:
            raise ValueError(
                f"{self.folder} holds codes of another model ({self.about['encoder']['name']}): "
                "search it with that one, or index anew into another folder"
            )

    def _load(self) -> None:
        """Reads what lies there now."""
        try:
            told = json.loads((self.folder / "index.json").read_text("utf-8"))
        except FileNotFoundError:
            raise ValueError(f"{self.folder} is no index: it has no index.json") from None
        except (OSError, ValueError) as error:
            raise ValueError(f"{self.folder}/index.json cannot be read: {error}") from error
        if not isinstance(told, dict) or told.get("format") != FORMAT:
            raise ValueError(f"{self.folder}/index.json is of another program or version")
        self.about: dict[str, Any] = told
        self.bits = int(told["bits"])
        self._open()

    @classmethod
    def create(
        cls,
        folder: str | os.PathLike[str],
        pictures: str | os.PathLike[str],
        bits: int,
        features: int,
        model: str,
        encoder: Mapping[str, Any],
    ) -> PictureIndex:
        """An empty index.

        Args:
            pictures: the folder of the pictures.
            bits, features: how many a picture has.
            model: fingerprint of what encodes.
            encoder: what it takes to make it again, plain JSON values with a ``name``.

        Raises:
            ValueError: the folder holds something.
        """
        folder = Path(folder)
        if folder.exists() and any(path.name != FolderLock.NAME for path in folder.iterdir()):
            raise ValueError(f"{folder} exists and is no index: choose an empty folder")
        about = {
            "format": FORMAT,
            "bits": bits,
            "features": features,
            "model": model,
            "encoder": dict(encoder),
            "pictures": os.path.abspath(pictures),
            "generation": 1,
        }
        _write_generation(folder, about, np.empty((0, features), np.float16), None, ())
        return cls(folder)

    def _open(self) -> None:
        inside = self.folder / str(self.about["generation"])
        about = {"model": self.about["model"]}
        self._features = RowFile(inside / "features.rows", about)
        self._codes = RowFile(inside / "codes.rows", about)
        self._file = inside / "pictures.jsonl"
        lines = self._file.read_bytes().splitlines(keepends=True)[: len(self._features)]
        if len(lines) < len(self._features):
            raise ValueError(f"{self._file} is truncated: {len(lines)} of {len(self._features)}")
        self.pictures = [Picture(*json.loads(line)) for line in lines]
        for picture in self.pictures:
            if leads_out(picture.name):
                raise ValueError(f"{self._file} names {picture.name!r}, outside of its folder")
        self._end = sum(map(len, lines))
        self._index: HammingIndex | None = None

    def __len__(self) -> int:
        """Pictures that are there, with codes or still without."""
        return len(self.pictures)

    @property
    def root(self) -> Path:
        """The folder of the pictures."""
        return Path(self.about["pictures"])

    @property
    def features(self) -> np.ndarray:
        """float16 ``[N, D]``, a memory map."""
        return self._features.rows

    @property
    def codes(self) -> np.ndarray:
        """Packed, uint8 ``[n, ceil(bits / 8)]``, a memory map; of the first n pictures."""
        return self._codes.rows

    def path(self, place: int) -> Path:
        """The file of a picture."""
        return self.root / self.pictures[place].name

    def add(
        self, pictures: Iterable[Picture], features: np.ndarray, packed: np.ndarray | None = None
    ) -> None:
        """Adds pictures behind those that are there.

        Args:
            features: ``[n, D]``.
            packed: uint8 ``[n, ceil(bits / 8)]``; left out, they are to be :meth:`encoded` later.

        Raises:
            ValueError: arrays of another number or width.
        """
        pictures = list(pictures)
        if len(features) != len(pictures) or (packed is not None and len(packed) != len(pictures)):
            raise ValueError(f"{len(pictures)} pictures need as many features and codes")
        self._write_alone()
        self._features.check_own()
        with open(self._file, "r+b") as stream:
            # What a killed process left behind the last picture that counts is overwritten.
            stream.seek(self._end)
            stream.truncate()
            stream.writelines(map(_line, pictures))
            stream.flush()
            os.fsync(stream.fileno())
            self._end = stream.tell()
        self._features.append(np.asarray(features, np.float16))
        self.pictures += pictures
        if packed is not None:
            self.encoded(packed)

    def encoded(self, packed: np.ndarray) -> None:
        """Adds the codes of the next pictures that are still without.

        Raises:
            ValueError: more codes than pictures, or of another width.
        """
        codes = check_packed(packed, self.bits)
        self._write_alone()
        if len(self._codes) + len(codes) > len(self):
            raise ValueError(f"{len(codes)} codes for {len(self) - len(self._codes)} pictures")
        self._codes.append(codes)
        self._index = None

    def settle(self) -> None:
        """Takes pictures out whose codes were never written: an encoder gives both at once."""
        self._write_alone()
        if len(self._codes) < len(self):
            self._features.truncate(len(self._codes))
            self._open()

    def remove(self, names: Iterable[str]) -> int:
        """Takes pictures out, and says how many; the others keep their order.

        Raises:
            ValueError: a picture that is not there.
        """
        names = set(names)
        self._write_alone()
        absent = names - {picture.name for picture in self.pictures}
        if absent:
            raise ValueError(f"{self.folder} does not hold {min(absent)!r}")
        if not names:
            return 0
        stays = np.array([picture.name not in names for picture in self.pictures])
        before = self.about["generation"]
        about = {**self.about, "generation": before + 1}
        _write_generation(
            self.folder,
            about,
            self.features[stays],
            self.codes[stays[: len(self._codes)]],
            [p for p, stay in zip(self.pictures, stays, strict=True) if stay],
        )
        self.about = about
        self._open()
        shutil.rmtree(self.folder / str(before), ignore_errors=True)
        return int((~stays).sum())

    def search(self, packed: np.ndarray, k: int, features: np.ndarray | None = None) -> list[Found]:
        """The nearest pictures of each query.

        Args:
            packed: uint8 ``[Q, ceil(bits / 8)]``.
            k: answers, fewer where the index holds fewer.
            features: ``[Q, D]``; a longer shortlist by codes is then put in order by their cosine.

        Raises:
            ValueError: an empty index, or queries of another width.
        """
        if not len(self.codes):
            raise ValueError(f"{self.folder} holds no codes yet: index pictures first")
        index = self._searching()
        k = min(k, len(index))
        listed = k if features is None else min(len(index), max(SHORTLIST * k, LEAST_SHORTLIST))
        distances, places = index.search(packed, listed)
        if features is None:
            return [Found(p, d) for d, p in zip(distances, places, strict=True)]
        found = []
        for own, near, far in zip(np.asarray(features), places, distances, strict=True):
            order, cosines = rerank(own, self.features, near)
            of_place = dict(zip(near.tolist(), far.tolist(), strict=True))
            kept = order[:k]
            far = np.array([of_place[place] for place in kept.tolist()], np.int32)
            found.append(Found(kept, far, cosines[:k]))
        return found

    def range_search(self, packed: np.ndarray, radius: int) -> list[Found]:
        """All pictures that differ from a query in at most ``radius`` bits."""
        found = self._searching().range_search(packed, radius)
        return [Found(places, distances) for distances, places in found]

    def _searching(self) -> HammingIndex:
        if self._index is None:
            self._index = HammingIndex.over(self.codes, self.bits)
        return self._index

    def _write_alone(self) -> None:
        """From the first writing on nobody else writes; what others wrote before is taken over."""
        if self._lock is None:
            self._lock = FolderLock.of(self.folder)
            self._load()


def _write_generation(
    folder: Path,
    about: Mapping[str, Any],
    features: np.ndarray,
    codes: np.ndarray | None,
    pictures: Iterable[Picture],
) -> None:
    """Writes a numbered folder, and then the file that makes it count."""
    inside = folder / str(about["generation"])
    shutil.rmtree(inside, ignore_errors=True)
    inside.mkdir(parents=True)
    model = {"model": about["model"]}
    width = -(-about["bits"] // 8)
    RowFile.create(inside / "features.rows", np.float16, about["features"], model, features)
    RowFile.create(inside / "codes.rows", np.uint8, width, model, codes)
    with writing(inside / "pictures.jsonl") as partial, open(partial, "wb") as stream:
        stream.writelines(_line(picture) for picture in pictures)
    with writing(folder / "index.json") as partial:
        partial.write_text(json.dumps(about, indent=1) + "\n", "utf-8")


def _line(picture: Picture) -> bytes:
    return json.dumps(dataclasses.astuple(picture)).encode() + b"\n"
