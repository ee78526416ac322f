"""One folder a run: every file whole or absent, every finished step done for good."""

import contextlib
import dataclasses
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tfretrieval import array_files, files
from tfretrieval.files import FolderLock, InUse
from tfretrieval.worker_watch import FOLDER
from tfretrieval.workers import from_environment

# Where data come from, and who looks at them, is not what they are: their checksum tells that.
_WHERE = {"data_dir": None, "download": None, "beam": None}


class RunFolderError(ValueError):
    """A folder that cannot take this run; the message says what to do."""


class RunFolder:
    """The files of a run.

    ``step`` is what makes a run resumable: its result is a file, and a step whose file exists is
    not done again. A run killed between two files does the missing ones. The folder is made with
    the first file, so that a run that is refused at the door leaves nothing behind. Files are on
    the disk before they get their names, and one process at a time writes.

    Of several workers (:mod:`tfretrieval.workers`) the chief computes and writes; the others wait
    for its files and read them.

    Args:
        path: made if it does not exist.
        config: the dataclass of the run's settings. A folder with finished steps of other
            settings is refused and left as it is.
        extra: further settings that tell runs apart.

    Raises:
        RunFolderError: another configuration, a path that is no run folder, or one that another
            process is writing.
    """

    def __init__(self, path: str | Path, config: Any, **extra: Any):
        self.path = Path(path)
        self.workers = from_environment()
        self._settings = json.loads(json.dumps({**dataclasses.asdict(config), **extra}))
        file = self.path / "config.json"
        self._lock = self._locked() if file.exists() and self.workers.is_chief else None
        self._described = False
        if file.exists():
            told = self._difference(file)
            self._described = not told
            if told and self.has_steps:
                raise RunFolderError(
                    f"{self.path} holds a run of another configuration ({told}): choose another "
                    "--run-dir"
                )
        elif self.workers.is_chief and self.path.exists() and not self._is_empty():
            raise RunFolderError(
                f"{self.path} exists and is no run folder: choose another --run-dir"
            )
        # Nobody else is writing them.
        for partial in self.path.rglob("*.partial") if self._lock else ():
            # On a network's disk a file that is still mapped keeps its folder.
            shutil.rmtree(partial, ignore_errors=True)

    def _locked(self) -> FolderLock:
        try:
            return FolderLock.of(self.path)
        except InUse as error:
            raise RunFolderError(f"{error}: wait for it, or choose another --run-dir") from error

    @property
    def has_steps(self) -> bool:
        """Whether any step has been finished, or a checkpoint written."""
        return any(self.path.rglob("*.npz"))

    def _is_empty(self) -> bool:
        """No file yet; the first may have been under way when the run was killed."""
        return self.path.is_dir() and all(
            entry.name in (FolderLock.NAME, FOLDER, "config.json.partial")
            for entry in self.path.iterdir()
        )

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def step(self, name: str, compute: Callable[[], dict[str, Any]]) -> dict[str, np.ndarray]:
        """The arrays of ``name.npz``, computed and written when the file is not there."""
        if self.workers.is_chief and not (self / f"{name}.npz").exists():
            arrays = compute()
            with self.writing(f"{name}.npz") as partial:
                array_files.write(partial, arrays)
        return self.read_arrays(name)

    def wait_for(self, name: str) -> Path:
        """The path of a file, which the chief of several workers may still have to write."""
        while not self.workers.is_chief and not (self / name).exists():
            time.sleep(0.2)
        return self / name

    @contextlib.contextmanager
    def chief_first(self, name: str) -> Iterator[None]:
        """A body that leaves its results where all look for them: the other workers run it when
        the chief has, and find them.

        Args:
            name: of what is done, different from others.
        """
        self.wait_for(f"{FOLDER}/{name}.done")
        yield
        if self.workers.several and self.workers.is_chief:
            with self.writing(f"{FOLDER}/{name}.done") as partial:
                partial.touch()

    def read_arrays(self, name: str) -> dict[str, np.ndarray]:
        """The arrays of ``name.npz``, large ones as maps of the file: see
        :func:`tfretrieval.array_files.read`.

        Raises:
            RunFolderError: the file is damaged.
        """
        file = self.wait_for(f"{name}.npz")
        try:
            return array_files.read(file)
        except ValueError as error:
            raise self._damaged(file) from error

    def write_text(self, name: str, text: str) -> None:
        with self.writing(name) as partial:
            # Names of files need not be UTF-8.
            partial.write_text(text, encoding="utf-8", errors="surrogateescape")

    def write_json(self, name: str, value: Any) -> None:
        self.write_text(name, json.dumps(value, indent=2, ensure_ascii=False) + "\n")

    def read_json(self, name: str) -> Any:
        file = self.wait_for(name)
        try:
            return json.loads(file.read_text(encoding="utf-8", errors="surrogateescape"))
        except ValueError as error:
            raise self._damaged(file) from error

    @staticmethod
    def _damaged(file: Path) -> RunFolderError:
        return RunFolderError(f"{file} is damaged: delete it, and the same command makes it again")

    def agree(self) -> None:
        """Compares another worker with the chief, for whose settings it waits.

        Raises:
            RunFolderError: it was started with other settings.
        """
        if self.workers.is_chief:
            return
        told = self._difference(self.wait_for("config.json"))
        if told:
            raise RunFolderError(
                f"{self.workers.named(self.workers.index)} has other settings than the chief "
                f"({told}): start all with the same command"
            )

    def _difference(self, file: Path) -> str:
        """What differs between the settings in a file and these."""
        return difference(*({**s, **_WHERE} for s in (_settings(file), self._settings)))

    def begin(self) -> None:
        """Makes the folder this run's: locked, with its settings in it."""
        if not self.workers.is_chief:
            return
        if self._lock is None:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = self._locked()
        if not self._described:
            self._described = True
            self.write_json("config.json", self._settings)

    @contextlib.contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        """A path to write a file or a folder to; it takes its name when the body has ended. What
        another worker than the chief writes there is thrown away."""
        if not self.workers.is_chief:
            with tempfile.TemporaryDirectory() as away:
                yield Path(away) / Path(name).name
            return
        self.begin()
        with files.writing(self.path / name) as partial:
            yield partial


def folder_of_seeds(path: str | Path, config: Any) -> RunFolder:
    """A run of several seeds, each in a folder of its own; how many is not part of what it is.

    It is known as a run before there is a seed in it: killed in the first one, it goes on all the
    same.
    """
    folder = RunFolder(path, config, seeds="a folder each")
    folder.begin()
    return folder


def _settings(file: Path) -> dict[str, Any]:
    try:
        settings = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(settings, dict):
            raise ValueError("no settings in it")
    except (OSError, ValueError) as error:
        raise RunFolderError(
            f"{file} cannot be read ({error}): choose another --run-dir"
        ) from error
    return settings


def difference(before: dict[str, Any], now: dict[str, Any]) -> str:
    """What differs between two sets of named values, empty where nothing does."""
    return "; ".join(
        f"{name} is {before.get(name)!r} there, {now.get(name)!r} here"
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name)
    )
