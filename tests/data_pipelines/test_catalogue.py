"""Names to data sets, and the one line for everything that can go wrong."""

import pytest

from data_pipelines import catalogue
from data_pipelines.catalogue import DataError
from tests.check_dataset import check_dataset
from tests.data_pipelines.pictures import encode, picture, write_tree


def load(data_dir, name="folder", **settings):
    return catalogue.load(name, str(data_dir), progress=False, **settings)


def sizes(dataset):
    return len(dataset.train), len(dataset.database), len(dataset.query)


def class_folders(root, classes="ab", pictures=5, above=""):
    names = [f"{above}{c}/{i}.jpg" for c in classes for i in range(pictures)]
    return write_tree(root, dict.fromkeys(names))


def test_class_folders_get_a_seeded_split(tmp_path):
    class_folders(tmp_path, pictures=10)
    check_dataset(lambda: load(tmp_path), counts=(16, 16, 4, 2))
    dataset = load(tmp_path)
    assert "drawn with seed 0" in dataset.notes[0]
    assert (dataset.train == dataset.database).all()
    assert load(tmp_path, seed=1).query.tolist() != dataset.query.tolist()


def test_train_trains_and_is_searched_and_test_has_the_queries(tmp_path):
    class_folders(tmp_path, above="train/", pictures=3)
    class_folders(tmp_path, above="test/", pictures=2)
    dataset = load(tmp_path)
    assert sizes(dataset) == (6, 6, 4)
    assert all(name.startswith("test/") for name in dataset.records.ids[dataset.query])


def test_a_table_says_who_is_in_which_part(tmp_path):
    class_folders(tmp_path, pictures=6)
    splits = ["train", "train", "database", "test", "val", "train"]
    lines = [f"{c}/{i}.jpg,{c},{s}" for c in "ab" for i, s in enumerate(splits)]
    path = tmp_path / "list.csv"
    path.write_text("\n".join(["path,label,split", *lines]))
    assert sizes(load(path)) == (6, 8, 2)
    assert load(path).notes == ("2 pictures marked val are left out",)


def test_pictures_with_several_labels(tmp_path):
    class_folders(tmp_path, "a", 10)
    path = tmp_path / "list.csv"
    lines = [f"a/{i}.jpg,{'sky' if i % 2 else 'sky;sea'}" for i in range(10)]
    path.write_text("\n".join(["path,label", *lines]))
    check_dataset(lambda: load(path), counts=(8, 8, 2, 2))
    assert load(path).records.multi_label


def test_pictures_of_all_kinds_in_one_folder(tmp_path):
    class_folders(tmp_path)
    write_tree(
        tmp_path,
        {
            "a/webp.webp": encode(picture("w"), "WEBP"),
            "a/really a JPEG.png": encode(picture("j")),
            "b/GREY.JPG": encode(picture("g", mode="L")),
            "b/käse 2.png": encode(picture("p", mode="RGBA"), "PNG"),
            "b/Thumbs.db": b"junk",
        },
    )
    check_dataset(lambda: load(tmp_path))
    notes = " | ".join(load(tmp_path).notes)
    assert "files passed over" in notes and "WEBP converted" in notes


def test_options_reach_the_audit(tmp_path):
    class_folders(tmp_path)
    write_tree(tmp_path, {"c/lonely.jpg": None, "b/bad.jpg": b"bad"})
    with pytest.raises(DataError, match="b/bad.jpg"):
        load(tmp_path)
    notes = " | ".join(load(tmp_path, skip_unreadable=True).notes)
    assert "unreadable and left out: 1 of 12" in notes and "1 of 3 classes have a single" in notes
    with pytest.raises(DataError, match="single picture"):
        load(tmp_path, skip_unreadable=True, singletons="refuse")


@pytest.mark.parametrize(
    "files, message",
    [
        (["a/1.jpg", "a/2.jpg"], "only one class, 'a'"),
        (["a/1.jpg", "b/1.jpg"], "no queries: every class has a single picture"),
        ([], "no class folders"),
    ],
)
def test_folders_that_cannot_serve_say_why(tmp_path, files, message):
    with pytest.raises(DataError, match=message) as caught:
        load(write_tree(tmp_path, dict.fromkeys(files)))
    assert "\n" not in str(caught.value)


def test_a_table_without_queries_says_so(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("path,label,split\n1.jpg,a,train\n2.jpg,b,train\n")
    with pytest.raises(DataError, match="no queries"):
        load(path)


def test_a_folder_needs_a_place():
    with pytest.raises(DataError, match="needs --data-dir"):
        catalogue.load("folder")
    with pytest.raises(DataError, match="does not exist"):
        load("/nowhere/at/all")


def test_unknown_names_list_the_known_ones():
    with pytest.raises(DataError, match="'foldr' .did you mean folder.*drawn_birds/demo"):
        catalogue.load("foldr")


def test_zero_shot_and_a_subset_of_a_folder(tmp_path):
    class_folders(tmp_path, classes="abcdef", pictures=5)
    check_dataset(lambda: load(tmp_path, split="zero_shot"), counts=(15, 15, 15, 6))
    check_dataset(lambda: load(tmp_path, classes=4, per_class=2), counts=(8, 8, 4, 4))
    small = load(tmp_path, split="zero_shot", classes=4, per_class=2)
    assert sizes(small) == (4, 4, 4) and small.num_classes == 4


def test_pictures_that_a_subset_leaves_out_are_not_read(tmp_path):
    class_folders(tmp_path, classes="abc", pictures=5)
    kept = set(load(tmp_path, per_class=1).records.ids)
    assert len(kept) == 6
    for file in tmp_path.rglob("*.jpg"):
        if file.relative_to(tmp_path).as_posix() not in kept:
            file.write_bytes(b"broken")
    assert set(load(tmp_path, per_class=1).records.ids) == kept
    with pytest.raises(DataError):
        load(tmp_path)


@pytest.mark.parametrize("settings", [{"split": "random"}, {"classes": 0}, {"per_class": -1}])
def test_settings_that_are_no_choice_are_refused(tmp_path, settings):
    class_folders(tmp_path)
    with pytest.raises(ValueError, match="must be"):
        load(tmp_path, **settings)
