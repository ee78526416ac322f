"""Where a published data set lies: unpacked, or as its original archives."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from data_pipelines.records import DataError
from data_pipelines.sources.unpack import cache_folder, unpack


class Archive(NamedTuple):
    """An original file, and where it can be fetched; no address if that is dead.

    `checksum` is its SHA-256, or its MD5 where nothing better is published (Keras tells them apart
    by their length).
    """

    name: str
    url: str = ""
    checksum: str = ""


@dataclasses.dataclass(frozen=True)
class Prepared:
    """How data that TFDS has prepared are read.

    Attributes:
        splits: TFDS's split -> the part that it is here.
        builder: a class in `data_pipelines.builders`, where TFDS has none of its own.
        large: memory cannot hold it: pictures are fetched when it is known which are wanted.
        renames_classes: TFDS calls the classes otherwise than the archive does; the folders that
            the ids name are right.
    """

    splits: Mapping[str, str] = dataclasses.field(
        default_factory=lambda: {"train": "train", "test": "test"}
    )
    builder: str = ""
    large: bool = False
    renames_classes: bool = False

    def is_there(self, name: str, data_dir: str | None) -> bool:
        """Whether TFDS has the set ready, in `data_dir` or its own place; nothing is fetched."""
        from data_pipelines import builders
        from data_pipelines.sources.tfds_source import is_prepared

        if self.builder:
            getattr(builders, self.builder)  # Importing it makes its name known to TFDS.
        return is_prepared(name, data_dir)


@dataclasses.dataclass(frozen=True)
class Layout:
    """What the unpacked data look like, and which archives they come in.

    Attributes:
        folder: what the unpacked folder is called; "" if each archive brings its own.
        marks: what lies in it.
        archives: all of them are needed; none: only the unpacked folder or TFDS's data will do.
        size: of the archives, in words.
        prepared: how data that TFDS has prepared are read, where they will do.
        hint: what else is worth knowing where nothing is found.
    """

    name: str
    folder: str
    marks: tuple[str, ...]
    archives: tuple[Archive, ...]
    size: str
    prepared: Prepared | None = None
    hint: str = ""

    def find(self, data_dir: str | None) -> Path | None:
        """The unpacked folder, or nothing; archives are unpacked into the cache.

        Args:
            data_dir: that folder, its parent, an archive, or the folder of the archives; by
                default where `fetch` puts them.

        Raises:
            DataError: archives that cannot be unpacked, or that hold other things.
        """
        place = self._place(data_dir)
        if root := self._root(place):
            return root
        archives = self._archives(place)
        if not archives or len(archives) < len(self.archives):
            return None
        unpacked = unpack(list(archives.values()), self.name)
        if root := self._root(unpacked):
            return root
        shutil.rmtree(unpacked, ignore_errors=True)
        raise DataError(
            f"{self.name}: {' + '.join(map(str, archives.values()))} must hold "
            f"{', '.join(self.marks)}{self.hint and '; '}{self.hint}"
        )

    def fetch(self, data_dir: str | None) -> None:
        """Fetch the archives that are not there, each whole or not at all, checksums verified.

        Raises:
            DataError: there is no address, no place to write, or fetching failed.
        """
        if not self._can_be_fetched:
            reason = "its addresses are dead" if self.archives else "it needs an account"
            raise DataError(f"{self.name} cannot be fetched, {reason}; {self._ways()}")
        import tensorflow as tf

        place = self._place(data_dir)
        aside = place / f".fetching-{self.name}"
        there = self._archives(place)
        try:
            aside.mkdir(parents=True, exist_ok=True)
            for archive in self.archives:
                if archive.name not in there:
                    path = tf.keras.utils.get_file(
                        archive.name,
                        archive.url,
                        file_hash=archive.checksum,
                        cache_dir=str(aside),
                        cache_subdir="",
                    )
                    os.replace(path, place / archive.name)
        except Exception as error:  # Keras raises a bare Exception
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise DataError(
                f"{self.name} could not be fetched: {reason}; {self._ways()}"
            ) from error
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def not_found(self, data_dir: str | None) -> DataError:
        """The line for data that are not there: what is missing, or all the ways to give them."""
        place = self._place(data_dir)
        there = self._archives(place)
        if there:
            missing = ", ".join(a.name for a in self.archives if a.name not in there)
            return DataError(
                f"{self.name}: {missing} must lie beside {', '.join(there)} in "
                f"{str(place.parent if place.is_file() else place)!r}"
            )
        state = "is not there" if not data_dir else f"is not in {data_dir!r}"
        if data_dir and not place.exists():
            state += ", which does not exist"
        elif place.is_file():
            state += ", which is none of its archives; one of another kind has to be unpacked"
        return DataError(f"{self.name} {state}: {self._ways()}")

    def _ways(self) -> str:
        archives = " + ".join(archive.name for archive in self.archives)
        unpacked = self.folder or f"with {', '.join(self.marks)}"
        ways = [f"point --data-dir to the unpacked folder ({unpacked})"]
        if self.archives:
            ways += [archives, "their parent"]
        if self.prepared:
            ways.append("data prepared by TFDS")
        if self._can_be_fetched:
            ways.append(f"pass --download ({self.size})")
        told = " or ".join(part for part in (", ".join(ways[:-1]), ways[-1]) if part)
        return f"{told}{self.hint and '; '}{self.hint}"

    @property
    def _can_be_fetched(self) -> bool:
        return bool(self.archives) and all(archive.url for archive in self.archives)

    def _place(self, data_dir: str | None) -> Path:
        return Path(data_dir).absolute() if data_dir else cache_folder() / "fetched" / self.name

    def _root(self, place: Path) -> Path | None:
        """The unpacked folder, if it is this one or lies directly in it."""
        for root in (place, place / self.folder):
            if all((root / mark).exists() for mark in self.marks):
                return root
        return None

    def _archives(self, place: Path) -> dict[str, Path]:
        """The archives in a folder, or beside a file; a single one may have any name."""
        if place.is_file() and len(self.archives) == 1:
            return {self.archives[0].name: place}
        folder = place.parent if place.is_file() else place
        paths = {archive.name: folder / archive.name for archive in self.archives}
        return {name: path for name, path in paths.items() if path.is_file()}
