"""By Beam the builders prepare what they prepare without it."""

import pickle
import sys

import numpy as np
import pytest
import tensorflow_datasets as tfds

from data_pipelines.builders import (
    DrawnBirds,
    DrawnBirdsConfig,
    DrawnInstances,
    DrawnInstancesConfig,
    DrawnObjects,
    DrawnObjectsConfig,
    Openmoji,
    OpenmojiConfig,
    SketchyExtended,
)
from tests.data_pipelines.pictures import write_tree
from tests.data_pipelines.sketch_sets import FILES, shrink

DRAWN = {
    DrawnBirds: DrawnBirdsConfig(
        name="own", classes=2, train_per_class=3, test_per_class=1, size=16
    ),
    DrawnObjects: DrawnObjectsConfig(name="own", train_per_class=1, test_per_class=1, size=16),
    DrawnInstances: DrawnInstancesConfig(
        name="own", train_things=2, views=2, val_things=1, val_views=1, test_things=1, easy=1,
        hard=1, junk=1, lonely=1, size=32,
    ),
    Openmoji: OpenmojiConfig(
        name="own", classes=2, unseen=1, train_sketches=2, test_sketches=1, photos=1, size=16
    ),
}  # fmt: skip


def config_by_beam(**options):
    from apache_beam.options.pipeline_options import PipelineOptions

    # Without it Beam would first look for a runner in the network.
    given = PipelineOptions(["--allow_unsafe_triggers"])
    return tfds.download.DownloadConfig(beam_options=given, **options)


def contents(builder):
    """Part -> what each of its rows says, in order."""
    return {
        part: [{name: np.asarray(value).tolist() for name, value in row.items()} for row in rows]
        for part, rows in tfds.as_numpy(builder.as_dataset()).items()
    }


@pytest.mark.parametrize("kind", DRAWN, ids=lambda kind: kind.__name__)
def test_what_draws_a_picture_can_be_sent_to_a_worker(kind, tmp_path, monkeypatch):
    builder = kind(data_dir=tmp_path, config=DRAWN[kind])
    monkeypatch.setattr(builder, "examples", lambda pictures, make: (next(iter(pictures)), make))
    for picture, make in builder._split_generators(None).values():
        sent = pickle.loads(pickle.dumps(make))
        (key, there), (key_here, here) = sent(picture), make(picture)
        assert key == key_here == 0
        assert there.pop("image").getvalue() == here.pop("image").getvalue() and there == here


def test_drawn_by_beam_the_files_are_the_same(tmp_path):
    plain, beamed = (
        DrawnBirds(data_dir=tmp_path / name, config=DRAWN[DrawnBirds]) for name in ("a", "b")
    )
    plain.download_and_prepare()
    beamed.download_and_prepare(download_config=config_by_beam())
    found = contents(beamed)
    assert found == contents(plain)
    assert {part: len(rows) for part, rows in found.items()} == {"train": 6, "test": 2}


def test_read_from_folders_by_beam_the_files_are_the_same(tmp_path, monkeypatch):
    shrink(monkeypatch)
    folder = write_tree(tmp_path / "data", FILES["sketchy_extended"]())
    plain, beamed = (SketchyExtended(data_dir=tmp_path / name) for name in ("a", "b"))
    config = tfds.download.DownloadConfig(manual_dir=folder)
    plain.download_and_prepare(download_config=config)
    beamed.download_and_prepare(download_config=config_by_beam(manual_dir=folder))
    found = contents(beamed)
    assert found == contents(plain) and min(map(len, found.values())) > 0 and len(found) == 3


def test_without_beam_the_line_says_what_brings_it(tmp_path, monkeypatch):
    builder = DrawnObjects(data_dir=tmp_path, config=DRAWN[DrawnObjects])
    config = config_by_beam()
    monkeypatch.setitem(sys.modules, "apache_beam", None)
    with pytest.raises(ImportError, match="pip install 'tfretrieval\\[beam\\]'"):
        builder.download_and_prepare(download_config=config)
