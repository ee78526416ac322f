"""The file is run by the interpreter, and its bits are those of Keras."""

import numpy as np
import pytest

from tests.export import encoders
from tests.export.encoders import PICTURES, codes, equal_bits
from tfretrieval.codes import pack
from tfretrieval.export import export_litert
from tfretrieval.export.litert import interpreter


@pytest.fixture(scope="module")
def encoder():
    return encoders.small(bits=20)


def written(path, *args, **kwargs):
    export_litert(*args[:1], path, *args[1:], **kwargs)
    return interpreter(path.read_bytes())


def test_float32_gives_the_codes_of_keras_and_their_bits(encoder, tmp_path):
    run = written(tmp_path / "encoder.tflite", encoder)
    expected = codes(encoder, {"images": PICTURES})
    for picture, code in zip(PICTURES, expected, strict=True):
        found = run({"images": picture[None]})
        np.testing.assert_allclose(found["codes"][0], code, atol=1e-5)
        np.testing.assert_array_equal(found["packed"], pack(code[None]))
        assert found["packed"].dtype == np.uint8 and found["packed"].shape == (1, 3)


def test_a_batch_is_as_large_as_was_asked_for(encoder, tmp_path):
    run = written(tmp_path / "encoder.tflite", encoder, batch_size=4)
    found = run({"images": PICTURES[:4]})
    np.testing.assert_allclose(found["codes"], codes(encoder, {"images": PICTURES[:4]}), atol=1e-5)
    assert found["packed"].shape == (4, 3)
    with pytest.raises(ValueError, match="mismatch"):
        run({"images": PICTURES[:1]})


def test_eight_bits_are_smaller_and_give_nearly_all_bits(tmp_path):
    encoder = encoders.resnet(bits=20)
    plain = tmp_path / "encoder.tflite"
    export_litert(encoder, plain)
    run = written(tmp_path / "int8.tflite", encoder, PICTURES[:32])
    assert (tmp_path / "int8.tflite").stat().st_size < plain.stat().st_size / 2
    others = PICTURES[32:]
    found = np.concatenate([run({"images": picture[None]})["packed"] for picture in others])
    share = equal_bits(found, pack(codes(encoder, {"images": others})), bits=20)
    assert share > 0.97
