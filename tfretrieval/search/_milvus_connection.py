"""A client of Milvus: of a cluster, or of the engine that serves one file."""

from __future__ import annotations

import collections
import contextlib
import fcntl
import re
import sqlite3
import time
import uuid
import warnings
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tfretrieval.files import InUse

# Seconds that the engine of a killed process has to let go of its file.
PATIENCE = 3.0
# How many clients of this process have a file open: its engine ends with the last one.
_opened: collections.Counter[Path] = collections.Counter()


def in_a_file(uri: str) -> bool:
    """Whether this is a file, and no address."""
    return "://" not in uri


def connect(owner: object, uri: str, token: str) -> tuple[Any, Callable[[], Any]]:
    """A client, and what closes it; it is closed with its owner too, and when the process ends.

    Raises:
        ImportError, ValueError, InUse, ConnectionError: as of ``MilvusIndex``.
    """
    pymilvus = _imported(in_a_file(uri))
    path = Path(uri).resolve() if in_a_file(uri) else None
    if path is not None and not _opened[path]:
        if str(path) in _engines()._servers:
            # Somebody else's client in this process: the engine is not ours to end.
            _opened[path] += 1
        else:
            _check_file(path)
            _wait_for(path)
    # Of its own: where clients share a connection, the first to close it closes it for all.
    alias = f"tfretrieval-{uuid.uuid4()}"
    try:
        client = pymilvus.MilvusClient(str(path or uri), token=token, alias=alias)
    except pymilvus.MilvusException as error:
        if path is None:
            raise ConnectionError(f"{uri} cannot be reached: {error.message}") from error
        if not _opened[path] and str(path) in _engines()._servers:
            _engines().release_server(str(path))
        raise ValueError(f"milvus-lite cannot open {path} ({error.message}): damaged?") from error
    if path is not None:
        _opened[path] += 1
    return client, weakref.finalize(owner, _shut, client, path)


def _imported(embedded: bool) -> Any:
    try:
        with warnings.catch_warnings():
            # milvus-lite asks pkg_resources for its version, which warns of its own end.
            warnings.simplefilter("ignore")
            import pymilvus

            if embedded:
                # What pymilvus says where it is not whole would be misleading.
                import milvus_lite  # noqa: F401
    except ImportError as error:
        raise ImportError(f"{error.name} is missing: pip install 'tfretrieval[milvus]'") from error
    return pymilvus


def _shut(client: Any, path: Path | None) -> None:
    client.close()
    if path is None:
        return
    _opened[path] -= 1
    if not _opened[path]:
        _engines().release_server(str(path))


def _engines() -> Any:
    """Those that this process has started."""
    from milvus_lite.server_manager import server_manager_instance

    return server_manager_instance


def _check_file(path: Path) -> None:
    """Refuses what milvus-lite would write its tables into, or not open without a clear word."""
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,33}\.db", path.name):
        raise ValueError(
            f"{path.name!r} must end in .db and have at most 36 letters, digits, '.', '_' and '-'"
        )
    if not path.parent.is_dir():
        raise ValueError(f"{path.parent} is no folder: make it first")
    if not path.exists() or (path.is_file() and not path.stat().st_size):
        return
    try:
        # Not read-only: what a killed engine has half written is rolled back by whoever reads.
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True)) as file:
            tables = file.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    except sqlite3.Error as error:
        raise ValueError(f"{path} is damaged, or no file of Milvus: {error}") from error
    if ("collection_meta",) not in tables:
        raise ValueError(f"{path} is no file of Milvus: choose another one")


def _wait_for(path: Path) -> None:
    """Waits for the engine of a killed process to let go of its file.

    milvus-lite must not try itself: where it fails it deletes the lock of the process that holds
    it, and the next one opens the file beside that. Nor may a process look that has the file open:
    closing the file of the lock would give its own lock up.
    """
    lock = path.with_name(f".{path.name}.lock")
    if not lock.exists():
        return
    with open(lock, "a") as stream:
        given_up = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.lockf(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > given_up:
                    raise InUse(f"{path} is open in another process") from None
            time.sleep(0.05)
