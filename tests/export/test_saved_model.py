import numpy as np
import pytest
import tensorflow as tf

from tfretrieval import images
from tfretrieval.backbones import resnet18
from tfretrieval.codes import pack as pack_numpy
from tfretrieval.export import export_encoder, pack
from tfretrieval.models import hash_encoder

PIXELS = np.random.default_rng(0).integers(0, 256, (40, 56, 3), np.uint8)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    encoder = hash_encoder(resnet18((32, 32, 3), width=4), bits=12)
    folder = tmp_path_factory.mktemp("export") / "savedmodel"
    export_encoder(encoder, folder, image_size=32)
    return encoder, tf.saved_model.load(str(folder)), folder


@pytest.mark.parametrize("bits", [1, 8, 12, 64])
def test_packs_as_numpy_does(bits):
    codes = np.random.default_rng(0).standard_normal((5, bits)).astype(np.float32)
    codes[0] = 0
    np.testing.assert_array_equal(pack(tf.constant(codes)), pack_numpy(codes))


def test_bytes_of_jpeg_and_png_give_the_codes_of_the_pipeline(exported):
    encoder, model, _ = exported
    contents = [tf.io.encode_png(PIXELS).numpy(), tf.io.encode_jpeg(PIXELS).numpy()]
    out = model.signatures["encode_bytes"](contents=tf.constant(contents))
    expected = encoder(tf.stack([images.load(c, 32) for c in contents])).numpy()
    np.testing.assert_allclose(out["codes"], expected, atol=1e-5)
    np.testing.assert_array_equal(out["packed"], pack_numpy(out["codes"].numpy()))
    assert out["packed"].shape == (2, 2)


def test_images_of_any_size_are_resized(exported):
    encoder, model, _ = exported
    out = model.signatures["encode_images"](images=tf.cast(PIXELS[None], tf.float32))
    expected = encoder(images.resize(PIXELS[None], (32, 32)))
    np.testing.assert_allclose(out["codes"], expected, atol=1e-5)


def test_no_pictures_give_no_codes(exported):
    out = exported[1].signatures["encode_bytes"](contents=tf.constant([], tf.string))
    assert out["packed"].shape == (0, 2)


def test_bytes_that_are_no_picture_are_refused(exported):
    with pytest.raises(tf.errors.InvalidArgumentError, match="JPEG or PNG"):
        exported[1].signatures["encode_bytes"](contents=tf.constant([b"GIF89a and more bytes"]))


def test_an_existing_folder_is_left_alone(exported):
    encoder, _, folder = exported
    with pytest.raises(FileExistsError, match="folder of its own"):
        export_encoder(encoder, folder, 32)
