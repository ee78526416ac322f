"""The engines of faiss behind the calls of :class:`~tfretrieval.search.HammingIndex`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tfretrieval.codes import check_packed
from tfretrieval.search.hamming_index import HammingIndex

FLAT, LISTS, GRAPH, HASHES = "flat", "ivf", "hnsw", "hash"
KINDS = (FLAT, LISTS, GRAPH, HASHES)
# A list is made for so many codes, and so many lists are looked through.
_CODES_A_LIST, _LISTS_SEARCHED = 1000, 16
# So many codes a list are what its center is found from.
_TRAINED_ON = 64
_LINKS, _DEPTH = 32, 128
# Bits of a hash, and how many of them may differ.
_HASH_BITS, _FLIPPED = 16, 1


class FaissIndex:
    """Packed codes and their ids, searched by an engine of faiss (extra ``search``).

    ``flat`` compares a query with every code and gives what ``HammingIndex`` gives, ties in order
    of adding included. The others look at a part of the codes and can miss some: ``ivf`` at the
    nearest of many lists, ``hnsw`` along a graph, ``hash`` at the codes that share one of several
    16-bit parts up to one bit (multi-index hashing, Norouzi et al. 2012); where fewer than ``k``
    are found, distances end in -1 and ids in the last one's. They are made from all codes at the
    first search after an adding.

    Args:
        bits: length of a code; faiss wants whole bytes.
        kind: of the engine.

    Raises:
        ImportError: faiss is not installed.
        ValueError: an unknown kind, or bits that are no multiple of 8.

    >>> index = FaissIndex(bits=8)
    >>> index.add(np.array([[7], [0], [1]], np.uint8), ["a", "b", "c"])
    >>> distances, ids = index.search(np.array([[0]], np.uint8), k=2)
    >>> distances.tolist(), ids.tolist()
    ([[0, 1]], [['b', 'c']])
    """

    def __init__(self, bits: int, kind: str = FLAT):
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
        if bits < 8 or bits % 8:
            raise ValueError(f"faiss wants whole bytes: bits must be 8, 16, 24, ..., got {bits}")
        try:
            import faiss
        except ImportError as error:
            raise ImportError("faiss is missing: pip install 'tfretrieval[search]'") from error
        self._faiss = faiss
        self.bits, self.kind = int(bits), kind
        self._held = HammingIndex(bits)
        self._engine: Any = None

    def __len__(self) -> int:
        return len(self._held)

    @property
    def ids(self) -> np.ndarray:
        """The id of each code, in the order of adding."""
        return self._held.ids

    def add(self, packed: np.ndarray, ids: ArrayLike | None = None) -> None:
        """Adds codes behind those already there.

        Args, Raises: as of :meth:`HammingIndex.add`.
        """
        self._held.add(packed, ids)
        self._engine = None

    def search(self, packed_queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Finds the ``k`` nearest codes of each query.

        Returns:
            Distances, int32 ``[Q, k]`` ascending, and ids ``[Q, k]``.

        Raises:
            ValueError: queries of another width, or ``k`` out of range.
        """
        queries = check_packed(packed_queries, self.bits, "queries")
        if not 1 <= k <= len(self):
            raise ValueError(f"k must lie between 1 and the {len(self)} codes held, got {k}")
        distances, places = self._made().search(queries, k)
        if self.kind == FLAT:
            places = self._ties_in_order(queries, distances, places)
        order = np.lexsort((places, np.where(places < 0, self.bits + 1, distances)))
        distances = np.take_along_axis(distances, order, axis=1)
        places = np.take_along_axis(places, order, axis=1)
        return np.where(places < 0, -1, distances).astype(np.int32), self.ids[places]

    def range_search(
        self, packed_queries: np.ndarray, radius: int
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Finds all codes that differ from a query in at most ``radius`` bits, by ``flat``.

        Returns, Raises: as of :meth:`HammingIndex.range_search`; ``ValueError`` for other kinds.
        """
        queries = check_packed(packed_queries, self.bits, "queries")
        if self.kind != FLAT:
            raise ValueError(f"range_search wants kind {FLAT!r}: {self.kind!r} would miss some")
        if radius < 0:
            raise ValueError(f"radius must not be negative, got {radius}")
        if not len(self):
            return [(np.empty(0, np.int32), self.ids) for _ in queries]
        return [
            (distances, self.ids[places])
            for distances, places in map(self._within, queries, [radius] * len(queries))
        ]

    def _within(self, query: np.ndarray, radius: int) -> tuple[np.ndarray, np.ndarray]:
        """Distances and places of all codes in a radius, nearest first, ties in order."""
        _, distances, places = self._made().range_search(query[None], radius + 1)
        order = np.lexsort((places, distances))
        return distances[order].astype(np.int32), places[order]

    def _ties_in_order(
        self, queries: np.ndarray, distances: np.ndarray, places: np.ndarray
    ) -> np.ndarray:
        """Of the codes at the last distance faiss gives any: the first ones are taken."""
        found = places.copy()
        for row, (query, last) in enumerate(zip(queries, distances[:, -1], strict=True)):
            _, inside = self._within(query, int(last))
            found[row] = inside[: found.shape[1]]
        return found

    def _made(self) -> Any:
        """The engine that holds all codes."""
        if self._engine is None:
            self._engine = self._new_engine()
            if not self._engine.is_trained:
                # Centers of lists need no more, and all of a million codes take half a minute.
                wanted = _TRAINED_ON * max(1, len(self) // _CODES_A_LIST)
                chosen = np.random.default_rng(0).permutation(len(self))[:wanted]
                self._engine.train(self._held.codes[np.sort(chosen)])
            self._engine.add(self._held.codes)
        return self._engine

    def _new_engine(self) -> Any:
        faiss = self._faiss
        if self.kind == LISTS:
            lists = max(1, len(self) // _CODES_A_LIST)
            # Kept: the index does not own its quantizer.
            self._quantizer = faiss.IndexBinaryFlat(self.bits)
            engine = faiss.IndexBinaryIVF(self._quantizer, self.bits, lists)
            engine.nprobe = min(lists, _LISTS_SEARCHED)
            return engine
        if self.kind == GRAPH:
            engine = faiss.IndexBinaryHNSW(self.bits, _LINKS)
            engine.hnsw.efSearch = _DEPTH
            return engine
        if self.kind == HASHES:
            width = min(_HASH_BITS, self.bits)
            engine = faiss.IndexBinaryMultiHash(self.bits, max(1, self.bits // width), width)
            engine.nflip = _FLIPPED
            return engine
        return faiss.IndexBinaryFlat(self.bits)
