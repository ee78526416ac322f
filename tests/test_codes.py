"""Packing, unpacking and Hamming distances."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfretrieval import codes

QUICK = settings(max_examples=25, deadline=None, derandomize=True)


@pytest.mark.parametrize("bits", [1, 7, 8, 12, 64, 65])
def test_unpack_turns_pack_back(bits):
    signs = np.random.default_rng(0).choice([-1, 1], (9, bits))
    packed = codes.pack(signs)
    assert packed.shape == (9, -(-bits // 8))
    np.testing.assert_array_equal(codes.unpack(packed, bits), signs)


def test_zero_is_a_set_bit_and_the_first_bit_is_the_most_significant():
    assert codes.pack(np.array([[0.0, -0.1, -1, -1, -1, -1, -1, -1]])).tolist() == [[128]]


@pytest.mark.parametrize("bits", [1, 8, 12, 48, 64, 65, 128, 248, 256, 520])
def test_distances_count_different_bits(bits):
    rng = np.random.default_rng(bits)
    a, b = rng.choice([-1, 1], (11, bits)), rng.choice([-1, 1], (17, bits))
    b[0] = -a[0]
    distances = codes.hamming_distances(codes.pack(a), codes.pack(b))
    np.testing.assert_array_equal(distances, (a[:, None] != b).sum(axis=2))
    assert distances.dtype == (np.uint8 if bits <= 248 else np.uint16)


@pytest.mark.parametrize("bits", [12, 64, 100, 256])
@pytest.mark.parametrize("function", ["_multiply", "_count_bits"])
@pytest.mark.parametrize("count", [codes._bitwise_count, codes._count_ones], ids=["", "by_hand"])
def test_all_ways_to_count_agree_over_several_tiles(bits, function, count, monkeypatch):
    monkeypatch.setattr(codes, "_TILE", 8)
    monkeypatch.setattr(codes, "_bitwise_count", count)
    rng = np.random.default_rng(0)
    a, b = rng.choice([-1, 1], (5, bits)), rng.choice([-1, 1], (29, bits))
    out = np.zeros((5, 29), np.uint16)
    getattr(codes, function)(codes.pack(a), codes.pack(b), out)
    np.testing.assert_array_equal(out, (a[:, None] != b).sum(axis=2))


@pytest.mark.parametrize("size", [1, 2, 4, 8])
def test_ones_of_a_word_are_counted(size):
    words = np.random.default_rng(0).integers(0, 256, (99, size), dtype=np.uint8)
    words[0] = 255
    ones = np.unpackbits(words, axis=1).sum(axis=1)
    counted = codes._count_ones(words.view(f"u{size}")[:, 0].copy())
    assert counted.dtype == np.uint8 and counted.tolist() == ones.tolist()


def test_no_codes_have_no_distances():
    none, some = np.empty((0, 2), np.uint8), np.zeros((3, 2), np.uint8)
    assert codes.hamming_distances(none, some).shape == (0, 3)
    assert codes.hamming_distances(some, none).shape == (3, 0)


def test_bad_input_is_refused_in_one_line():
    with pytest.raises(ValueError, match="must be \\[N, bits\\]"):
        codes.pack(np.ones(3))
    with pytest.raises(ValueError, match="1 bytes cannot hold 9 bits"):
        codes.unpack(np.zeros((1, 1), np.uint8), 9)
    with pytest.raises(ValueError, match="codes of 1 and 2 bytes"):
        codes.hamming_distances(np.zeros((1, 1), np.uint8), np.zeros((1, 2), np.uint8))
    with pytest.raises(ValueError, match="must be uint8"):
        codes.hamming_distances(np.zeros((1, 1)), np.zeros((1, 1)))
    with pytest.raises(ValueError, match="bits must be at least 1"):
        codes.check_packed(np.zeros((1, 0), np.uint8), 0)


def test_codes_without_a_sign_are_refused_by_all_of_them():
    sigmoid = np.random.default_rng(0).uniform(0, 1, (5, 8))
    for signless in (sigmoid, np.maximum(sigmoid - 0.5, 0), np.ones((2, 8))):
        with pytest.raises(ValueError, match="none of the .* has a negative value") as error:
            codes.pack(signless)
        assert "\n" not in str(error.value)
    # One code may be all 1, and one negative value among many is a sign.
    assert codes.pack(sigmoid[:1]).tolist() == [[255]]
    sigmoid[3, 2] = -1e-9
    assert codes.pack(sigmoid)[3].tolist() == [223]


@QUICK
@given(
    st.sampled_from([1, 8, 12, 64, 100]),
    st.sampled_from(["C", "F", "transposed", "strided", "read-only"]),
)
def test_distances_do_not_depend_on_the_order_in_memory(bits, order):
    rng = np.random.default_rng(bits)
    a, b = codes.pack(rng.standard_normal((6, bits))), codes.pack(rng.standard_normal((9, bits)))
    expected = codes.hamming_distances(a, b)
    ordered = {
        "C": np.ascontiguousarray,
        "F": np.asfortranarray,
        "transposed": lambda x: np.ascontiguousarray(x.T).T,
        "strided": lambda x: np.repeat(x, 2, axis=0)[::2],
        "read-only": lambda x: np.frombuffer(x.tobytes(), x.dtype).reshape(x.shape),
    }[order]
    np.testing.assert_array_equal(codes.hamming_distances(ordered(a), ordered(b)), expected)
    np.testing.assert_array_equal(codes.check_packed(ordered(a), bits), a)
    np.testing.assert_array_equal(codes.pack(ordered(codes.unpack(a, bits))), a)


@QUICK
@given(st.integers(1, 70), st.integers(1, 6), st.randoms(use_true_random=False))
def test_distances_count_different_bits_of_any_codes(bits, count, random):
    signs = np.array([[random.choice([-1, 1]) for _ in range(bits)] for _ in range(count)])
    signs[0] = -1
    packed = codes.pack(signs)
    np.testing.assert_array_equal(
        codes.hamming_distances(packed, packed), (signs[:, None] != signs).sum(axis=2)
    )


@pytest.mark.parametrize("queries", [1, 7, 8, 20])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 16, 31, 40])
def test_codes_of_every_length_are_counted_alike_for_few_and_many_queries(queries, size):
    rng = np.random.default_rng(size)
    a, b = (rng.integers(0, 256, (n, size), dtype=np.uint8) for n in (queries, 30))
    expected = np.unpackbits(a[:, None] ^ b[None], axis=2).sum(axis=2)
    np.testing.assert_array_equal(codes.hamming_distances(a, b), expected)
    np.testing.assert_array_equal(codes.hamming_distances(np.asfortranarray(a), b), expected)
