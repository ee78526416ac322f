"""What the drawing builders share: settings that decide the pictures, and a place for each."""

import pytest

from data_pipelines.builders import DrawnBirds, DrawnBirdsConfig, DrawnBuilder
from data_pipelines.builders.drawn_builder import own_settings

SMALL = {"name": "own", "classes": 1, "train_per_class": 1, "test_per_class": 1, "size": 16}


def prepare(folder, **settings):
    builder = DrawnBirds(data_dir=str(folder), config=DrawnBirdsConfig(**{**SMALL, **settings}))
    builder.download_and_prepare()
    return builder


def test_a_folder_of_other_settings_is_refused(tmp_path):
    prepare(tmp_path)
    with pytest.raises(ValueError, match="other settings"):
        prepare(tmp_path, seed=1)


def test_what_was_prepared_is_found_by_name_version_and_configuration(tmp_path):
    builder = prepare(tmp_path)
    assert isinstance(builder, DrawnBuilder)
    assert builder.data_path.relative_to(tmp_path).as_posix() == "drawn_birds/own/1.0.0"


def test_settings_are_what_a_configuration_adds():
    settings = own_settings(DrawnBirdsConfig(**SMALL))
    assert settings["classes"] == 1 and "name" not in settings and "version" not in settings
