"""Odd pictures and folders through every reader: read rightly or told in a line, and no hanging."""

import os

import numpy as np
import pytest

from data_pipelines import catalogue, data_sets, steps
from data_pipelines.audit import examine
from data_pipelines.instance_catalogue import load_instances
from data_pipelines.records import DataError
from data_pipelines.sources import BenchmarkSet, ClassSet, read_folder
from tests import odd_files
from tests.data_pipelines import published_sets, sketch_sets
from tests.data_pipelines.pictures import write_tree
from tests.data_pipelines.sources import test_holidays, test_oxford_paris, test_sfm
from tfretrieval import images


@pytest.mark.parametrize("name", odd_files.PICTURES)
def test_every_picture_is_read_or_told_why_not(name):
    contents, why = odd_files.PICTURES[name]
    found = examine(contents)
    assert why in found.problem and bool(why) == bool(found.problem), found.problem
    assert "\n" not in found.problem


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return odd_files.folder(tmp_path_factory.mktemp("odd") / "data")


@pytest.fixture(scope="module")
def dataset(root):
    return catalogue.load("folder", root, progress=False)


def pixels_of(dataset):
    """Whole pictures, side by side, as any reader of the records sees them."""
    read = dataset.records.reader()
    names = [os.path.basename(name) for name in dataset.records.ids]
    return {name: images.decode(read(i)).numpy() for i, name in enumerate(names)}


def test_two_colours_stay_two_colours_whatever_holds_them(dataset):
    pixels = pixels_of(dataset)
    expected = np.asarray(odd_files.colors(), float)
    for name in (
        "plain.jpg", "progressive.jpg", "turned.jpg", "really-a-jpeg.png", "trailing-bytes.jpg",
        "palette.png", "clear.png", "clear.tif", "photo.webp", "moving.webp", "photo.bmp",
        "photo.gif", "moving.gif", "photo.tif", "turned.tif", "print.tif",
    ):  # fmt: skip
        assert pixels[name].shape == expected.shape, name
        # Away from the edge between them, where JPEG and WebP blur.
        far = np.r_[0:8, 16:24]
        assert np.abs(pixels[name][:, far] - expected[:, far]).max() < 24, name
    deep = odd_files.DEEP >> 8
    for name in ("sixteen-bits.png", "sixteen-little.tif", "sixteen-big.tif", "sixteen-colors.tif"):
        np.testing.assert_array_equal(pixels[name], np.repeat(deep[..., None], 3, -1), name)
    np.testing.assert_array_equal(pixels["sixteen-white-is-zero.tif"][..., 0], 255 - deep)


def test_batches_hold_what_the_records_read(dataset):
    records, every = dataset.records, np.arange(len(dataset.records))
    batches = steps.eval_batches(records, every, image_size=8, batch_size=16)
    shown = np.concatenate([pixels for pixels, _ in batches])
    expected = np.stack([images.load(records.read(i), 8) for i in every])
    np.testing.assert_allclose(shown, expected, atol=1e-3)


def test_nothing_of_the_folder_vanishes_without_a_word(dataset):
    notes = " | ".join(dataset.notes)
    for told in (
        "2 links passed over that lead nowhere", "1 pipes or devices passed over",
        "1 hidden folders", "1 class folders passed over", "Thumbs.db", "two Unicode forms",
        "EXIF orientation ignored", "converted to PNG", "of several frames the first",
        "transparent everywhere",
    ):  # fmt: skip
        assert told in notes, told
    assert len(dataset.records.class_names) == len(odd_files.NAMES) + 3
    assert {*odd_files.NAMES, odd_files.NOT_UTF8} < set(dataset.records.class_names)


def test_what_is_kept_beside_a_run_can_be_written(dataset, tmp_path):
    (tmp_path / "parts.csv").write_text(dataset.parts_csv(), encoding="utf-8")
    assert len(dataset.checksum()) == 64


