"""Batches of picture files, some of which are none."""

import numpy as np
import pytest

from tests.data_pipelines.pictures import encode, picture
from tests.encoders.colours import ColourEncoder

FILES = [encode(picture("a")), encode(picture("b"), "WEBP", lossless=True), b"hello"]
CUT = encode(picture("c", 200, 200))[:400]


def test_every_format_is_encoded_and_what_is_no_picture_is_named_by_its_place():
    encoded, good, wrong = ColourEncoder().encode_each([FILES[2], *FILES[:2]])
    assert good.tolist() == [1, 2] and wrong == {0: "no known picture format, or damaged"}
    alone = ColourEncoder().encode(FILES[:2])
    np.testing.assert_array_equal(encoded.packed, alone.packed)
    np.testing.assert_array_equal(encoded.features, alone.features)


def test_one_that_breaks_off_does_not_take_the_others_with_it():
    encoded, good, wrong = ColourEncoder(looks=True).encode_each([FILES[0], CUT, FILES[1]])
    assert good.tolist() == [0, 2] and wrong == {1: "truncated or damaged"}
    assert encoded.boxes.shape == (2, 4)
    np.testing.assert_array_equal(encoded.packed, ColourEncoder().encode(FILES[:2]).packed)


def test_nothing_readable_is_no_codes():
    encoded, good, wrong = ColourEncoder().encode_each([CUT, FILES[2]])
    assert encoded is None and len(good) == 0 and set(wrong) == {0, 1}
    assert ColourEncoder().encode_each([])[0] is None


@pytest.mark.parametrize("contents, told", [(CUT, "truncated"), (FILES[2], "no known picture")])
def test_a_single_one_is_refused_in_a_few_words(contents, told):
    with pytest.raises(ValueError, match=told):
        ColourEncoder().encode([contents])
