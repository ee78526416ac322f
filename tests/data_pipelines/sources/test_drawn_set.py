"""Drawn sets by name: parts as their builder has them, drawn once."""

import dataclasses

import pytest

from data_pipelines import builders
from data_pipelines.builders import DrawnBirds, DrawnBirdsConfig
from data_pipelines.sources import DRAWN_BIRDS, DRAWN_OBJECTS, OPENMOJI

ALL = (*DRAWN_BIRDS, DRAWN_OBJECTS, *OPENMOJI)


@pytest.mark.parametrize("drawn", ALL, ids=lambda drawn: drawn.name)
def test_every_set_names_a_configuration_of_its_builder(drawn):
    assert drawn.config in getattr(builders, drawn.builder).builder_configs


@pytest.fixture
def tiny(monkeypatch):
    config = DrawnBirdsConfig(
        name="demo", classes=2, train_per_class=2, test_per_class=1, size=16, sketches=True
    )
    monkeypatch.setattr(DrawnBirds, "builder_configs", {"demo": config, "demo_sketches": config})
    return {each.name: each for each in DRAWN_BIRDS}


def test_train_trains_and_is_searched(tiny, tmp_path):
    dataset = tiny["drawn_birds/demo"].load("drawn_birds/demo", str(tmp_path), 0, False)
    assert (len(dataset.train), len(dataset.query)) == (4, 2)
    assert (dataset.train == dataset.database).all() and dataset.version == "1.0.0"


def test_sketches_search_photos(tiny, tmp_path):
    name = "drawn_birds/sketches"
    dataset = tiny[name].load(name, str(tmp_path), 0, False)
    domains = dataset.records.domains
    assert (domains[dataset.query] == 0).all() and (domains[dataset.database] == 1).all()


def test_entries_differ_in_nothing_but_what_they_name():
    plain = {dataclasses.replace(each, sketches=None) for each in ALL}
    assert len(plain) == len(ALL)
