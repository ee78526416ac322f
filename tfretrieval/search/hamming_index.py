"""Exact search by Hamming distance in packed codes."""

import os
import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from tfretrieval.codes import check_packed, hamming_distances
from tfretrieval.ids import exact_ids

# Distances that are held at a time, and items whose distances give a first bound.
_BLOCK = 1 << 24
_SAMPLE = 1 << 14


class HammingIndex:
    """Packed codes and their ids; finds the nearest ones by counting different bits.

    Search is exact and compares a query with every code. Items at equal distance are given in the
    order in which they were added. Codes are uint8 ``[N, ceil(bits / 8)]`` as
    :func:`tfretrieval.codes.pack` makes them.

    Args:
        bits: length of a code.

    >>> index = HammingIndex(bits=4)
    >>> index.add(np.array([[0b11110000], [0b10000000], [0b10100000]], np.uint8), ["a", "b", "c"])
    >>> distances, ids = index.search(np.array([[0b10010000]], np.uint8), k=2)
    >>> distances.tolist(), ids.tolist()
    ([[1, 2]], [['b', 'a']])
    """

    def __init__(self, bits: int) -> None:
        if bits < 1:
            raise ValueError(f"bits must be at least 1, got {bits}")
        self.bits = int(bits)
        self._codes = [np.empty((0, -(-self.bits // 8)), np.uint8)]
        self._ids: list[np.ndarray] = []

    @classmethod
    def over(cls, packed: np.ndarray, bits: int, ids: ArrayLike | None = None) -> "HammingIndex":
        """An index of codes that are not copied: a memory map stays one.

        Args, Raises: as of :meth:`add`.
        """
        index = cls(bits)
        index._codes = [check_packed(packed, bits)]
        if len(packed):
            index._ids = [index._names(ids, len(packed), before=0)]
        return index

    def __len__(self) -> int:
        return sum(map(len, self._codes))

    @property
    def codes(self) -> np.ndarray:
        """All packed codes in the order of adding, uint8 ``[N, ceil(bits / 8)]``."""
        if len(self._codes) > 1:
            self._codes = [np.concatenate(self._codes)]
        return self._codes[0]

    @property
    def ids(self) -> np.ndarray:
        """The id of each code, int64 or str ``[N]``."""
        if len(self._ids) > 1:
            self._ids = [np.concatenate(self._ids)]
        return self._ids[0] if self._ids else np.empty(0, np.int64)

    def add(self, packed: np.ndarray, ids: ArrayLike | None = None) -> None:
        """Adds codes behind those already there.

        Args:
            packed: uint8 ``[N, ceil(bits / 8)]``, padded with zeros.
            ids: integers or strings ``[N]``, a column of a table too; positions in the index when
                left out.

        Raises:
            ValueError: codes of another width, ids of another number or kind, or integers beyond
                int64.
        """
        codes = check_packed(packed, self.bits)
        names = self._names(ids, len(codes), before=len(self))
        # Of the first ones: to join all of them at every adding would take time squared.
        if len(self) and names.dtype.kind != self._ids[0].dtype.kind:
            raise ValueError(f"ids are {names.dtype}, but those in the index {self.ids.dtype}")
        self._ids = [*self._ids, names.copy()] if len(self) else [names.copy()]
        self._codes.append(codes.copy())

    def remove(self, ids: ArrayLike) -> int:
        """Takes all codes with these ids out; the others keep their order.

        Returns:
            How many were taken out.

        Raises:
            ValueError: an id that the index does not hold; then nothing is taken out.
        """
        wanted = np.unique(exact_ids(ids, text=True, floats=False).reshape(-1))
        absent = wanted[~np.isin(wanted, self.ids)] if len(self) else wanted
        if len(absent):
            raise ValueError(f"the index does not hold the id {absent[0].item()!r}")
        stays = ~np.isin(self.ids, wanted)
        if len(wanted):
            self._codes, self._ids = [self.codes[stays]], [self.ids[stays]]
        return int((~stays).sum())

    def search(self, packed_queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Finds the ``k`` nearest codes of each query.

        Args:
            packed_queries: uint8 ``[Q, ceil(bits / 8)]``.
            k: results for each query, at most the size of the index.

        Returns:
            Distances, int32 ``[Q, k]`` ascending, and ids ``[Q, k]``.

        Raises:
            ValueError: queries of another width, or ``k`` out of range.
        """
        queries = check_packed(packed_queries, self.bits, "queries")
        if not 1 <= k <= len(self):
            raise ValueError(f"k must lie between 1 and the {len(self)} codes held, got {k}")
        codes, nearest = self.codes, np.empty((len(queries), k), np.int64)
        distances = np.empty((len(queries), k), np.int32)
        block = max(1, _BLOCK // len(codes))
        for start in range(0, len(queries), block):
            table = hamming_distances(queries[start : start + block], codes)
            for query, row in enumerate(table, start):
                nearest[query] = _nearest(row, k)
                distances[query] = row[nearest[query]]
        return distances, self.ids[nearest]

    def range_search(
        self, packed_queries: np.ndarray, radius: int
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Finds all codes that differ from a query in at most ``radius`` bits.

        Args:
            packed_queries: uint8 ``[Q, ceil(bits / 8)]``.

        Returns:
            For each query its distances, int32 ascending, and ids; ties in order of adding.

        Raises:
            ValueError: queries of another width, or a negative radius.

        >>> index = HammingIndex(bits=8)
        >>> index.add(np.array([[7], [0], [1]], np.uint8), ["a", "b", "c"])
        >>> [(distances, ids)] = index.range_search(np.array([[0]], np.uint8), radius=1)
        >>> distances.tolist(), ids.tolist()
        ([0, 1], ['b', 'c'])
        """
        queries = check_packed(packed_queries, self.bits, "queries")
        if radius < 0:
            raise ValueError(f"radius must not be negative, got {radius}")
        found, codes = [], self.codes
        block = max(1, _BLOCK // max(len(codes), 1))
        for start in range(0, len(queries), block):
            for row in hamming_distances(queries[start : start + block], codes):
                inside = np.flatnonzero(row <= radius)
                inside = inside[row[inside].argsort(kind="stable")]
                found.append((row[inside].astype(np.int32), self.ids[inside]))
        return found

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the index to one ``.npz`` file, which appears whole or not at all."""
        path = Path(path)
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with open(aside, "wb") as file:
                np.savez(file, bits=np.int64(self.bits), codes=self.codes, ids=self.ids)
            os.replace(aside, path)
        finally:
            aside.unlink(missing_ok=True)

    @staticmethod
    def _names(ids: ArrayLike | None, count: int, before: int) -> np.ndarray:
        """One id a code; its place where none is given."""
        if ids is None:
            ids = np.arange(before, before + count)
        names = exact_ids(ids, text=True, floats=False)
        if names.shape != (count,):
            raise ValueError(f"{count} codes need {count} ids, got shape {names.shape}")
        return names

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "HammingIndex":
        """Reads an index that :meth:`save` wrote. Nothing in the file is executed.

        Raises:
            ValueError: a file that is damaged or holds something else.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                index = cls(int(file["bits"]))
                index.add(file["codes"], file["ids"])
        except (
            *(KeyError, TypeError, ValueError, IndexError, AttributeError),
            *(EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error),
        ) as error:
            reason = " ".join(str(error).split())
            raise ValueError(f"{os.fspath(path)} is not a saved HammingIndex: {reason}") from error
        return index


def _nearest(distances: np.ndarray, k: int) -> np.ndarray:
    """Positions of the ``k`` smallest distances, ties in order, int64 ``[k]``."""
    # The k-th distance among the first items bounds that among all: few items pass it.
    counts = np.bincount(distances[: max(k, _SAMPLE)])
    bound = np.searchsorted(counts.cumsum(), k)
    candidates = np.flatnonzero(distances <= bound)
    return candidates[distances[candidates].argsort(kind="stable")[:k]]
