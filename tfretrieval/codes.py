"""Binary codes: from relaxed values to packed bytes and back, and the distances between them."""

from typing import Any

import numpy as np

# Sets how much is compared at a time, so that what is touched stays in the cache.
_TILE = 4096
# Queries, and words, below which a copy of the database costs more than it saves.
_FEW = 8
# Queries from which on a matrix product pays, where NumPy cannot count bits.
_MANY = 64

# The eight values of +-1 that each byte stands for.
_SIGNS = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).astype(np.float32) * 2 - 1


def pack(codes: np.ndarray) -> np.ndarray:
    """Packs relaxed or +-1 codes into bytes.

    A bit is ``x >= 0``; the first bit is the most significant one of the first byte, and the
    last byte is padded with zeros.

    Args:
        codes: ``[N, bits]``, any real dtype.

    Returns:
        uint8 ``[N, ceil(bits / 8)]``.

    Raises:
        ValueError: another rank, bytes or booleans, NaN, codes of only 0 and 1, or two codes and
            more without a negative value, see :func:`check_signs`.

    >>> pack(np.array([[0.3, -0.2, 0.0, -1.0, -1.0, -1.0, -1.0, 1.0, 1.0]])).tolist()
    [[161, 128]]
    """
    bits = check_codes(codes) >= 0
    check_signs(bits)
    return np.packbits(bits, axis=1)


def check_signs(*bits: np.ndarray, name: str = "codes") -> None:
    """Refuses codes that have no sign: a bit is ``x >= 0``, and all of them would be 1.

    All arrays are looked at together. A single code may be all 1.

    Args:
        bits: boolean ``[N, bits]``, whether each is 1.

    Raises:
        ValueError: two codes or more, and every bit of them is 1.

    >>> check_signs(np.array([[True, True]]), np.array([[True, False]]))
    """
    count = sum(map(len, bits))
    if count > 1 and all(each.all() for each in bits):
        raise ValueError(
            f"none of the {count} {name} has a negative value, so every bit is 1 (a bit is "
            "x >= 0): take the threshold off first, such as codes - 0.5 behind a sigmoid or "
            "codes - np.median(codes, axis=0) behind a ReLU"
        )


def check_codes(codes: np.ndarray, name: str = "codes") -> np.ndarray:
    """Returns relaxed or +-1 codes ``[N, bits]`` once they are known to be such.

    Raises:
        ValueError: another rank, bytes or booleans, NaN, or codes of only 0 and 1.
    """
    codes = np.asarray(codes)
    if codes.ndim != 2 or not codes.shape[1]:
        raise ValueError(f"{name} must be [N, bits], got shape {codes.shape}")
    if codes.dtype.kind in "bu":
        raise ValueError(f"{name} are {codes.dtype}: give bits= with packed codes, or +-1 codes")
    if codes.dtype.kind == "f" and np.isnan(codes).any():
        raise ValueError(f"{name} hold NaN")
    zeros, ones = codes == 0, codes == 1
    if zeros.any() and ones.any() and (zeros | ones).all():
        raise ValueError(f"{name} hold only 0 and 1, where 0 is a set bit: pass 2 * codes - 1")
    return codes


def unpack(packed: np.ndarray, bits: int) -> np.ndarray:
    """Turns packed codes back into int8 ``[N, bits]`` of -1 and +1.

    >>> unpack(np.array([[160]], np.uint8), bits=4).tolist()
    [[1, -1, 1, -1]]
    """
    packed = np.asarray(packed)
    if packed.ndim != 2 or packed.dtype != np.uint8:
        raise ValueError(
            f"packed codes must be uint8 [N, bytes], got {packed.dtype} {packed.shape}"
        )
    if not 0 < bits <= packed.shape[1] * 8:
        raise ValueError(f"{packed.shape[1]} bytes cannot hold {bits} bits")
    return (np.unpackbits(packed, axis=1, count=bits).astype(np.int8) * 2 - 1).astype(np.int8)


