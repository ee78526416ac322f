"""The public sets in every form that people have them in, tiny but in their true layout."""

import io
import shutil

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from data_pipelines import catalogue
from data_pipelines.records import DataError
from tests.check_dataset import check_dataset
from tests.data_pipelines import published_sets as sets

SETS = tuple(sets.FILES)


def test_published_counts():
    """methods.md 3 and 10: both splits of a set are of the same pictures."""
    whole = {
        "caltech256": 29780,
        "caltech_birds2011": 11788,
        "cars196": 16185,
        "cifar10": 60000,
        "imagenet2012": 1331167,
        "stanford_dogs": 20580,
    }
    assert {name: sum(each.counts[:2]) for name, each in sets.SETS.items()} == whole
    halves = {name: each.halves for name, each in sets.SETS.items() if each.halves}
    assert {name: each.seen for name, each in halves.items()} == {
        "caltech_birds2011": 100,
        "cars196": 98,
    }
    for name, each in halves.items():
        assert sum(each.counts[:2]) == whole[name] and each.counts[2] == 2 * each.seen


@pytest.fixture(autouse=True)
def tiny(monkeypatch, tmp_path):
    sets.shrink(monkeypatch)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(tfds.core.constants, "DATA_DIR", str(tmp_path / "tfds"))


def load(name, data_dir, **settings):
    data_dir = str(data_dir) if data_dir else None
    return catalogue.load(name, data_dir, progress=False, **settings)


def forms(name, folder):
    """Every form of a set: the unpacked folder, its parent, the archives' folder, an archive."""
    unpacked = sets.write_unpacked(name, folder / "unpacked")
    inner = unpacked / sets.SETS[name].layout.folder
    if name not in sets.ARCHIVES:
        return [inner]
    archives = sets.write_archives(name, folder / "archives")
    return [*{unpacked, inner}, folder / "archives", *archives]


@pytest.mark.parametrize("name", SETS)
def test_every_form_gives_the_same_data_and_is_left_as_it_was(name, tmp_path):
    places = forms(name, tmp_path / "data")
    before = sorted(str(path) for path in (tmp_path / "data").rglob("*"))
    assert len({load(name, place).checksum() for place in places}) == 1
    assert before == sorted(str(path) for path in (tmp_path / "data").rglob("*"))


@pytest.mark.parametrize("name", SETS)
def test_the_contract_of_a_data_set(name, tmp_path):
    folder = sets.write_unpacked(name, tmp_path / "data")
    train, query, classes = sets.TINY[name]
    check_dataset(lambda: load(name, folder), counts=(train, train, query, classes))


@pytest.mark.parametrize("name", sorted(sets.TINY_SEEN))
def test_classes_of_a_zero_shot_split_are_seen_or_searched(name, tmp_path):
    data = load(name, sets.write_unpacked(name.partition("/")[0], tmp_path / "data"))
    labels, seen = data.records.labels, sets.TINY_SEEN[name]
    assert (len(data.train), len(data.query), data.num_classes) == sets.TINY[name]
    assert labels[data.train].max() == seen - 1 and labels[data.query].min() == seen
    assert (data.query == data.database).all()


@pytest.mark.parametrize(
    "name, missing",
    [
        ("caltech_birds2011", "CUB_200_2011/images/001.Wren/Wren_0.jpg"),
        ("caltech_birds2011/zero_shot", "CUB_200_2011/images/001.Wren/Wren_0.jpg"),
        ("cars196", "cars_train/00001.jpg"),
        ("stanford_dogs", "Images/n01-Basset/n01_1.jpg"),
    ],
)
def test_a_missing_picture_is_one_line_with_the_counts(name, missing, tmp_path):
    folder = sets.write_unpacked(name.partition("/")[0], tmp_path)
    (folder / missing).unlink()
    train, query, classes = sets.TINY[name]
    with pytest.raises(DataError) as caught:
        load(name, folder)
    assert str(caught.value).startswith(
        f"{name} must have {train} training pictures, {query} queries and {classes} classes, "
        f"got {train - 1}, {query} and {classes}; 1 listed pictures are not there, first "
        f"'{missing.removeprefix('CUB_200_2011/')}'"
    )


