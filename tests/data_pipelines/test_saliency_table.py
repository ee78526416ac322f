"""The table of small maps: looked at once, resumed where it was, refused where it is another's."""

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from data_pipelines import beam_files, record_shards, saliency_table
from data_pipelines.records import DataError, Records
from data_pipelines.saliency_table import SaliencyTable, load, look
from tests.data_pipelines.pictures import encode, picture
from tfretrieval import images, saliency

ROOT = Path(__file__).parents[2]
N = 10


class Bright:
    """A localizer without a network: the picture's own brightness on 4 x 4 cells."""

    image_size = 8

    def __init__(self, **identity):
        self.identity = {"network": "bright", "layer": "grey", "image_size": 8} | identity

    def __call__(self, pictures):
        cells = tf.nn.avg_pool2d(tf.reduce_mean(pictures, 3, keepdims=True), 2, 2, "VALID")
        return tf.cast(tf.round(cells[..., 0]), tf.uint8)


@pytest.fixture
def records(tmp_path):
    """Pictures in files, so that those already seen can be taken away."""
    (tmp_path / "pictures").mkdir()
    paths = [tmp_path / "pictures" / f"{i}.png" for i in range(N)]
    for i, path in enumerate(paths):
        path.write_bytes(encode(picture(str(i)), "PNG"))
    return Records(
        ids=[path.name for path in paths],
        labels=np.arange(N) % 2,
        class_names=("a", "b"),
        paths=[str(path) for path in paths],
        digests=[f"{i:064x}" for i in range(N)],
    )


def passed(records, path, localizer=None, **options):
    options = {"batch_size": 3, "progress": False} | options
    return look(localizer or Bright(), records, path, **options)


def killed(records, path, monkeypatch, at=7):
    """A pass that ends at a picture that cannot be read, having written every batch before."""
    monkeypatch.setattr(saliency_table, "INTERVAL", 0.0)
    bad = Path(records.paths[at])
    contents = bad.read_bytes()
    bad.write_bytes(b"")
    with pytest.raises(tf.errors.InvalidArgumentError):
        passed(records, path)
    bad.write_bytes(contents)
    return sorted(part.name for part in (path.parent / f"{path.name}.parts").iterdir())


def test_the_table_has_the_map_of_every_picture(records, tmp_path):
    table = passed(records, tmp_path / "new" / "table.npz")
    assert table.maps.shape == (N, 4, 4) and len(table) == N
    pictures = tf.stack([images.load(records.read(i), 8) for i in range(N)])
    np.testing.assert_array_equal(table.maps, Bright()(pictures))
    assert table.ids.tolist() == records.ids.tolist() and table.identity == Bright().identity
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["table.npz"]


def test_a_finished_table_is_read_and_no_picture_looked_at(records, tmp_path):
    first = passed(records, tmp_path / "table.npz")
    for path in records.paths:
        os.remove(path)
    again = passed(records, tmp_path / "table.npz")
    loaded = load(tmp_path / "table.npz", Bright().identity, records.ids)
    for table in (again, loaded):
        np.testing.assert_array_equal(table.maps, first.maps)
        np.testing.assert_array_equal(table.ids, first.ids)
        np.testing.assert_array_equal(table.digests, records.digests)
        assert table.identity == first.identity


def test_a_killed_pass_goes_on_where_it_was(records, tmp_path, monkeypatch):
    whole = passed(records, tmp_path / "whole.npz")
    path = tmp_path / "table.npz"
    assert killed(records, path, monkeypatch) == [
        "000000000-000000002.npz",
        "000000003-000000005.npz",
    ]
    assert not path.exists()
    for seen in records.paths[:6]:
        os.remove(seen)
    table = passed(records, path)
    np.testing.assert_array_equal(table.maps, whole.maps)
    np.testing.assert_array_equal(table.digests, whole.digests)
    assert not (tmp_path / "table.npz.parts").exists()
    again = load(path, Bright().identity, records.ids, records.digests)
    np.testing.assert_array_equal(again.maps, whole.maps)


def test_the_bar_begins_where_the_pass_goes_on(records, tmp_path, monkeypatch):
    bars = []

    class Bar(saliency_table.tqdm):
        def __init__(self, **settings):
            super().__init__(**settings | {"disable": False, "file": io.StringIO(), "delay": 0})
            bars.append((self, settings))

    path = tmp_path / "table.npz"
    killed(records, path, monkeypatch)
    monkeypatch.setattr(saliency_table, "tqdm", Bar)
    passed(records, path, progress=True)
    [(bar, settings)] = bars
    assert (bar.initial, bar.n, bar.total) == (6, N, N)
    assert settings["disable"] is None and "pictures/s" in str(bar)


