import dataclasses
import os

import pytest

from recipes.common.cli import ConfigError
from recipes.common.settings import HashSettings, MiningSettings, flag


def test_files_are_remembered_by_their_whole_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.weights.h5").write_text("")
    settings = HashSettings(data_dir="pictures", weights="own.weights.h5")
    assert settings.weights == os.path.abspath("own.weights.h5")
    assert settings.data_dir == os.path.abspath("pictures")
    assert HashSettings().weights == "imagenet"


@pytest.mark.parametrize(
    "change", [{"crop_area": 0.0}, {"colour": 1.5}, {"classes": 0}, {"weight_decay": -1.0}]
)
def test_settings_outside_their_range_are_refused(change):
    with pytest.raises(ConfigError, match="must (not )?be"):
        HashSettings(**change)


def test_flags_are_written_with_dashes():
    assert flag("hash_epochs") == "--hash-epochs"


NUMBERS = [field.name for field in dataclasses.fields(MiningSettings) if field.type == "float"]


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_no_number_may_be_infinite_or_none_at_all(name, value):
    with pytest.raises(ConfigError, match=f"{flag(name)} must be"):
        MiningSettings(**{name: value})
