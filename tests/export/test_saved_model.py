import numpy as np
import pytest
import tensorflow as tf

from tests import odd_files
from tfretrieval import images
from tfretrieval.codes import pack as pack_numpy
from tfretrieval.convert import readable
from tfretrieval.export import export_encoder, pack
from tfretrieval.models import classifier, classifier_hash_encoder, hash_encoder
from tfretrieval.saliency import Localizer, regions

PIXELS = np.random.default_rng(0).integers(0, 256, (40, 56, 3), np.uint8)


def small(side, channels=6):
    """A network to look through; what is saved here takes seconds with a ResNet."""
    image = tf.keras.Input((side, side, 3))
    x = tf.keras.layers.Conv2D(channels, 3, strides=4, activation="relu", name="map")(image)
    return tf.keras.Model(image, x)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    encoder = hash_encoder(small(32), bits=12)
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
    large = np.kron(PIXELS, np.ones((9, 9, 1), np.uint8))
    contents = [tf.io.encode_png(PIXELS), *map(tf.io.encode_jpeg, (PIXELS, large))]
    contents = [content.numpy() for content in contents]
    assert int(images.decoded_size(contents[2], 32)[1]) == 2
    out = model.signatures["encode_bytes"](contents=tf.constant(contents))
    expected = encoder(tf.stack([images.load(c, 32) for c in contents])).numpy()
    np.testing.assert_allclose(out["codes"], expected, atol=1e-5)
    np.testing.assert_array_equal(out["packed"], pack_numpy(out["codes"].numpy()))
    assert out["packed"].shape == (3, 2)


def test_images_of_any_size_are_resized(exported):
    encoder, model, _ = exported
    out = model.signatures["encode_images"](images=tf.cast(PIXELS[None], tf.float32))
    expected = encoder(images.resize(PIXELS[None], (32, 32)))
    np.testing.assert_allclose(out["codes"], expected, atol=1e-5)


@pytest.mark.parametrize("region", ["box", "mask", "mask_in_box"])
def test_the_crop_is_inside(tmp_path, region):
    encoder = hash_encoder(small(32), bits=12)
    localizer = Localizer(small(48, channels=1))
    # It looks at what is bright.
    localizer.model.set_weights([np.ones((3, 3, 3, 1), np.float32), np.zeros(1, np.float32)])
    folder = tmp_path / "savedmodel"
    export_encoder(encoder, folder, 32, localizer=localizer, alpha=0.5, region=region)
    model = tf.saved_model.load(str(folder))

    pictures = np.random.default_rng(1).integers(0, 256, (3, 41, 57, 3), np.uint8)
    pictures[:, :, 25:] //= 8
    pictures[:, :10] //= 8
    contents = [
        tf.io.encode_png(pictures[0]).numpy(),
        *(tf.io.encode_jpeg(p, chroma_downsampling=True).numpy() for p in pictures[1:]),
    ]
    whole = tf.stack([images.load(content, 48) for content in contents])
    boxes, masks = regions(localizer(whole), 0.5, region)
    views = [
        images.load(
            content, 32, None if boxes is None else boxes[i], None if masks is None else masks[i]
        )
        for i, content in enumerate(contents)
    ]
    assert not np.allclose(views[0], images.load(contents[0], 32))
    expected = encoder(tf.stack(views)).numpy()
    out = model.signatures["encode_bytes"](contents=tf.constant(contents))
    np.testing.assert_allclose(out["codes"], expected, atol=1e-5)
    decoded = tf.stack([images.decode(content) for content in contents])
    out = model.signatures["encode_images"](images=decoded)
    np.testing.assert_allclose(out["codes"], expected, atol=1e-5)
    empty = model.signatures["encode_bytes"](contents=tf.constant([], tf.string))
    assert empty["packed"].shape == (0, 2)


def test_no_pictures_give_no_codes(exported):
    out = exported[1].signatures["encode_bytes"](contents=tf.constant([], tf.string))
    assert out["packed"].shape == (0, 2)


