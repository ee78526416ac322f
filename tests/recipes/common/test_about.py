import pytest

from recipes.common.about import about
from recipes.folder_triplet import Config
from tests.recipes.opening import opened
from tests.recipes.pictures import write_folder


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("pictures"), classes=4)


@pytest.mark.parametrize(
    "settings, share, told",
    [
        ({}, 0.1, "32 training pictures (4 of them held out for choices), 32 in the database, 16"),
        (
            {"split": "zero_shot"},
            0.0,
            "24 queries of classes that were never trained on",
        ),
        ({"classes": 2, "per_class": 3}, 0.0, "6 training pictures, 6 in the database, 6 queries"),
    ],
    ids=["held-out", "zero-shot", "subset"],
)
def test_data_and_machine_are_named(pictures, tmp_path, settings, share, told):
    config = Config(data_dir=str(pictures), image_size=32, **settings)
    run = opened(config, tmp_path / "run", share)
    first, pixels, *notes, machine = about(run)
    assert first.startswith(told) or told in first
    assert run.data.checksum()[:12] in first
    assert pixels == "32 pixels, weights none."
    assert any("a subset" in note for note in notes) == ("classes" in settings)
    assert "TensorFlow" in machine and "Python" in machine
