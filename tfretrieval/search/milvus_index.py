"""Codes in Milvus behind the calls of :class:`~tfretrieval.search.HammingIndex`."""

from __future__ import annotations

import bisect
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tfretrieval.codes import check_packed
from tfretrieval.ids import exact_ids
from tfretrieval.search._milvus_collection import (
    CODE,
    FLAT,
    LISTS,
    LONGEST,
    MOST,
    NAME,
    PLACE,
    Collection,
    Hit,
    messages,
)
from tfretrieval.search._milvus_connection import connect, in_a_file
from tfretrieval.search.hamming_index import HammingIndex

INDEX_TYPES = (FLAT, LISTS)
# Answers that are asked for at a time.
_ANSWERS = 1 << 17
_CONTROL = re.compile(r"[\x00-\x1f]")


class MilvusIndex:
    """Packed codes and their ids in Milvus: in one file, or in a cluster (extra ``milvus``).

    With ``BIN_FLAT`` answers are those of ``HammingIndex``, ties in order of adding included: of
    the codes at the last distance Milvus gives any, so all of them are asked for once more.
    ``BIN_IVF_FLAT``, of a cluster alone, looks through ``nprobe`` of ``nlist`` lists and can miss
    some; where fewer than ``k`` are found, distances end in -1, and ids in -1 or ``""``.

    The collection is made when the first codes are added. A row has a ``place``, int64, the primary
    key: the order of adding; a ``name``, the id, int64 or a string; a ``code``, a binary vector of
    whole bytes. How many bits count is written in the description of the collection. All is asked
    with consistency ``Strong``: what a call has added or removed, the next one finds or does not
    find, from another process too. One process at a time may add. What :meth:`add` has added lies
    on the disk, or in the log of the cluster, when it comes back; codes travel in messages of 1 MB,
    and a process that is killed leaves those of the messages before.

    A file is open in one process at a time; its engine, a process of its own, ends when the last
    index of the file is closed or gone, or its process ends, however it ends. The first question
    after opening loads all codes.

    Args:
        bits: length of a code.
        uri: a file ``NAME.db``, made where there is none, or the address of a cluster,
            ``http://HOST:19530``.
        collection: in the file or the cluster; others in it are left alone.
        token: ``USER:PASSWORD`` of a cluster.
        index_type: ``BIN_FLAT`` or ``BIN_IVF_FLAT``.
        index_params: of the type, such as ``{"nlist": 4096}``; what was made keeps its own.
        search_params: of every search, such as ``{"nprobe": 64}``.

    Raises:
        ImportError: pymilvus or milvus-lite is missing.
        ValueError: a file or a collection of something else, a damaged one, or one that holds codes
            of another length or has another index type.
        tfretrieval.files.InUse: another process has the file open.
        ConnectionError: no cluster at the address, or a wrong token.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with MilvusIndex(bits=8, uri=f"{folder}/codes.db") as index:
    ...         index.add(np.array([[7], [0], [1]], np.uint8), ["a", "b", "c"])
    ...         distances, ids = index.search(np.array([[0]], np.uint8), k=2)
    >>> distances.tolist(), ids.tolist()
    ([[0, 1]], [['b', 'c']])
    """

    def __init__(
        self,
        bits: int,
        uri: str | os.PathLike[str],
        collection: str = "codes",
        *,
        token: str = "",
        index_type: str = FLAT,
        index_params: Mapping[str, Any] | None = None,
        search_params: Mapping[str, Any] | None = None,
    ) -> None:
        self.bits, self.uri, self.index_type = int(bits), os.fspath(uri), index_type
        if bits < 1:
            raise ValueError(f"bits must be at least 1, got {bits}")
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,254}", collection):
            raise ValueError(f"a collection is named by letters, digits and _, got {collection!r}")
        if index_type not in INDEX_TYPES:
            raise ValueError(
                f"index_type must be one of {', '.join(INDEX_TYPES)}, got {index_type!r}"
            )
        if in_a_file(self.uri) and index_type != FLAT:
            raise ValueError(f"a file is searched by {FLAT}; {index_type} wants a cluster")
        # Nothing lies behind it: a hint, since others may have added some.
        self._end = 0
        client, self._close = connect(self, self.uri, token)
        self._held = Collection(
            client, collection, self.bits, index_type, index_params or {}, search_params or {}
        )
        try:
            _ = self._held.kind
        except BaseException as error:
            self.close()
            if isinstance(error, ValueError):
                raise ValueError(f"{self.uri}: {error}") from None
            raise

    def close(self) -> None:
        """Lets go of the file or the cluster; nothing can be asked afterwards."""
        self._close()

    def __enter__(self) -> MilvusIndex:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __len__(self) -> int:
        return self._held.count() if self._held.kind else 0

    @property
    def ids(self) -> np.ndarray:
        """The id of each code in the order of adding, int64 or str ``[N]``; all are fetched."""
        return self._names([row[NAME] for row in self._all(NAME)])

    @property
    def codes(self) -> np.ndarray:
        """Packed codes in the order of adding, uint8 ``[N, ceil(bits / 8)]``; all are fetched."""
        data = b"".join(row[CODE][0] for row in self._all(CODE))
        return np.frombuffer(data, np.uint8).reshape(-1, -(-self.bits // 8))

    def add(self, packed: np.ndarray, ids: ArrayLike | None = None) -> None:
        """Adds codes behind those already there.

        Args:
            packed: uint8 ``[N, ceil(bits / 8)]``, padded with zeros.
            ids: integers or strings ``[N]``; positions in the index when left out.

        Raises:
            ValueError: codes of another width, ids of another number or kind, integers beyond
                int64, strings beyond 65,535 bytes or with control characters; then nothing is
                added.
        """
        given = HammingIndex.over(packed, self.bits, ids)
        if not len(given):
            return
        kind, held = given.ids.dtype.kind, len(self)
        if self._held.kind not in (None, kind):
            told = "strings" if kind == "i" else "integers"
            raise ValueError(f"ids are {given.ids.dtype}, but those in the index {told}")
        names = (given.ids + held if ids is None else given.ids).tolist()
        if kind == "U":
            _check_text(names)
        if self._held.kind is None:
            self._held.create(kind)
        first = self._past_last(held)
        self._held.insert(first, names, given.codes)
        self._end = first + len(names)

    def remove(self, ids: ArrayLike) -> int:
        """Takes all codes with these ids out; the others keep their order.

        Returns:
            How many were taken out.

        Raises:
            ValueError: an id that the index does not hold; then nothing is taken out.
        """
        wanted = np.unique(exact_ids(ids, text=True, floats=False).reshape(-1))
        names = set(wanted.tolist())
        rows = self._named(wanted.tolist()) if wanted.dtype.kind == self._held.kind else []
        # Looked at once more: the embedded engine takes -2^63 for its neighbour.
        places = {row[PLACE]: row[NAME] for row in rows if row[NAME] in names}
        absent = names.difference(places.values())
        if absent:
            raise ValueError(f"the index does not hold the id {min(absent)!r}")
        self._held.delete(list(places))
        return len(places)

    def search(self, packed_queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Finds the ``k`` nearest codes of each query.

        Args:
            packed_queries: uint8 ``[Q, ceil(bits / 8)]``.
            k: results for each query, at most the size of the index, and 16,384.

        Returns:
            Distances, int32 ``[Q, k]`` ascending, and ids ``[Q, k]``.

        Raises:
            ValueError: queries of another width, or ``k`` out of range.
        """
        queries = check_packed(packed_queries, self.bits, "queries")
        held = len(self)
        if not 1 <= k <= held:
            raise ValueError(f"k must lie between 1 and the {held} codes held, got {k}")
        if k > MOST:
            raise ValueError(f"Milvus gives at most {MOST} answers, k is {k}: use range_search")
        end = self._past_last(held)
        distances = np.full((len(queries), k), -1, np.int32)
        names = [["" if self._held.kind == "U" else -1] * k for _ in queries]
        # One more shows whether the last distance goes on.
        asked = min(k + 1, MOST)
        block = max(1, _ANSWERS // asked)
        for start in range(0, len(queries), block):
            found = self._held.nearest(queries[start : start + block], asked)
            for row, hits in enumerate(found, start):
                if self.index_type == FLAT and len(hits) < held and _goes_on(hits, k):
                    hits = self._ties_in_order(queries[row], hits, k, end)
                for at, (distance, _, name) in enumerate(hits[:k]):
                    distances[row, at], names[row][at] = distance, name
        return distances, self._names(names).reshape(len(queries), k)

    def range_search(
        self, packed_queries: np.ndarray, radius: int
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Finds all codes that differ from a query in at most ``radius`` bits, by ``BIN_FLAT``.

        Returns, Raises: as of :meth:`HammingIndex.range_search`; ``ValueError`` for another type.
        """
        queries = check_packed(packed_queries, self.bits, "queries")
        if self.index_type != FLAT:
            raise ValueError(f"range_search wants {FLAT}: {self.index_type} would miss some")
        if radius < 0:
            raise ValueError(f"radius must not be negative, got {radius}")
        end, found = self._past_last(len(self)), []
        for query in queries:
            hits = sorted(hit for part in self._within(query, 0, radius, end) for hit in part)
            distances = np.array([distance for distance, _, _ in hits], np.int32)
            found.append((distances, self._names([name for _, _, name in hits])))
        return found

    def _ties_in_order(self, query: np.ndarray, hits: list[Hit], k: int, end: int) -> list[Hit]:
        """Takes, of all codes at the last distance, those that were added first."""
        last = hits[k - 1][0]
        chosen = [hit for hit in hits if hit[0] < last]
        for part in self._within(query, last, last, end):
            chosen += part
            if len(chosen) >= k:
                break
        return chosen

    def _within(self, query: np.ndarray, least: int, most: int, end: int) -> Iterator[list[Hit]]:
        """All codes between two distances, both included: window after window of places."""
        # No distance is larger, and the number that Milvus reads has no place for all of them.
        outside = min(most, self.bits) + 1

        def ask(window: str) -> list[Hit]:
            bounds = {"radius": outside, "range_filter": least}
            [hits] = self._held.nearest(query[None], MOST, window, **bounds)
            return hits

        return _whole(ask, end)

    def _named(self, names: list[Any]) -> list[dict[str, Any]]:
        """Places and names of all codes of these names."""
        # Quoted as JSON is; the embedded engine wants letters of all alphabets as they are.
        literals = [json.dumps(name, ensure_ascii=False) for name in names]
        sizes = [len(literal.encode()) for literal in literals]
        end, rows = self._past_last(len(self)), []
        for start, stop in messages(sizes) if names else ():

            def ask(window: str, some: list[str] = literals[start:stop]) -> list[Any]:
                return self._held.rows(f"{window} and {NAME} in [{', '.join(some)}]", NAME)

            rows += [row for part in _whole(ask, end) for row in part]
        return rows

    def _all(self, field: str) -> Iterator[dict[str, Any]]:
        """Rows of all codes, in the order of adding."""
        for start in range(0, self._past_last(len(self)), MOST):
            rows = self._held.rows(_window(start, start + MOST), field)
            yield from sorted(rows, key=lambda row: row[PLACE])

    def _past_last(self, held: int) -> int:
        """The place behind the last code, whoever added it; 0 where none is held."""
        end = max(self._end, held)
        if held and self._held.count(f"{PLACE} >= {end}"):
            places = range(end, 1 << 62)

            def free(place: int) -> bool:
                return not self._held.count(f"{PLACE} >= {place}")

            end = places[bisect.bisect_left(places, True, key=free)]
        self._end = end
        return end

    def _names(self, names: list[Any]) -> np.ndarray:
        return np.array(names, str if self._held.kind == "U" else np.int64)


def _goes_on(hits: list[Hit], k: int) -> bool:
    """Whether there may be more codes at the k-th distance than are found."""
    return len(hits) == k or (len(hits) > k and hits[k][0] == hits[k - 1][0])


def _whole(ask: Callable[[str], list[Any]], end: int) -> Iterator[list[Any]]:
    """All that is found at places below an end, window after window: where one holds more than
    Milvus gives, its halves are asked for."""
    windows = [(0, end)]
    while windows:
        start, stop = windows.pop()
        found = ask(_window(start, stop)) if stop else []
        if len(found) < MOST or stop - start <= MOST:
            yield found
        else:
            middle = (start + stop) // 2
            windows += [(middle, stop), (start, middle)]


def _window(start: int, stop: int) -> str:
    return f"{PLACE} >= {start} and {PLACE} < {stop}"


def _check_text(names: list[str]) -> None:
    """Refuses strings that Milvus does not hold, or cannot be asked for."""
    for name in names:
        try:
            fits = len(name.encode()) <= LONGEST and not _CONTROL.search(name)
        except UnicodeEncodeError:
            fits = False
        if not fits:
            raise ValueError(
                f"an id must be UTF-8 of at most {LONGEST} bytes without control characters, "
                f"got {name[:100]!r}"
            )
