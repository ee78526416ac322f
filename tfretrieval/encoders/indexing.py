"""Brings an index up to date with the folder of its pictures."""

from __future__ import annotations

import dataclasses
import hashlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from tfretrieval.convert import SUFFIXES
from tfretrieval.encoders.encoder import Encoder
from tfretrieval.encoders.fitted_encoder import FittedEncoder
from tfretrieval.encoders.opening import QUANTIZATION
from tfretrieval.files import hidden, writing
from tfretrieval.search import Picture, PictureIndex

# Rows whose codes are made at a time.
_BLOCK = 65_536


@dataclasses.dataclass(frozen=True)
class Indexed:
    """What was done.

    Attributes:
        added, replaced, kept, dropped, missing: numbers of pictures.
        unreadable: name -> why.
        seconds: of reading and encoding.
    """

    added: int
    replaced: int
    kept: int
    dropped: int
    missing: int
    unreadable: dict[str, str]
    seconds: float

    def __str__(self) -> str:
        encoded = self.added + self.replaced
        told = [f"{encoded} pictures encoded"]
        if encoded:
            told[0] += f" in {self.seconds:.0f} s, {encoded / max(self.seconds, 1e-9):.0f} a second"
        if self.kept:
            told.append(f"{self.kept} were there")
        if self.replaced:
            told.append(f"{self.replaced} had changed")
        if self.dropped:
            told.append(f"{self.dropped} dropped, whose files are gone")
        if self.missing:
            told.append(f"{self.missing} have no file any more (--drop-missing takes them out)")
        if self.unreadable:
            told.append(f"{len(self.unreadable)} could not be read")
        return "; ".join(told)


def index_folder(
    index: PictureIndex, encoder: Encoder, batch_size: int = 64, drop: bool = False
) -> Indexed:
    """Encodes what is new or has changed in the index's folder of pictures, batch by batch.

    A killed call goes on from its last batch. A file is known by its size and time, and where
    those have changed by its digest.

    Args:
        drop: takes pictures out whose files are gone.

    Raises:
        ValueError: no pictures, or too few to fit codes to.
    """
    if not isinstance(encoder, FittedEncoder):
        index.settle()
    elif encoder.quantization is not None:
        # A killed call left them without.
        _give_codes(index, encoder)
    before = {picture.name: picture for picture in index.pictures}
    files = pictures_below(index.root)
    if not files and not before:
        raise ValueError(f"no pictures below {index.root} (looked for {', '.join(SUFFIXES)})")
    gone = set(before) - set(files)
    changed = {name for name in files if name in before and _has_changed(index, before[name])}
    # One that has changed is taken out and added again.
    index.remove((gone if drop else set()) | changed)
    wanted = [name for name in files if name in changed or name not in before]
    unreadable: dict[str, str] = {}
    start = time.monotonic()
    with tqdm(total=len(wanted), unit="picture", disable=None) as bar:
        for names in _batches(wanted, batch_size):
            unreadable |= _add(index, encoder, names)
            bar.update(len(names))
    if isinstance(encoder, FittedEncoder) and encoder.quantization is None:
        _fit(index, encoder)
        _give_codes(index, encoder)
    seconds = time.monotonic() - start
    replaced = len(changed - set(unreadable))
    return Indexed(
        added=len(wanted) - len(unreadable) - replaced,
        replaced=replaced,
        kept=len(before) - len(gone) - len(changed),
        dropped=len(gone) if drop else 0,
        missing=0 if drop else len(gone),
        unreadable=unreadable,
        seconds=seconds,
    )


def pictures_below(root: Path) -> list[str]:
    """Paths of the picture files below a folder, with slashes, sorted; hidden ones are left out."""
    found = []
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix()
        if path.suffix.lower() in SUFFIXES and not hidden(name) and path.is_file():
            found.append(name)
    return sorted(found)


def _has_changed(index: PictureIndex, picture: Picture) -> bool:
    path = index.root / picture.name
    state = path.stat()
    if (state.st_size, state.st_mtime_ns) == (picture.size, picture.time):
        return False
    return state.st_size != picture.size or _digest(path.read_bytes()) != picture.digest


def _batches(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]


def _add(index: PictureIndex, encoder: Encoder, names: Sequence[str]) -> dict[str, str]:
    """Adds the readable ones; name -> what is wrong with each of the others."""
    pictures, contents, wrong = [], [], {}
    for name in names:
        path = index.root / name
        try:
            state, content = path.stat(), path.read_bytes()
        except OSError as error:
            wrong[name] = error.strerror or str(error)
            continue
        pictures.append(Picture(name, state.st_size, state.st_mtime_ns, _digest(content)))
        contents.append(content)
    encoded, good, unreadable = encoder.encode_each(contents)
    wrong |= {pictures[place].name: reason for place, reason in unreadable.items()}
    if encoded is not None:
        index.add([pictures[place] for place in good], encoded.features, encoded.packed)
    return wrong


def _fit(index: PictureIndex, encoder: FittedEncoder) -> None:
    """Fits codes to all pictures, for good."""
    encoder.fit(np.asarray(index.features, np.float32))
    assert encoder.quantization is not None
    mean, kernel = encoder.quantization
    with writing(index.folder / QUANTIZATION) as partial, open(partial, "wb") as stream:
        np.savez(stream, mean=mean, kernel=kernel)


def _give_codes(index: PictureIndex, encoder: FittedEncoder) -> None:
    """Gives codes to the pictures that are without."""
    for start in range(len(index.codes), len(index), _BLOCK):
        index.encoded(encoder.codes(index.features[start : start + _BLOCK]))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
