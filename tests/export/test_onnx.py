"""An .onnx file is run by onnxruntime, and its bits are those of Keras."""

import sys

import numpy as np
import pytest

from tests.export import encoders
from tests.export.encoders import PICTURES, codes, equal_bits, part, read_by
from tfretrieval.codes import pack
from tfretrieval.export import export_onnx
from tfretrieval.export.onnx import session


def written(path, encoder, *args, **kwargs):
    export_onnx(encoder, path, *args, **kwargs)
    return session(path.read_bytes())


@pytest.mark.parametrize("make", [encoders.small, encoders.two_views, encoders.of_domains])
def test_float32_gives_the_codes_of_keras_and_their_bits_in_batches_of_any_size(make, tmp_path):
    encoder = make(bits=20)
    given, run = read_by(encoder), written(tmp_path / "encoder.onnx", encoder)
    expected = codes(encoder, given)
    for count in (1, 3, len(PICTURES)):
        found = run(part(given, 0, count))
        np.testing.assert_allclose(found["codes"], expected[:count], atol=1e-4)
        np.testing.assert_array_equal(found["packed"][0], pack(found["codes"][:1])[0])
    assert found["packed"].dtype == np.uint8 and found["packed"].shape == (len(PICTURES), 3)
    assert equal_bits(found["packed"], pack(expected), 20) > 0.998


def test_a_batch_can_be_fixed(tmp_path):
    import onnx

    path = tmp_path / "encoder.onnx"
    export_onnx(encoders.small(), path, batch_size=4)
    (read,) = onnx.load(path).graph.input
    assert [size.dim_value for size in read.type.tensor_type.shape.dim] == [4, 32, 32, 3]


def test_eight_bits_give_nearly_all_bits(tmp_path):
    encoder, path = encoders.resnet(bits=20), tmp_path / "encoder.int8.onnx"
    run = written(path, encoder, PICTURES[:24])
    found = run({"images": PICTURES[24:]})
    np.testing.assert_array_equal(found["packed"], pack(found["codes"]))
    expected = pack(codes(encoder, {"images": PICTURES[24:]}))
    assert equal_bits(found["packed"], expected, 20) > 0.95


def test_weights_of_eight_bits_are_whole_numbers(tmp_path):
    import onnx

    path = tmp_path / "encoder.int8.onnx"
    export_onnx(encoders.small(), path, PICTURES[:8])
    graph = onnx.load(path).graph
    kinds = {tuple(each.dims): each.data_type for each in graph.initializer}
    assert kinds[(6, 3, 3, 3)] == onnx.TensorProto.INT8


@pytest.mark.parametrize(
    "make, options, told",
    [
        (encoders.any_size, {}, "of any size"),
        (encoders.small, {"calibration": PICTURES / 255}, r"in \[0, 255\]"),
        (encoders.unknown, {}, "ONNX has no operation for Igamma"),
    ],
)
def test_what_cannot_be_exported_is_one_line(make, options, told, tmp_path):
    with pytest.raises(ValueError, match=told) as error:
        export_onnx(make(), tmp_path / "encoder.onnx", **options)
    assert "\n" not in str(error.value) and not list(tmp_path.iterdir())


def test_a_missing_package_is_told_with_the_extra_that_brings_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    with pytest.raises(ImportError, match=r"tf2onnx is missing: pip install 'tfretrieval\[onnx\]'"):
        export_onnx(encoders.small(), tmp_path / "encoder.onnx")
