"""Packed codes of many pictures: sharded files that NumPy alone reads, and a manifest over them.

A shard is an ``.npz`` file with ``packed``, uint8 ``[n, ceil(bits / 8)]``, ``ids``, str ``[n]``,
``not_read``, str ``[m, 2]`` (id and reason), and ``about``, JSON that tells how it was made. The
manifest is written last: a folder that has one is whole. Without this package::

    for shard in json.load(open("CODES/manifest.json"))["shards"]:
        with np.load("CODES/" + shard["file"]) as file:
            packed, ids = file["packed"], file["ids"]
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data_pipelines.records import DataError
from tfretrieval.codes import check_packed

FORMAT = 1
MANIFEST = "manifest.json"


def shard_name(number: int, shards: int) -> str:
    """The file of a shard.

    >>> shard_name(3, 16)
    'codes-00003-of-00016.npz'
    """
    return f"codes-{number:05d}-of-{shards:05d}.npz"


@dataclasses.dataclass(frozen=True, eq=False)
class Shard:
    """The codes of some pictures.

    Attributes:
        packed: uint8 ``[n, ceil(bits / 8)]``.
        ids: str ``[n]``.
        not_read: id -> why, of the pictures that have no code.
        about: plain JSON values, how it was made; ``bits`` and ``model`` among them.

    >>> shard = Shard(np.array([[7]], np.uint8), np.array(["a"]), {}, {"bits": 8})
    >>> Shard.of(shard.contents(), "here").packed.tolist()
    [[7]]
    """

    packed: np.ndarray
    ids: np.ndarray
    not_read: dict[str, str]
    about: dict[str, Any]

    def contents(self) -> bytes:
        """The bytes of its file, the same ones for the same shard."""
        stream = io.BytesIO()
        np.savez_compressed(
            stream,
            packed=self.packed,
            ids=np.asarray(self.ids, str),
            not_read=np.array([*self.not_read.items()], str).reshape(-1, 2),
            about=json.dumps(self.about),
        )
        return stream.getvalue()

    @classmethod
    def of(cls, contents: bytes, name: str) -> Shard:
        """The shard in a file's bytes. Nothing in them is executed.

        Args:
            name: of the file, for the message.

        Raises:
            DataError: damaged, or something else.
        """
        try:
            # NumPy would not miss the last bytes of a column whose checksum is wrong.
            if (bad := zipfile.ZipFile(io.BytesIO(contents)).testzip()) is not None:
                raise ValueError(f"{bad} does not have its checksum")
            with np.load(io.BytesIO(contents), allow_pickle=False) as file:
                columns = dict(file)
            about = dict(json.loads(str(columns["about"])))
            packed = check_packed(columns["packed"], int(about["bits"]))
            ids, not_read = columns["ids"], columns["not_read"]
            if ids.dtype.kind != "U" or ids.shape != (len(packed),):
                raise ValueError(f"{len(packed)} codes need {len(packed)} ids, got {ids.shape}")
            return cls(packed, ids, dict(not_read.tolist()), about)
        except Exception as error:  # a damaged file may fail anyhow
            reason = " ".join(str(error).split())
            raise DataError(f"{name} is no shard of codes or damaged ({reason})") from error


@dataclasses.dataclass(frozen=True)
class Summary:
    """What a manifest says of a shard.

    Attributes:
        sha256: of the file.
        codes: how many it holds.
        not_read: id -> why.
    """

    sha256: str
    codes: int
    not_read: dict[str, str]

    @classmethod
    def of(cls, shard: Shard, contents: bytes) -> Summary:
        return cls(hashlib.sha256(contents).hexdigest(), len(shard.ids), shard.not_read)


def manifest_of(about: dict[str, Any], images: str, shards: Sequence[Summary]) -> bytes:
    """The manifest over all shards.

    Args:
        about: how they were made, plain JSON values; ``bits`` and ``model`` among them.
        images: what was encoded, for people.
        shards: in order.
    """
    told = {
        "format": FORMAT,
        **about,
        "images": images,
        "codes": sum(shard.codes for shard in shards),
        "not_read": {name: why for shard in shards for name, why in shard.not_read.items()},
        "shards": [
            {
                "file": shard_name(number, len(shards)),
                "sha256": shard.sha256,
                "codes": shard.codes,
                "not_read": len(shard.not_read),
            }
            for number, shard in enumerate(shards)
        ],
    }
    return json.dumps(told, indent=1).encode() + b"\n"


def digests_of(manifest: bytes) -> dict[str, str]:
    """File -> SHA-256, as a manifest says; of a damaged one nothing is known."""
    try:
        return {str(each["file"]): str(each["sha256"]) for each in json.loads(manifest)["shards"]}
    except (LookupError, TypeError, ValueError):
        return {}


class Codes:
    """All shards of a folder, read one after the other in the order of the pictures.

    Only one shard is held at a time::

        codes = load("CODES")
        index = HammingIndex(codes.bits)
        for packed, ids in codes:
            index.add(packed, ids)

    Attributes:
        bits: length of a code.
        model: fingerprint of the SavedModel, as of :class:`tfretrieval.encoders.RunEncoder`.
        not_read: id -> why, of the pictures that have no code.
    """

    def __init__(self, folder: Path, manifest: dict[str, Any]):
        self._folder, self._shards = folder, manifest["shards"]
        self.bits, self.model = int(manifest["bits"]), str(manifest["model"])
        self.not_read: dict[str, str] = dict(manifest["not_read"])
        self._count = sum(int(shard["codes"]) for shard in self._shards)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Packed codes uint8 ``[n, ceil(bits / 8)]`` and ids str ``[n]`` of each shard.

        Raises:
            DataError: a shard that is missing, damaged, or does not have its checksum.
        """
        for number, told in enumerate(self._shards):
            path = self._folder / shard_name(number, len(self._shards))
            try:
                contents = path.read_bytes()
            except OSError as error:
                raise DataError(f"{path}: {error.strerror}; {_REMEDY}") from error
            if hashlib.sha256(contents).hexdigest() != told["sha256"]:
                raise DataError(f"{path} does not have its checksum; {_REMEDY}")
            shard = Shard.of(contents, str(path))
            yield shard.packed, shard.ids

    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """All packed codes, uint8 ``[N, ceil(bits / 8)]``, and all ids, str ``[N]``, at once."""
        packed = np.empty((len(self), -(-self.bits // 8)), np.uint8)
        ids, start = [np.empty(0, str)], 0
        for codes, names in self:
            packed[start : start + len(codes)] = codes
            ids.append(names)
            start += len(codes)
        return packed, np.concatenate(ids)


def load(folder: str | os.PathLike[str]) -> Codes:
    """The codes in a folder that ``python -m data_pipelines.encode`` has finished.

    Raises:
        DataError: no manifest, or a damaged one.
    """
    path = Path(folder) / MANIFEST
    try:
        manifest = json.loads(path.read_text("utf-8"))
        if manifest["format"] != FORMAT:
            raise ValueError("of another version")
        return Codes(Path(folder), manifest)
    except FileNotFoundError:
        raise DataError(f"{folder} has no {MANIFEST}: no codes, or they are not done") from None
    except (OSError, LookupError, TypeError, ValueError) as error:
        raise DataError(f"{path} cannot be read ({error}); {_REMEDY}") from error


_REMEDY = "run python -m data_pipelines.encode with the same arguments again"
