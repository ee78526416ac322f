"""Rows of place, name and code in a collection of Milvus."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np

FLAT, LISTS = "BIN_FLAT", "BIN_IVF_FLAT"
# What Milvus gives of one search or query, whatever is there.
MOST = 16_384
# Fields: the order of adding, which is the primary key; an id; a packed code.
PLACE, NAME, CODE = "place", "name", "code"
# Bytes of a string; bytes of rows in a message, of 64 MiB that Milvus takes.
LONGEST, MESSAGE = 65_535, 1 << 20
_ABOUT = "tfretrieval MilvusIndex, bits: "
# Distance, place and id of a code that was found.
Hit = tuple[int, int, Any]


class Collection:
    """What is asked of Milvus, and how."""

    def __init__(
        self,
        client: Any,
        name: str,
        bits: int,
        index_type: str,
        index_params: Mapping[str, Any],
        search_params: Mapping[str, Any],
    ):
        self._kind: str | None = None
        self._client, self._name, self._bits, self._index_type = client, name, bits, index_type
        self._index_params, self._search_params = dict(index_params), dict(search_params)

    @property
    def kind(self) -> str | None:
        """Of the ids, ``"i"`` or ``"U"`` as of NumPy's types; None while there is no collection.

        Raises:
            ValueError: a collection of something else, of other codes or another index type.
        """
        if self._kind is None and self._client.has_collection(self._name):
            self._read(self._client.describe_collection(self._name))
        return self._kind

    def _read(self, told: Mapping[str, Any]) -> None:
        where = f"the collection {self._name!r}"
        about = re.fullmatch(rf"{_ABOUT}(\d+)", told.get("description", ""))
        if about is None:
            raise ValueError(f"{where} is not of a MilvusIndex: choose another collection=")
        if int(about[1]) != self._bits:
            raise ValueError(f"{where} holds codes of {about[1]} bits, not of {self._bits}")
        self._load()
        index_type = self._client.describe_index(self._name, CODE)["index_type"]
        if index_type != self._index_type:
            raise ValueError(f"{where} has index_type {index_type!r}, not {self._index_type!r}")
        [field] = [field for field in told["fields"] if field["name"] == NAME]
        self._kind = "U" if field["type"] == _types().VARCHAR else "i"

    def create(self, kind: str) -> None:
        """Makes it, for ids of a kind."""
        types = _types()
        schema = self._client.create_schema(
            auto_id=False, enable_dynamic_field=False, description=f"{_ABOUT}{self._bits}"
        )
        schema.add_field(PLACE, types.INT64, is_primary=True)
        if kind == "U":
            schema.add_field(NAME, types.VARCHAR, max_length=LONGEST)
        else:
            schema.add_field(NAME, types.INT64)
        schema.add_field(CODE, types.BINARY_VECTOR, dim=8 * -(-self._bits // 8))
        self._client.create_collection(self._name, schema=schema, consistency_level="Strong")
        self._load()
        self._kind = kind

    def _load(self) -> None:
        """Makes it searchable; by a new index too, where a killed process has left none."""
        if not self._client.list_indexes(self._name):
            indexes = self._client.prepare_index_params()
            indexes.add_index(
                CODE,
                index_name=CODE,
                index_type=self._index_type,
                metric_type="HAMMING",
                params=self._index_params,
            )
            self._client.create_index(self._name, indexes)
        self._client.load_collection(self._name)

    def insert(self, first: int, names: list[Any], codes: np.ndarray) -> None:
        """Adds rows, the first one at a place, in as many messages as it takes."""
        size = codes.shape[1] + 16
        sizes = [size + (len(name.encode()) if self.kind == "U" else 0) for name in names]
        for start, stop in messages(sizes):
            rows = [
                {PLACE: first + at, NAME: names[at], CODE: codes[at].tobytes()}
                for at in range(start, stop)
            ]
            self._client.insert(self._name, rows)

    def delete(self, places: list[int]) -> None:
        """Takes rows out."""
        for start in range(0, len(places), MOST):
            self._client.delete(self._name, ids=places[start : start + MOST])

    def count(self, where: str = "") -> int:
        """How many rows there are."""
        [row] = self._client.query(
            self._name, filter=where, output_fields=["count(*)"], consistency_level="Strong"
        )
        return int(row["count(*)"])

    def rows(self, where: str, field: str) -> list[dict[str, Any]]:
        """Place and one more field of rows, at most 16,384, in any order."""
        found = self._client.query(
            self._name,
            filter=where,
            output_fields=[PLACE, field],
            # Where it is left out Milvus gives no more either, and does not say so.
            limit=MOST,
            consistency_level="Strong",
        )
        return list(found)

    def nearest(
        self, queries: np.ndarray, limit: int, where: str = "", **bounds: int
    ) -> list[list[Hit]]:
        """What Milvus finds for each query, nearest first, ties by place.

        Args:
            bounds: ``radius`` lies outside, ``range_filter`` inside.
        """
        found = self._client.search(
            self._name,
            data=[query.tobytes() for query in queries],
            anns_field=CODE,
            filter=where,
            limit=limit,
            output_fields=[NAME],
            search_params={"metric_type": "HAMMING", "params": {**self._search_params, **bounds}},
            consistency_level="Strong",
        )
        return [
            sorted(
                (int(distance), place, hit["entity"][NAME])
                for distance, place, hit in zip(hits.distances, hits.ids, hits, strict=True)
            )
            for hits in found
        ]


def messages(sizes: list[int]) -> Iterator[tuple[int, int]]:
    """Start and stop of what goes into one message after the other."""
    ends = np.flatnonzero(np.diff(np.cumsum(sizes) // MESSAGE)) + 1
    return pairwise([0, *ends.tolist(), len(sizes)])


def _types() -> Any:
    from pymilvus import DataType

    return DataType
