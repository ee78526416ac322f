"""A .tflite file is run by the interpreter, and its bits are those of Keras."""

import numpy as np
import pytest

from tests.export import encoders
from tests.export.encoders import PICTURES, codes, equal_bits, part, read_by
from tfretrieval.codes import pack
from tfretrieval.export import export_litert, litert
from tfretrieval.export.litert import interpreter


def written(path, encoder, *args, **kwargs):
    export_litert(encoder, path, *args, **kwargs)
    return interpreter(path.read_bytes())


def one_by_one(run, given):
    rows = [run(part(given, i, i + 1)) for i in range(len(next(iter(given.values()))))]
    return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}


@pytest.mark.parametrize("make", [encoders.small, encoders.two_views, encoders.of_domains])
def test_float32_gives_the_codes_of_keras_and_their_bits(make, tmp_path):
    encoder = make(bits=20)
    given, run = read_by(encoder), written(tmp_path / "encoder.tflite", encoder)
    found, expected = one_by_one(run, given), codes(encoder, given)
    np.testing.assert_allclose(found["codes"], expected, atol=1e-4)
    np.testing.assert_array_equal(found["packed"], pack(found["codes"]))
    assert found["packed"].dtype == np.uint8 and found["packed"].shape == (len(PICTURES), 3)
    assert equal_bits(found["packed"], pack(expected), 20) > 0.998


def test_a_batch_is_as_large_as_was_asked_for(tmp_path):
    encoder = encoders.small()
    run = written(tmp_path / "encoder.tflite", encoder, batch_size=4)
    found = run({"images": PICTURES[:4]})
    expected = codes(encoder, {"images": PICTURES[:4]})
    np.testing.assert_allclose(found["codes"], expected, atol=1e-5)
    assert found["packed"].shape == (4, 2)


def test_mixed_precision_becomes_float32(tmp_path):
    encoder = encoders.of_mixed_precision()
    found = one_by_one(written(tmp_path / "encoder.tflite", encoder), read_by(encoder))
    expected = codes(encoder, read_by(encoder))
    assert 0 < np.abs(found["codes"] - expected).max() < 0.01
    plain = encoders.small()
    plain.set_weights(encoder.get_weights())
    np.testing.assert_allclose(found["codes"], codes(plain, read_by(plain)), atol=1e-5)


def test_eight_bits_are_less_than_half_as_large_and_give_nearly_all_bits(tmp_path):
    encoder, path = encoders.resnet(bits=20), tmp_path / "encoder.int8.tflite"
    run = written(path, encoder, PICTURES[:24])
    assert path.stat().st_size < encoder.count_params() * 4 / 2
    others = {"images": PICTURES[24:]}
    found = one_by_one(run, others)
    np.testing.assert_array_equal(found["packed"], pack(found["codes"]))
    assert equal_bits(found["packed"], pack(codes(encoder, others)), 20) > 0.97


def test_eight_bits_of_what_is_read_by_name(tmp_path):
    encoder = encoders.of_domains()
    given = read_by(encoder)
    run = written(tmp_path / "encoder.tflite", encoder, part(given, 0, 24), batch_size=2)
    found = run(part(given, 24, 26))
    np.testing.assert_allclose(found["codes"], codes(encoder, part(given, 24, 26)), atol=0.05)


@pytest.mark.parametrize(
    "make, options, told",
    [
        (encoders.any_size, {}, "of any size"),
        (encoders.maps, {}, r"gives codes \[B, bits\]"),
        (encoders.small, {"batch_size": 0}, "at least 1, got 0"),
        (encoders.small, {"calibration": PICTURES[:, :16]}, r"\[n, 32, 32, 3\], got \(48, 16"),
        (encoders.small, {"calibration": PICTURES / 255}, r"in \[0, 255\], the largest is 0.99"),
        (encoders.small, {"calibration": PICTURES[:0]}, "needs 1 pictures or more"),
        (encoders.small, {"calibration": PICTURES[:3], "batch_size": 4}, "needs 4 pictures"),
        (encoders.two_views, {"calibration": PICTURES}, "needs whole, crop, got whole$"),
        (encoders.unknown, {}, "LiteRT has no operation for Igamma"),
    ],
)
def test_what_cannot_be_exported_is_one_line(make, options, told, tmp_path):
    with pytest.raises(ValueError, match=told) as error:
        export_litert(make(), tmp_path / "encoder.tflite", **options)
    assert "\n" not in str(error.value) and not list(tmp_path.iterdir())


def test_a_file_that_gives_other_codes_is_not_written(tmp_path, monkeypatch):
    path = tmp_path / "encoder.tflite"
    path.write_text("an older one")

    def broken(contents):
        run = interpreter(contents)
        return lambda given: {**run(given), "codes": np.full([1, 12], np.nan, np.float32)}

    monkeypatch.setattr(litert, "interpreter", broken)
    with pytest.raises(ValueError, match="not give the codes of TensorFlow"):
        export_litert(encoders.small(), path)
    assert path.read_text() == "an older one"


def test_a_file_takes_the_place_of_an_older_one(tmp_path):
    path = tmp_path / "new" / "encoder.tflite"
    for bits in (12, 20):
        run = written(path, encoders.small(bits))
    assert run({"images": PICTURES[:1]})["codes"].shape == (1, 20)
    assert list(path.parent.iterdir()) == [path]
