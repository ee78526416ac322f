import csv

import pytest

from tests.data_pipelines.pictures import write_tree
from tfretrieval.export.sample import draw

NAMES = [f"{bird}/{number}.jpg" for bird in ("finch", "wren") for number in range(5)]


@pytest.fixture
def pictures(tmp_path):
    write_tree(tmp_path / "pictures", dict.fromkeys(NAMES))
    return tmp_path / "pictures"


def names(paths, root):
    return {path.relative_to(root).as_posix() for path in paths}


def test_no_picture_is_both_calibrated_on_and_checked(pictures, tmp_path):
    sample = draw(pictures, tmp_path, calibrate=4, check=1000)
    parts = names(sample.calibrated, pictures), names(sample.checked, pictures)
    assert [len(part) for part in parts] == [4, 6] and set.union(*parts) == set(NAMES)
    birds = [path.parent.name for path in sample.checked]
    assert [birds[i] == "wren" for i in range(6)] == sample.labels.tolist()


def test_the_parts_of_the_run_are_kept_to(pictures, tmp_path):
    with open(tmp_path / "parts.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "train", "database", "query"])
        rows.writerows([name, int(i < 5), 1, int(i >= 5)] for i, name in enumerate(NAMES))
    sample = draw(pictures, tmp_path, calibrate=2, check=3)
    assert names(sample.calibrated, pictures) < set(NAMES[:5]) and len(sample.calibrated) == 2
    assert names(sample.checked, pictures) < set(NAMES[5:]) and len(sample.checked) == 3
    assert "queries" in sample.origin


def test_pictures_that_lie_in_no_folder_have_no_labels(pictures, tmp_path):
    write_tree(pictures, {"top.jpg": None})
    assert draw(pictures, tmp_path, calibrate=0, check=11).labels is None


@pytest.mark.parametrize("calibrate, told", [(9, "1 others to check"), (11, "10 of 11")])
def test_too_few_pictures_are_told(pictures, tmp_path, calibrate, told):
    with pytest.raises(ValueError, match=f"too few pictures: .*{told}"):
        draw(pictures, tmp_path, calibrate, check=5)


def test_no_folder(tmp_path):
    with pytest.raises(ValueError, match="is no folder"):
        draw(tmp_path / "none", tmp_path, 1, 1)
