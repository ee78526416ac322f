"""Drawn birds in the archive of CUB-200-2011: what is read is what was drawn."""

import numpy as np
import pytest
from PIL import Image

from benchmarks.cub_archive import write_archive
from data_pipelines.builders import DrawnBirdsConfig
from data_pipelines.sources import CALTECH_BIRDS2011

CONFIG = DrawnBirdsConfig(
    name="tiny", classes=3, train_per_class=3, test_per_class=2, short_classes=1, size=48
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("archive")
    write_archive(CONFIG, folder, processes=1)
    return folder


def test_labels_parts_boxes_and_pictures_are_those_that_were_drawn(folder, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    listing = CALTECH_BIRDS2011.listing(str(folder))
    records, artist = listing.records, CONFIG.artist()
    assert listing.notes == ()
    species = [bird.name.title() for bird in artist.species]
    assert records.class_names == tuple(f"{i:03d}.{name}" for i, name in enumerate(species, 1))
    for part in ("train", "test"):
        found, drawn = listing.where(part), list(CONFIG.pictures(part))
        assert len(found) == len(drawn)
        # Both are class by class, and in the order of their numbers inside.
        for index, (picture_id, label, number) in zip(found, drawn, strict=True):
            picture = artist.draw(picture_id, label, number)
            assert records.labels[index] == label
            np.testing.assert_allclose(records.boxes[index], picture.box, atol=1e-6)
            pixels = np.asarray(Image.open(records.paths[index]), float)
            assert np.abs(pixels - picture.pixels).mean() < 8


def test_what_is_there_is_not_written_over(folder):
    with pytest.raises(FileExistsError, match="delete it"):
        write_archive(CONFIG, folder)


def test_an_archive_appears_whole_or_not_at_all(tmp_path, monkeypatch):
    def interrupted(*_):
        yield b"first picture", (0.0, 0.0, 1.0, 1.0)
        raise KeyboardInterrupt

    monkeypatch.setattr("benchmarks.cub_archive._drawn", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_archive(CONFIG, tmp_path)
    assert list(tmp_path.iterdir()) == []
