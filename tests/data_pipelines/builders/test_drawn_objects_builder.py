"""The drawn objects: pure in the id, true boxes, a sound data set, and still the frozen one."""

import numpy as np
import pytest

from data_pipelines import catalogue
from data_pipelines.builders import DrawnObjects, DrawnObjectsConfig
from data_pipelines.drawn_birds import ObjectArtist, make_species
from data_pipelines.drawn_birds.objects import CLASSES, PIXELS_SHA256, sample_checksum
from tests.checks import check_dataset


def config(**settings):
    tiny = {"name": "tiny", "train_per_class": 2, "test_per_class": 1, "size": 48}
    return DrawnObjectsConfig(**{**tiny, **settings})


def draw(kind, number=0, size=64, **options):
    return ObjectArtist(size, **options).draw(f"train/{kind}/{number:04d}.jpg", kind)


def test_the_frozen_set_is_drawn():
    assert sample_checksum() == PIXELS_SHA256, (
        "the drawn pixels have changed: raise VERSION, freeze the new checksum, rerun every table"
    )


def test_the_catalogue_s_set_has_seven_kinds_of_250():
    whole = DrawnObjects.builder_configs["demo"]
    assert len(list(whole.pictures("train"))) == 1400
    assert len(list(whole.pictures("test"))) == 350
    assert len(CLASSES) == 7 and CLASSES[0] == "bird"
    assert "drawn_objects" in catalogue.names()


def test_it_holds_the_contract(tmp_path, monkeypatch):
    monkeypatch.setitem(DrawnObjects.builder_configs, "demo", config(name="demo"))

    def load():
        return catalogue.load("drawn_objects", str(tmp_path), progress=False)

    check_dataset(load, counts=(14, 14, 7, 7))
    dataset = load()
    assert dataset.records.class_names == CLASSES
    assert set(dataset.records.domains) == {1}
    assert (dataset.records.boxes[:, 2] - dataset.records.boxes[:, 0]).max() < 1


@pytest.mark.parametrize("kind", CLASSES)
def test_the_box_is_the_tightest_around_the_object(kind):
    for number in range(6):
        picture = draw(kind, number)
        rows, columns = np.nonzero(picture.mask)
        seen = rows.min() / 64, columns.min() / 64, (rows.max() + 1) / 64, (columns.max() + 1) / 64
        np.testing.assert_allclose(picture.box, seen, atol=1 / 64)
        assert 0.02 < (picture.mask > 0).mean() < 0.5


def test_another_id_or_seed_gives_another_picture():
    np.testing.assert_array_equal(draw("snail").pixels, draw("snail").pixels)
    assert (draw("snail").pixels != draw("snail", 1).pixels).any()
    assert (draw("snail").pixels != draw("snail", seed=2).pixels).any()


def test_too_small_a_picture_is_refused():
    with pytest.raises(ValueError, match="16 or more"):
        ObjectArtist(size=15)


def test_no_bird_is_of_a_species_of_drawn_birds():
    def looks(birds):
        return {(b.plump, b.tail_length, b.back, b.wing, b.crown, b.face, b.breast) for b in birds}

    assert looks(ObjectArtist().species).isdisjoint(looks(make_species(210)))


def test_a_folder_of_other_settings_is_refused(tmp_path):
    small = {"train_per_class": 1, "size": 16}
    DrawnObjects(data_dir=str(tmp_path), config=config(**small)).download_and_prepare()
    with pytest.raises(ValueError, match="drawn_objects of other settings"):
        DrawnObjects(data_dir=str(tmp_path), config=config(**small, seed=3)).download_and_prepare()
