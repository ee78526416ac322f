"""Grocery Store by its official lists."""

import numpy as np
import pytest
from PIL import Image

from data_pipelines.instance_catalogue import load_instances
from data_pipelines.records import DataError
from data_pipelines.sources import read_grocery_store
from tests.data_pipelines.pictures import encode

LISTS = {
    "train": [
        "Fruit/Apple/Pink-Lady/P_1.jpg",
        "Fruit/Apple/Pink-Lady/P_2.jpg",
        "Fruit/Kiwi/K_1.jpg",
    ],
    "val": ["Fruit/Kiwi/K_7.jpg", "Fruit/Kiwi/K_8.jpg"],
    "test": ["Fruit/Kiwi/K_3.jpg", "Fruit/Apple/Pink-Lady/P_3.jpg", "Fruit/Kiwi/K_4.jpg"],
}


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "dataset"
    for part, names in LISTS.items():
        for at, name in enumerate(names):
            path = root / part / name
            path.parent.mkdir(parents=True, exist_ok=True)
            noise = np.random.default_rng([len(part), at]).integers(0, 256, (8, 8, 3))
            path.write_bytes(encode(Image.fromarray(noise.astype(np.uint8)), "JPEG"))
        lines = [f"{part}/{name}, {at}, 0" for at, name in enumerate(names)]
        (root / f"{part}.txt").write_text("\n".join(lines) + "\n")
    return root


def test_pairs_are_of_one_product_and_a_test_picture_searches_the_others(folder):
    train, val, benchmark = read_grocery_store(str(folder))
    assert train.records.class_names == ("Pink-Lady", "Kiwi")
    assert train.records.labels.tolist() == [0, 0, 1]
    assert sorted(train.pairs.tolist()) == [[0, 1], [1, 0]] and len(val.pairs) == 2
    # A product of one picture searches for nothing, and is found by nobody.
    assert benchmark.queries.ids.tolist() == ["test/Fruit/Kiwi/K_3.jpg", "test/Fruit/Kiwi/K_4.jpg"]
    assert len(benchmark.database) == 3
    truth = benchmark.protocols["all"]
    assert [x.tolist() for x in truth.positives] == [[2], [0]]
    assert [x.tolist() for x in truth.ignored] == [[0], [2]]
    assert "none is new" in train.notes[0] and "the published set has" in train.notes[1]


def test_by_name_from_the_repository_s_folder(folder):
    data = load_instances("grocery_store", data_dir=str(folder.parent))
    assert [each.name for each in data.benchmarks] == ["grocery_store"]


@pytest.mark.parametrize("listed", ["../x.jpg", "/x.jpg", "val/none.jpg"])
def test_pictures_outside_or_missing_are_named(folder, listed):
    (folder / "val.txt").write_text(f"{listed}, 0, 0\n")
    with pytest.raises(DataError, match=listed.replace(".", r"\.")):
        read_grocery_store(str(folder))


def test_a_list_that_is_not_there_says_where_it_comes_from(tmp_path):
    with pytest.raises(DataError, match="train.txt.*GroceryStoreDataset"):
        read_grocery_store(str(tmp_path))