def test_a_pass_killed_after_its_last_part_looks_at_nothing(records, tmp_path, monkeypatch):
    path = tmp_path / "table.npz"
    monkeypatch.setattr(saliency_table, "INTERVAL", 0.0)

    def dies(self):
        if len(self) == N:
            raise KeyboardInterrupt
        return contents(self)

    contents = SaliencyTable.contents
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(SaliencyTable, "contents", dies)
        passed(records, path)
    assert not path.exists() and len(list((tmp_path / "table.npz.parts").iterdir())) == 4
    for seen in records.paths:
        os.remove(seen)
    assert len(passed(records, path)) == N and path.exists()


SCRIPT = """
import os, signal, sys
import numpy as np, tensorflow as tf
from data_pipelines import beam_files, record_shards, saliency_table
from data_pipelines.records import Records
from tests.data_pipelines.test_saliency_table import Bright

class Dying(Bright):
    calls = 0
    def count(self, maps):
        self.calls += 1
        if self.calls == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return maps
    def __call__(self, pictures):
        maps = super().__call__(pictures)
        counted = tf.numpy_function(self.count, [maps], tf.uint8)
        return tf.ensure_shape(counted, maps.shape)

saliency_table.INTERVAL = 0.0
paths = sys.argv[2:]
records = Records(ids=[os.path.basename(p) for p in paths], labels=np.arange(len(paths)) % 2,
                  class_names=("a", "b"), paths=paths)
saliency_table.look(Dying(), records, sys.argv[1], batch_size=3)
"""


def test_a_process_that_is_shot_leaves_whole_parts(records, tmp_path):
    path = tmp_path / "table.npz"
    command = [sys.executable, "-c", SCRIPT, str(path), *records.paths]
    assert subprocess.run(command, cwd=ROOT).returncode == -signal.SIGKILL
    assert len(list((tmp_path / "table.npz.parts").glob("*.npz"))) == 2
    whole = passed(records, tmp_path / "whole.npz")
    for seen in records.paths[:6]:
        os.remove(seen)
    np.testing.assert_array_equal(passed(records, path).maps, whole.maps)


def test_a_half_written_part_and_leftover_parts_do_no_harm(records, tmp_path, monkeypatch):
    path = tmp_path / "table.npz"
    killed(records, path, monkeypatch)
    parts = tmp_path / "table.npz.parts"
    (parts / f"000000006-000000008.npz{beam_files.ASIDE}1").write_bytes(b"half of a")
    (parts / record_shards.TASKS).mkdir()
    passed(records, path)
    assert not parts.exists()
    parts.mkdir()
    (parts / "000000000-000000002.npz").write_bytes(b"left over")
    (parts / "letter.txt").write_text("somebody's")
    passed(records, path)
    assert [p.name for p in parts.iterdir()] == ["letter.txt"]


OTHERS = [
    ({"layer": "other"}, "layer is 'grey' there, 'other' here"),
    ({"weights": "12ab"}, "weights is None there, '12ab' here"),
    ({"network": "x", "image_size": 9}, "image_size is 8 there, 9 here; network is 'bright' there"),
]


@pytest.mark.parametrize("identity, message", OTHERS)
def test_a_table_of_another_network_is_refused(records, tmp_path, monkeypatch, identity, message):
    path = tmp_path / "table.npz"
    killed(records, path, monkeypatch)
    remedy = r": delete the folder .*table.npz.parts or name another file$"
    with pytest.raises(DataError, match=message + ".*" + remedy) as caught:
        passed(records, path, Bright(**identity))
    assert "\n" not in str(caught.value)
    passed(records, path)
    before = path.read_bytes()
    for attempt in (
        lambda: passed(records, path, Bright(**identity)),
        lambda: load(path, Bright(**identity).identity, records.ids),
    ):
        with pytest.raises(DataError, match=message + r".*: delete it or name another file$"):
            attempt()
    assert path.read_bytes() == before


def test_a_table_of_other_pictures_is_refused(records, tmp_path, monkeypatch):
    path = tmp_path / "table.npz"
    killed(records, path, monkeypatch)
    with pytest.raises(DataError, match=r"other pictures \('0.png' is not here\): delete the fold"):
        passed(records.take(np.arange(1, N)), path)
    passed(records, path)
    with pytest.raises(DataError, match="of 10 pictures, here are 9: delete it or name another"):
        passed(records.take(np.arange(N - 1)), path)
    with pytest.raises(DataError, match="other pictures .'0.png' there, '1.png' here.: delete it"):
        passed(records.take([1, 0, *range(2, N)]), path)


def test_pictures_that_changed_under_their_names_are_refused(records, tmp_path, monkeypatch):
    path = tmp_path / "table.npz"
    changed = records.take(np.arange(N))
    changed.digests[4] = "f" * 64
    killed(records, path, monkeypatch)
    with pytest.raises(DataError, match="picture '4.png' had other contents: delete the folder"):
        passed(changed, path)
    passed(records, path)
    with pytest.raises(DataError, match="picture '4.png' had other contents: delete it or name"):
        passed(changed, path)