def check_packed(packed: np.ndarray, bits: int, name: str = "codes") -> np.ndarray:
    """Returns packed codes as a contiguous uint8 array once they are known to be ``bits`` long.

    Args:
        packed: uint8 ``[N, ceil(bits / 8)]``, padded with zeros.
        bits: the length of a code.
        name: how the codes are called in a message.

    Raises:
        ValueError: another dtype, another width, or padding bits that are set.

    >>> tuple(check_packed(np.array([[160]], np.uint8), bits=4).shape)
    (1, 1)
    """
    packed = np.asarray(packed)
    if bits < 1:
        raise ValueError(f"bits must be at least 1, got {bits}")
    if packed.ndim != 2 or packed.dtype != np.uint8:
        raise ValueError(
            f"packed {name} must be uint8 [N, bytes], got {packed.dtype} {packed.shape}; "
            "make them with tfretrieval.codes.pack"
        )
    width = -(-bits // 8)
    if packed.shape[1] != width:
        raise ValueError(f"{bits} bits take {width} bytes, but {name} have {packed.shape[1]}")
    if bits % 8 and (packed[:, -1] & (0xFF >> bits % 8)).any():
        raise ValueError(f"{name} have bits set in the padding behind bit {bits}; is bits right?")
    return np.ascontiguousarray(packed)


def hamming_distances(packed_a: np.ndarray, packed_b: np.ndarray) -> np.ndarray:
    """Number of different bits between all pairs of two sets of packed codes.

    The bits of ``a XOR b`` are counted word by word: by NumPy 2 in one step, with NumPy 1 in a
    dozen. There, for many rows, the distance is one float32 matrix product,
    ``bits / 2 - a . b / 2`` on codes of +-1, which is exact.

    Args:
        packed_a: uint8 ``[A, bytes]``.
        packed_b: uint8 ``[B, bytes]``.

    Returns:
        ``[A, B]``, uint8, or uint16 where a code has more than 31 bytes. Only the result and a few
        MB beside it are held: call it on a block of rows where ``A * B`` is large.

    >>> hamming_distances(np.array([[160]], np.uint8), np.array([[160], [191]], np.uint8)).tolist()
    [[0, 5]]
    """
    packed_a, packed_b = np.asarray(packed_a), np.asarray(packed_b)
    for packed in (packed_a, packed_b):
        if packed.ndim != 2 or packed.dtype != np.uint8:
            raise ValueError(
                f"packed codes must be uint8 [N, bytes], got {packed.dtype} {packed.shape}"
            )
    if packed_a.shape[1] != packed_b.shape[1]:
        raise ValueError(
            f"codes of {packed_a.shape[1]} and {packed_b.shape[1]} bytes cannot be compared"
        )
    # 31 bytes leave the largest values of uint8 free, so that a caller can mark items with them.
    dtype = np.uint8 if packed_a.shape[1] <= 31 else np.uint16
    distances = np.zeros((len(packed_a), len(packed_b)), dtype)
    if not hasattr(np, "bitwise_count") and len(packed_a) >= _MANY:
        _multiply(packed_a, packed_b, distances)
    else:
        _count_bits(packed_a, packed_b, distances)
    return distances


def _count_bits(packed_a: np.ndarray, packed_b: np.ndarray, out: np.ndarray) -> None:
    size = _word_size(packed_a.shape[1], len(packed_a))
    words_a, words_b = _words(packed_a, size).T, np.ascontiguousarray(_words(packed_b, size).T)
    # The differences of one tile are written to one buffer, which stays in the cache.
    columns = max(1, min(8 * _TILE, len(packed_b)))
    rows = 8 * _TILE // columns
    buffer = np.empty((rows, columns), words_a.dtype)
    for start in range(0, len(packed_b), columns):
        right = words_b[:, start : start + columns]
        for row in range(0, len(packed_a), rows):
            tile = out[row : row + rows, start : start + columns]
            differences = buffer[: tile.shape[0], : tile.shape[1]]
            for word_a, word_b in zip(words_a[:, row : row + rows], right, strict=True):
                tile += _bitwise_count(np.bitwise_xor(word_a[:, None], word_b, out=differences))


def _count_ones(words: np.ndarray) -> np.ndarray:
    """``np.bitwise_count`` for NumPy 1, of words that may be written over.

    Neighbours are added up, bits to pairs to fours to bytes; a product gathers the bytes in the
    highest one (Warren, Hacker's Delight, section 5-1).
    """
    number, size = words.dtype.type, words.dtype.itemsize
    pairs, fours, bytes_, ones = (
        number(int.from_bytes(size * [each], "big")) for each in (0x55, 0x33, 0x0F, 0x01)
    )
    half = np.right_shift(words, number(1))
    half &= pairs
    words -= half
    np.right_shift(words, number(2), out=half)
    half &= fours
    words &= fours
    words += half
    np.right_shift(words, number(4), out=half)
    words += half
    words &= bytes_
    words *= ones
    words >>= number(8 * (size - 1))
    return words.astype(np.uint8)


# NumPy 1 has no name for it, and neither have the types of the one for the other.
_bitwise_count: Any = getattr(np, "bitwise_count", _count_ones)


def _word_size(size: int, queries: int) -> int:
    """Bytes of the words in which codes of ``size`` bytes are compared, 0 to fill them up to eight.

    Filling up copies the database: for a few queries that costs more than counting several words.
    """
    if size % 8 == 0 or size == 4:
        return min(size, 8)
    few = queries < _FEW
    return next((word for word in (4, 2, 1) if few and size % word == 0 and size // word < _FEW), 0)


def _words(packed: np.ndarray, size: int) -> np.ndarray:
    # By rows, whatever the order in memory of what came: only then do neighbours make a word.
    packed = np.ascontiguousarray(packed)
    if size:
        return packed.view(f"u{size}")
    return np.pad(packed, ((0, 0), (0, -packed.shape[1] % 8))).view(np.uint64)


def _multiply(packed_a: np.ndarray, packed_b: np.ndarray, out: np.ndarray) -> None:
    bits = 8 * packed_a.shape[1]
    # One more column carries bits / 2, so that the product is the distance itself.
    left = np.full((len(packed_a), bits + 1), bits / 2, np.float32)
    left[:, :bits] = _SIGNS[packed_a].reshape(-1, bits) * np.float32(-0.5)
    for start in range(0, len(packed_b), _TILE):
        tile = packed_b[start : start + _TILE]
        right = np.ones((len(tile), bits + 1), np.float32)
        right[:, :bits] = _SIGNS[tile].reshape(-1, bits)
        for row in range(0, len(left), _TILE // 8):
            rows = slice(row, row + _TILE // 8)
            out[rows, start : start + _TILE] = left[rows] @ right.T