def test_bytes_that_are_no_picture_are_refused(exported):
    with pytest.raises(tf.errors.InvalidArgumentError, match="JPEG or PNG"):
        exported[1].signatures["encode_bytes"](contents=tf.constant([b"GIF89a and more bytes"]))


@pytest.mark.parametrize("settings", [{"alpha": 0}, {"alpha": 1}, {"region": "circle"}])
def test_a_region_that_there_is_not_is_one_line(exported, tmp_path, settings):
    with pytest.raises(ValueError, match="must be") as error:
        export_encoder(exported[0], tmp_path / "new", 32, Localizer(small(32)), **settings)
    assert "\n" not in str(error.value) and not (tmp_path / "new").exists()


def test_an_existing_folder_is_left_alone(exported):
    encoder, _, folder = exported
    with pytest.raises(FileExistsError, match="folder of its own"):
        export_encoder(encoder, folder, 32)


def test_bytes_are_the_default_of_a_server(exported):
    _, model, _ = exported
    assert set(model.signatures) == {"encode_bytes", "encode_images", "serving_default"}


@pytest.fixture(scope="module")
def two_views():
    classifiers = {view: classifier(small(32), 3) for view in ("whole", "crop")}
    return classifier_hash_encoder(classifiers, bits=12, reads="probabilities")


def test_an_encoder_of_whole_and_crop_sees_both(two_views, tmp_path):
    localizer = Localizer(small(48, channels=1))
    localizer.model.set_weights([np.ones((3, 3, 3, 1), np.float32), np.zeros(1, np.float32)])
    export_encoder(two_views, tmp_path / "savedmodel", 32, localizer=localizer, alpha=0.5)
    model = tf.saved_model.load(str(tmp_path / "savedmodel"))
    content = tf.io.encode_png(PIXELS).numpy()
    boxes, _ = regions(localizer(images.load(content, 48)[None]), 0.5, "box")
    seen = {
        "whole": images.load(content, 32)[None],
        "crop": images.load(content, 32, boxes[0])[None],
    }
    out = model.signatures["encode_bytes"](contents=tf.constant([content]))
    np.testing.assert_allclose(out["codes"], two_views(seen), atol=1e-5)
    pixels = model.signatures["encode_images"](images=tf.cast(PIXELS[None], tf.float32))
    np.testing.assert_allclose(pixels["codes"], two_views(seen), atol=0.05)
    nothing = model.signatures["encode_bytes"](contents=tf.zeros([0], tf.string))
    assert nothing["packed"].shape == (0, 2)


def test_an_encoder_of_whole_and_crop_needs_somebody_who_looks(two_views, tmp_path):
    with pytest.raises(ValueError, match="needs the localizer"):
        export_encoder(two_views, tmp_path / "savedmodel", 32)


@pytest.mark.parametrize("name", odd_files.PICTURES)
def test_an_odd_picture_gives_the_code_of_the_pipeline_or_one_reason(exported, name):
    encoder, model, _ = exported
    contents, why = odd_files.PICTURES[name]
    encode = model.signatures["encode_bytes"]
    if why == odd_files.READ:
        picture = readable(contents)
        expected = encoder(images.load(picture, 32)[None])
        out = encode(contents=tf.constant([picture]))["codes"]
        np.testing.assert_allclose(out, expected, atol=1e-5)
    else:
        with pytest.raises((ValueError, tf.errors.InvalidArgumentError)):
            encode(contents=tf.constant([readable(contents)]))


def test_what_is_no_jpeg_or_png_is_named_by_its_place_in_the_batch(exported):
    _, model, _ = exported
    webp, jpeg = (odd_files.PICTURES[name][0] for name in ("photo.webp", "plain.jpg"))
    with pytest.raises(tf.errors.InvalidArgumentError, match="not JPEG or PNG") as error:
        model.signatures["encode_bytes"](contents=tf.constant([jpeg, webp, jpeg, b""]))
    assert "convert.readable" in str(error.value) and "[1 3]" in str(error.value)