@pytest.mark.parametrize("where", ["table.npz", "table.npz.parts/000000000-000000002.npz"])
def test_a_damaged_file_is_refused_in_one_line(records, tmp_path, monkeypatch, where):
    path = tmp_path / "table.npz"
    killed(records, path, monkeypatch)
    if where == "table.npz":
        passed(records, path)
    contents = (tmp_path / where).read_bytes()
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "other.npz", maps=np.zeros(3))
    damaged = [b"", b"garbage", b"\x80\x04", (tmp_path / "other.npz").read_bytes()]
    damaged += [contents[:stop] for stop in rng.integers(1, len(contents), 8)]
    np.save(tmp_path / "other.npy", np.zeros(3))
    damaged.append((tmp_path / "other.npy").read_bytes())
    for garbage in damaged:
        (tmp_path / where).write_bytes(garbage)
        with pytest.raises(DataError, match=f"{where} is no saliency table or damaged") as caught:
            passed(records, path)
        assert "\n" not in str(caught.value)
    (tmp_path / where).write_bytes(contents)
    passed(records, path)


def test_flipped_bytes_never_pass_for_other_maps(records, tmp_path):
    path = tmp_path / "table.npz"
    whole, rng = passed(records, path), np.random.default_rng(0)
    contents = path.read_bytes()
    for place in rng.integers(0, len(contents), 60):
        flipped = bytearray(contents)
        flipped[place] ^= 0x55
        path.write_bytes(flipped)
        try:
            table = load(path, Bright().identity, records.ids)
        except DataError:
            continue
        np.testing.assert_array_equal(table.maps, whole.maps)


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(DataError, match="there is no saliency table .*nowhere.npz"):
        load(tmp_path / "nowhere.npz", {}, [])


def random_table(n=5):
    maps = np.random.default_rng(0).integers(0, 256, (n, 8, 8)).astype(np.uint8)
    return SaliencyTable(maps, [str(i) for i in range(n)], {})


@pytest.mark.parametrize("region", saliency.REGIONS)
def test_regions_are_those_of_the_library_in_blocks(monkeypatch, region):
    monkeypatch.setattr(saliency_table, "_BLOCK", 2)
    table = random_table()
    for options in ({}, {"components": "all", "side": None}):
        found = table.regions(0.6, region, **options)
        for ours, theirs in zip(
            found, saliency.regions(tf.constant(table.maps), 0.6, region, **options), strict=True
        ):
            assert (ours is None) == (theirs is None)
            if ours is not None:
                np.testing.assert_array_equal(ours, theirs)
                assert isinstance(ours, np.ndarray) and len(ours) == 5


def test_no_pictures_have_no_regions():
    empty = SaliencyTable(np.empty((0, 8, 8), np.uint8), [], {})
    boxes, masks = empty.regions(0.4, "mask_in_box")
    assert boxes.shape == (0, 4) and masks.shape == (0, 32, 32)


@pytest.mark.parametrize(
    "arguments, message",
    [((0.0,), "^alpha must"), ((1,), "^alpha must"), ((0.5, "hull"), "^region must be one of")],
)
def test_regions_refuse_in_one_line(arguments, message):
    with pytest.raises(ValueError, match=message) as caught:
        random_table().regions(*arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "columns, message",
    [
        ({"maps": np.zeros((2, 8, 8))}, "maps must be uint8"),
        ({"maps": np.zeros((2, 8), np.uint8)}, "maps must be uint8"),
        ({"maps": np.zeros((2, 0, 8), np.uint8)}, "maps must be uint8"),
        ({"ids": ["a"]}, "2 maps need 2 ids"),
        ({"digests": ["a"]}, "2 maps need 2 digests"),
    ],
)
def test_a_table_checks_its_columns(columns, message):
    maps = np.zeros((2, 8, 8), np.uint8)
    with pytest.raises(ValueError, match=message):
        SaliencyTable(**({"maps": maps, "ids": ["a", "b"], "identity": {}} | columns))


def test_pictures_that_nobody_looked_at_make_no_table(records, tmp_path, monkeypatch):
    plain, path = saliency_table.maps_of, tmp_path / "table.npz"
    with monkeypatch.context() as patch, pytest.raises(DataError, match="no maps of 10 of 10"):
        patch.setattr(saliency_table, "maps_of", lambda *told: [next(plain(*told))])
        passed(records, path)
    assert not path.exists()


def test_no_pictures_are_refused(records, tmp_path):
    with pytest.raises(ValueError, match="no pictures"):
        passed(records.take([]), tmp_path / "table.npz")


def test_a_real_localizer_fills_the_table(records, tmp_path):
    image = tf.keras.Input((8, 8, 3))
    network = tf.keras.Model(image, tf.keras.layers.Conv2D(4, 3, name="map")(image))
    localizer = saliency.Localizer(network)
    table = passed(records, tmp_path / "table.npz", localizer)
    pictures = tf.stack([images.load(records.read(i), 8) for i in range(N)])
    # Another batch size may round another way.
    assert np.abs(table.maps.astype(int) - localizer(pictures).numpy()).max() <= 1
    assert table.identity == localizer.identity
    again = passed(records, tmp_path / "table.npz", localizer)
    np.testing.assert_array_equal(again.maps, table.maps)