@pytest.mark.parametrize(
    "name, missing, got",
    [
        ("caltech256", "256_ObjectCategories/256.toad/256_0002.jpg", "8, 5 and 4"),
        ("imagenet2012", "train/n01440764/n01440764_7.JPEG", "6, 4 and 2"),
        ("imagenet2012", "val/n01443537/ILSVRC2012_val_00000006.JPEG", "7, 3 and 2"),
    ],
)
def test_sets_without_lists_are_counted_too(name, missing, got, tmp_path):
    folder = sets.write_unpacked(name, tmp_path)
    (folder / missing).unlink()
    with pytest.raises(DataError, match=f"{name} must have .* classes, got {got}"):
        load(name, folder)


def test_the_whole_set_is_counted_though_a_part_is_kept(tmp_path):
    folder = sets.write_unpacked("stanford_dogs", tmp_path)
    small = load("stanford_dogs", folder, per_class=1)
    assert (len(small.train), len(small.query)) == (2, 2)
    (folder / "Images/n01-Basset/n01_1.jpg").unlink()
    with pytest.raises(DataError, match="must have 5 training pictures"):
        load("stanford_dogs", folder, per_class=1)


@pytest.mark.parametrize("name", ["caltech_birds2011", "caltech256"])
def test_zero_shot_takes_the_published_halves_where_there_are_some(name, tmp_path):
    folder = sets.write_unpacked(name, tmp_path)
    data = load(name, folder, split="zero_shot", seed=3)
    assert data.name == f"{name}/zero_shot" and (data.query == data.database).all()
    labels = data.records.labels
    assert not set(labels[data.train]) & set(labels[data.query])
    if sets.SETS[name].halves:
        assert data.checksum() == load(f"{name}/zero_shot", folder).checksum()
    else:
        assert "drawn with seed 3" in data.notes[-1]


def test_a_missing_row_of_cifar_is_one_line_with_the_counts(tmp_path):
    folder = sets.write_unpacked("cifar10", tmp_path)
    path = folder / "cifar-10-batches-bin" / "data_batch_3.bin"
    path.write_bytes(path.read_bytes()[3073:])
    with pytest.raises(DataError, match="must have 20 .* got 19, 10 and 10$"):
        load("cifar10", folder)


@pytest.mark.parametrize("name", sorted(sets.TINY))
def test_what_is_not_there_is_said_in_one_line_and_not_fetched(name, tmp_path):
    (tmp_path / "empty").mkdir()
    for place, state in [
        (None, "is not there: "),
        (tmp_path / "empty", "is not in .*empty': "),
        (tmp_path / "nowhere", "does not exist: "),
    ]:
        with pytest.raises(DataError, match=f"{state}point --data-dir to") as caught:
            load(name, place)
        assert "\n" not in str(caught.value)
        dead = "cars" in name or name == "imagenet2012"
        assert ("--download" in str(caught.value)) != dead
    assert sorted(tmp_path.iterdir()) == [tmp_path / "empty"]


def test_cars_cannot_be_fetched(tmp_path):
    with pytest.raises(DataError, match="addresses are dead; point --data-dir"):
        load("cars196", tmp_path, download=True)


def test_imagenet_cannot_be_fetched(tmp_path):
    with pytest.raises(DataError, match="needs an account; point --data-dir .* TFDS prepares"):
        load("imagenet2012", tmp_path, download=True)


def test_pickles_are_not_read(tmp_path):
    archive = sets.write_tar(
        tmp_path / "cifar-10-python.tar.gz", {"cifar-10-batches-py/data_batch_1": b"pickle"}
    )
    for place in (archive, tmp_path):
        with pytest.raises(DataError, match="pickles, which can run code, and is not read"):
            load("cifar10", place)


def test_what_is_not_there_is_fetched_when_allowed(tmp_path, monkeypatch):
    sets.write_archives("cifar10", tmp_path / "web")
    web = tmp_path / "web" / "cifar-10-binary.tar.gz"

    def get_file(name, url, cache_dir, **options):
        assert url.startswith("https://") and len(options["file_hash"]) == 64
        return shutil.copy(web, f"{cache_dir}/{name}")

    monkeypatch.setattr("tensorflow.keras.utils.get_file", get_file)
    first = load("cifar10", None, download=True).checksum()
    monkeypatch.delattr("tensorflow.keras.utils.get_file")
    assert load("cifar10", None).checksum() == load("cifar10", None, download=True).checksum()
    assert load("cifar10", None).checksum() == first


