import dataclasses

import pytest
import tensorflow as tf

from recipes.common import session
from recipes.common.settings import RunSettings
from tfretrieval.run_folder import RunFolder, RunFolderError
from tfretrieval.workers import Workers


@pytest.fixture
def begun(tmp_path):
    """A folder in which a run has begun."""
    (tmp_path / "own.weights.h5").write_text("weights")
    config = RunSettings(weights=str(tmp_path / "own.weights.h5"))
    folder = RunFolder(tmp_path / "run", config)
    session.record(config, folder)
    folder.step("step", lambda: {"x": 1})
    return config, folder


def test_what_a_run_began_on_is_written_down_once(begun):
    config, folder = begun
    before = (folder / "environment.json").read_bytes()
    session.record(config, folder)
    assert (folder / "environment.json").read_bytes() == before
    written = folder.read_json("environment.json")
    assert written["packages"]["tensorflow"] == tf.__version__
    assert list(written["files"]) == ["weights"]


def test_another_version_is_named(begun, monkeypatch):
    config, folder = begun
    version = session.importlib.metadata.version
    monkeypatch.setattr(
        session.importlib.metadata,
        "version",
        lambda name: "9.9" if name == "pillow" else version(name),
    )
    with pytest.raises(RunFolderError, match=r"pillow is '[\d.]+' there, '9.9' here"):
        session.record(config, folder)


def test_another_worker_has_the_versions_of_the_chief(tmp_path, monkeypatch):
    config = RunSettings()
    session.record(config, RunFolder(tmp_path / "run", config))
    second = RunFolder(tmp_path / "run", config)
    monkeypatch.setattr(second, "workers", Workers(("a:1", "b:1"), 1))
    session.record(config, second)
    monkeypatch.setattr(session.platform, "python_version", lambda: "3.99")
    with pytest.raises(RunFolderError, match="Python is .* there, '3.99' here"):
        session.record(config, second)


def test_weights_are_known_by_what_is_in_the_file(begun):
    config, folder = begun
    with open(config.weights, "w") as stream:
        stream.write("other weights")
    with pytest.raises(RunFolderError, match="--weights is"):
        session.record(config, folder)


@pytest.mark.parametrize("mixed, policy", [(True, "mixed_float16"), (False, "float32")])
def test_precision_is_that_of_the_settings(mixed, policy, capsys):
    config = RunSettings(mixed_precision=mixed)
    try:
        strategy = session.start(config)
        assert tf.keras.mixed_precision.global_policy().name == policy
        assert strategy.num_replicas_in_sync == 1
        assert "TensorFlow" in capsys.readouterr().out
    finally:
        session.start(dataclasses.replace(config, mixed_precision=False))