@pytest.mark.parametrize("name", odd_files.BAD)
def test_a_bad_picture_is_named_with_its_reason(tmp_path, name):
    contents, why = odd_files.PICTURES[name]
    files = {f"{c}/{i}.jpg": odd_files.JPEG for c in "ab" for i in range(2)}
    root = write_tree(tmp_path, {**files, f"a/{name}": contents})
    with pytest.raises(DataError) as caught:
        catalogue.load("folder", root, progress=False)
    assert f"'a/{name}'" in str(caught.value) and why in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_table_reads_what_a_folder_reads(root, dataset, tmp_path):
    listing = read_folder(root)
    rows = zip(listing.records.paths, listing.records.labels, strict=True)
    good = [(path, label) for path, label in rows if path.isprintable()]
    lines = [f'"{path.replace(chr(34), 2 * chr(34))}",{label}' for path, label in good]
    (tmp_path / "list.csv").write_text("\n".join(["path,label", *lines]), encoding="utf-8")
    records = catalogue.load("folder", str(tmp_path / "list.csv"), progress=False).records
    known = dict(zip(dataset.records.paths, dataset.records.digests, strict=True))
    assert [known[path] for path in records.paths] == records.digests.tolist()


@pytest.mark.parametrize("odd", ["pipe", "link", "bad", "webp"])
@pytest.mark.parametrize("name", [*published_sets.FILES, *sketch_sets.FILES])
def test_a_public_set_with_an_odd_picture_is_told_in_a_line(name, odd, tmp_path, monkeypatch):
    """Whatever stands in place of a picture: one line or the picture itself, and no hanging."""
    published_sets.shrink(monkeypatch)
    sketch_sets.shrink(monkeypatch)
    files = {**published_sets.FILES, **sketch_sets.FILES}[name]()
    write_tree(tmp_path, files)
    suffixes = (".jpg", ".JPEG", ".png", "batch_2.bin")
    pictures = [x for x in sorted(files) if x.endswith(suffixes) and "/._" not in x]
    if name == "sketchy_extended":  # What is not read comes first there.
        pictures = [x for x in pictures if x.startswith(f"{sketch_sets.SKETCHES}/hot")]
    spoil(tmp_path / pictures[0], odd)
    try:
        loaded = catalogue.load(name, str(tmp_path), progress=False)
    except DataError as error:
        assert "\n" not in str(error)
    else:
        assert odd in ("webp", "pipe", "link") and len(loaded.records)


def spoil(path, odd):
    path.unlink()
    if odd == "pipe":
        os.mkfifo(path)
    elif odd == "link":
        path.symlink_to(path.with_name("nowhere"))
    else:
        path.write_bytes(odd_files.PICTURES["photo.webp" if odd == "webp" else "cut.jpg"][0])


@pytest.mark.parametrize("odd", ["pipe", "link", "bad"])
@pytest.mark.parametrize("benchmark", ["holidays", "oxford5k", "roxford5k"])
def test_a_benchmark_with_an_odd_picture_is_told_in_a_line(benchmark, odd, tmp_path):
    test_sfm.write(tmp_path / "train")
    place = tmp_path / "test" / benchmark
    writers = {
        "holidays": test_holidays.write,
        "oxford5k": test_oxford_paris.write,
        "roxford5k": test_oxford_paris.write_revisited,
    }
    writers[benchmark](place)
    spoil(sorted(place.rglob("*0*[0-9].jpg"))[-1], odd)
    with pytest.raises(DataError) as caught:
        load_instances(test_sfm.NAME, (benchmark,), str(tmp_path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("odd", ["pipe", "link", "bad"])
def test_pairs_with_an_odd_picture_are_told_in_a_line(odd, tmp_path):
    test_sfm.write(tmp_path / "train")
    test_holidays.write(tmp_path / "test/holidays")
    folder = tmp_path / "train" / test_sfm.NAME / "ims"
    spoil(sorted(path for path in folder.rglob("*") if path.is_file())[0], odd)
    with pytest.raises(DataError) as caught:
        load_instances(test_sfm.NAME, ("holidays",), str(tmp_path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("entry", data_sets.DATA_SETS, ids=lambda entry: type(entry).__name__)
@pytest.mark.parametrize("kind", ["x.zip", "pipe", "gone", "file"])
def test_a_place_that_is_no_folder_is_told_in_a_line(entry, kind, tmp_path):
    place = tmp_path / kind
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "gone":
        place.symlink_to(tmp_path / "nowhere")
    else:
        place.write_bytes(b"PK\3\4")
    with pytest.raises(DataError) as caught:
        if isinstance(entry, ClassSet):
            entry.load(entry.names[0], str(place), 0, False)
        else:
            entry.read(place if isinstance(entry, BenchmarkSet) else str(place))
    assert "\n" not in str(caught.value)
