"""Ids that are compared one with another: exact, or refused."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike


def exact_ids(
    values: ArrayLike, name: str = "ids", *, text: bool = False, floats: bool = True
) -> np.ndarray:
    """Ids as int64, or as str where ``text`` allows it, of the shape that they have.

    Lists, arrays and columns of a table are read. What cannot be told apart by the type that it
    comes in is refused, since two ids would become one: whole numbers in float32 from 2^24 on.

    Args:
        values: integers, whole numbers in a float type, or strings.
        name: how they are called in a message.
        text: whether strings are ids too.
        floats: whether whole numbers in a float type are.

    Raises:
        ValueError: other values, missing ones, integers beyond int64, whole numbers that a float
            type cannot tell apart.

    >>> exact_ids([3.0, 5.0]).tolist(), exact_ids(["b", "a"], text=True).tolist()
    ([3, 5], ['b', 'a'])
    """
    ids = np.asarray(values)
    if ids.dtype.kind == "O":
        ids = _of_objects(ids, name)
    if ids.dtype.kind == "U" and text:
        return ids
    if ids.dtype.kind in "biu":
        if ids.dtype.kind == "u" and ids.size and int(ids.max()) > np.iinfo(np.int64).max:
            raise ValueError(f"{name} go up to {ids.max()}, beyond int64: {_NUMBER}")
        return ids.astype(np.int64)
    if ids.dtype.kind == "f" and floats:
        if not np.array_equal(ids, np.floor(ids)):
            raise ValueError(f"{name} must be integer class ids, got other {ids.dtype} values")
        # From here on the type has no place for each whole number.
        bound = int(2 / np.finfo(ids.dtype).eps)
        if ids.size and np.abs(ids).max() >= bound:
            raise ValueError(
                f"{name} are {ids.dtype}, which tells whole numbers apart below {bound} only: "
                f"{_NUMBER}"
            )
        return ids.astype(np.int64)
    kinds = "integers or strings" if text else "integer class ids"
    raise ValueError(f"{name} must be {kinds}, got other {ids.dtype} values")


_NUMBER = "number them by np.unique(values, return_inverse=True)[1]"


def _of_objects(values: Any, name: str) -> np.ndarray:
    """A column of objects by what it holds."""
    flat = values.ravel().tolist()
    if flat and all(isinstance(value, str) for value in flat):
        return values.astype(str)
    if not all(isinstance(value, int | np.integer) for value in flat):
        other = next(v for v in flat if not isinstance(v, str | int | np.integer))
        raise ValueError(f"{name} must be integers or strings, got {other!r} among them")
    try:
        return np.array(flat, np.int64).reshape(values.shape)
    except OverflowError:
        raise ValueError(f"{name} hold integers beyond int64: {_NUMBER}") from None
