"""By Beam the table of small maps is that of one machine, byte for byte."""

import os
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from data_pipelines import beam_files, record_shards, saliency_shards
from data_pipelines.records import DataError
from data_pipelines.saliency_table import look
from tests.data_pipelines.pictures import make_records
from tests.data_pipelines.test_saliency_table import Bright, killed, records  # noqa: F401
from tfretrieval.saliency import Localizer


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    """Of a batch each."""
    monkeypatch.setattr(record_shards, "PICTURES", 4)


def passed(records, path, localizer=None, beam="DirectRunner"):  # noqa: F811
    options = {"batch_size": 3, "progress": False, "beam": beam}
    return look(localizer or Bright(), records, path, **options)


def test_the_file_is_that_of_one_machine(records, tmp_path, capsys):  # noqa: F811
    here = passed(records, tmp_path / "here/table.npz", beam=None)
    there = passed(records, tmp_path / "there/table.npz")
    assert (tmp_path / "here/table.npz").read_bytes() == (tmp_path / "there/table.npz").read_bytes()
    np.testing.assert_array_equal(here.maps, there.maps)
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["table.npz"]
    assert capsys.readouterr().err.count(": looked at") == 4


def test_a_network_travels_with_its_weights(tmp_path):
    image = tf.keras.Input((8, 8, 3))
    maps = tf.keras.layers.Conv2D(4, 3, name="map")(tf.keras.layers.Rescaling(0.01)(image))
    localizer = Localizer(tf.keras.Model(image, maps))
    pictures = make_records([0] * 7)
    here = passed(pictures, tmp_path / "here.npz", localizer, None)
    assert len(np.unique(here.maps)) > 9
    passed(pictures, tmp_path / "there.npz", localizer)
    assert (tmp_path / "here.npz").read_bytes() == (tmp_path / "there.npz").read_bytes()


def test_killed_it_goes_on_here_or_by_beam(records, tmp_path, monkeypatch):  # noqa: F811
    whole = passed(records, tmp_path / "whole.npz", beam=None)
    plain, written = beam_files.write, []

    def dies(path, contents):
        if path.endswith("npz") and record_shards.TASKS not in path:
            written.append(path)
            if len(written) == 3:
                raise KeyboardInterrupt
        plain(path, contents)

    for beam in (None, "DirectRunner"):
        path = tmp_path / f"{beam}.npz"
        written.clear()
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(beam_files, "write", dies)
            passed(records, path)
        parts = tmp_path / f"{beam}.npz.parts"
        assert len([*parts.glob("*.npz")]) == 2 and not path.exists()
        np.testing.assert_array_equal(passed(records, path, beam=beam).maps, whole.maps)
        assert path.read_bytes() == (tmp_path / "whole.npz").read_bytes() and not parts.exists()


def test_what_one_machine_left_is_not_looked_at_again(records, tmp_path, monkeypatch):  # noqa: F811
    whole = passed(records, tmp_path / "whole.npz", beam=None)
    killed(records, tmp_path / "table.npz", monkeypatch)
    for seen in records.paths[:6]:
        os.remove(seen)
    np.testing.assert_array_equal(passed(records, tmp_path / "table.npz").maps, whole.maps)


def test_a_corrupt_picture_costs_its_shard_and_no_other(records, tmp_path, capsys):  # noqa: F811
    whole = passed(records, tmp_path / "whole.npz", beam=None)
    bad = Path(records.paths[4])
    contents = bad.read_bytes()
    bad.write_bytes(contents[:40])
    with pytest.raises(DataError, match="^cannot read 1 pictures, first '4.png': truncated"):
        passed(records, tmp_path / "table.npz")
    assert "maps 000000003-000000005: 1 cannot be read" in capsys.readouterr().err
    assert len([*(tmp_path / "table.npz.parts").glob("*.npz")]) == 3
    bad.write_bytes(contents)
    for seen in [*records.paths[:3], *records.paths[6:]]:
        os.remove(seen)
    np.testing.assert_array_equal(passed(records, tmp_path / "table.npz").maps, whole.maps)
    assert not (tmp_path / "table.npz.parts").exists()


def test_another_network_in_the_same_folder_is_loaded_anew(records, tmp_path):  # noqa: F811
    class Dark(Bright):
        def __call__(self, pictures):
            return 255 - super().__call__(pictures)

    bright, path = passed(records, tmp_path / "table.npz"), tmp_path / "table.npz"
    path.unlink()
    dark = passed(records, path, Dark(network="dark"))
    np.testing.assert_array_equal(dark.maps, 255 - bright.maps)


def test_wrong_options_are_refused_before_anything_is_written(records, tmp_path):  # noqa: F811
    with pytest.raises(DataError, match="name of a runner"):
        passed(records, tmp_path / "new/table.npz", beam="--no")
    assert not (tmp_path / "new").exists()


def test_what_could_not_be_read_in_an_earlier_pass_is_forgotten(records, tmp_path):  # noqa: F811
    parts = tmp_path / "table.npz.parts"
    parts.mkdir()
    # It began at other pictures: another batch size.
    (parts / "000000002-000000005.npz.bad").write_text('[["4.png", "truncated"]]')
    assert len(passed(records, tmp_path / "table.npz")) == len(records) and not parts.exists()


@pytest.mark.parametrize("written, first", [(0, "0.png"), (2, "6.png")])
def test_shards_that_nobody_wrote_make_no_table(records, tmp_path, monkeypatch, written, first):  # noqa: F811
    plain = saliency_shards.look_at_shard
    whole, path = passed(records, tmp_path / "whole.npz", beam=None), tmp_path / "table.npz"

    def by_some(work, names, *shared, beam):
        for name in names[:written]:
            plain(name, *shared)

    with monkeypatch.context() as patch:
        patch.setattr(record_shards.beam_run, "run", by_some)
        lost = len(records) - 3 * written
        with pytest.raises(DataError, match=f"no maps of {lost} of 10 .* '{first}': let") as caught:
            passed(records, path)
    assert "\n" not in str(caught.value) and not path.exists()
    np.testing.assert_array_equal(passed(records, path).maps, whole.maps)