def prepare(name, data_dir, rows):
    """What TFDS leaves behind when it has prepared a set, with these rows for its splits."""

    class Tiny(type(tfds.builder(name, data_dir=data_dir)), skip_registration=True):
        pass

    Tiny.name = name
    Tiny._split_generators = lambda self, _: {
        split: iter(enumerate(part)) for split, part in rows.items()
    }
    Tiny(data_dir=data_dir).download_and_prepare()


def test_prepared_birds_are_those_of_the_archive(tmp_path):
    sets.write_unpacked("caltech_birds2011", tmp_path / "data")
    rows = {"train": [], "test": []}
    for i, name in enumerate(sets.BIRDS, 1):
        xmax = 1.0 if i == 2 else 0.75
        rows["train" if i % 3 else "test"].append(
            {
                "image": str(tmp_path / "data/CUB_200_2011/images" / name),
                "image/filename": f"CUB_200_2011/images/{name}",
                "label": int(name[:3]) - 1,
                "label_name": name[4:7].lower(),
                "bbox": tfds.features.BBox(0.25, 0.25, 0.75, xmax),
                "segmentation_mask": np.zeros((12, 16, 1), np.uint8),
            }
        )
    prepare("caltech_birds2011", tmp_path / "prepared", rows)
    for name in ("caltech_birds2011", "caltech_birds2011/zero_shot"):
        ours, theirs = load(name, tmp_path / "data"), load(name, tmp_path / "prepared")
        assert ours.checksum() == theirs.checksum()


def test_prepared_dogs_are_those_of_the_archives(tmp_path):
    sets.write_unpacked("stanford_dogs", tmp_path / "data")

    def row(i, name):
        one, two = (0.25, 0.25, 0.75, 0.75), [(0.25, 0.0625, 0.5, 0.25), (0.5, 0.5, 0.75, 0.75)]
        boxes = [one] if i else two
        return {
            "image": str(tmp_path / "data/Images" / name),
            "image/filename": f"Images/{name}",
            "label": int(name[2]) - 1,
            "objects": [{"bbox": tfds.features.BBox(*box)} for box in boxes],
        }

    rows = {split: [row(*item) for item in enumerate(names)] for split, names in sets.DOGS.items()}
    prepare("stanford_dogs", tmp_path / "prepared", rows)
    ours = load("stanford_dogs", tmp_path / "data")
    assert ours.checksum() == load("stanford_dogs", tmp_path / "prepared").checksum()


def test_prepared_cifar_has_the_pixels_of_the_archive(tmp_path):
    ours = load("cifar10", sets.write_unpacked("cifar10", tmp_path / "data")).records
    rows = {"train": [], "test": []}
    for i, name in enumerate(ours.ids):
        pixels = np.asarray(Image.open(io.BytesIO(ours.read(i))))
        row = {"id": name, "image": pixels, "label": int(ours.labels[i])}
        rows[name.partition("_")[0]].append(row)
    prepare("cifar10", tmp_path / "prepared", rows)
    theirs = load("cifar10", tmp_path / "prepared").records
    assert theirs.ids.tolist() == ours.ids.tolist()
    np.testing.assert_array_equal(theirs.labels, ours.labels)
    for i in range(len(ours)):
        pixels = [np.asarray(Image.open(io.BytesIO(some.read(i)))) for some in (ours, theirs)]
        np.testing.assert_array_equal(*pixels)


@pytest.fixture
def imagenet(tmp_path, monkeypatch):
    """The folder, and what TFDS makes of the same pictures."""
    folder = sets.write_unpacked("imagenet2012", tmp_path / "data")
    labels = tmp_path / "labels.txt"
    labels.write_text("\n".join(sets.SYNSETS))
    common = "tensorflow_datasets.datasets.imagenet2012.imagenet_common.label_names_file"
    monkeypatch.setattr(common, lambda: labels)
    rows = {"train": [], "validation": []}
    for part, synset, name in sets.imagenet_names():
        row = {"image": str(folder / part / synset / name), "label": synset, "file_name": name}
        rows["train" if part == "train" else "validation"].append(row)
    prepare("imagenet2012", tmp_path / "prepared", rows)
    return folder, tmp_path / "prepared"


def test_part_of_prepared_imagenet_is_that_of_the_folder(imagenet):
    ours, theirs = (load("imagenet2012", place, per_class=2) for place in imagenet)
    assert len(ours.train) == 4 and ours.checksum() == theirs.checksum()


def test_all_of_prepared_imagenet_is_not_read_into_memory(imagenet):
    with pytest.raises(DataError, match="keep part of it with --classes or --per-class"):
        load("imagenet2012", imagenet[1])
