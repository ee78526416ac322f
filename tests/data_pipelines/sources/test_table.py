"""The CSV source: columns, labels, splits, boxes, domains, and mistakes by line."""

import numpy as np
import pytest

from data_pipelines.records import DataError
from data_pipelines.sources import read_table


def table(folder, *lines):
    path = folder / "list.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    return path


def test_path_and_label_are_enough(tmp_path):
    (tmp_path / "x y.jpg").write_bytes(b"bytes")
    listing = read_table(table(tmp_path, "path,label", "z.jpg,b", '"x y.jpg",a'))
    records = listing.records
    assert records.ids.tolist() == ["x y.jpg", "z.jpg"] and records.read(0) == b"bytes"
    assert records.class_names == ("a", "b") and records.labels.tolist() == [0, 1]
    assert records.boxes is None and records.domains is None and set(listing.split) == {""}


def test_several_labels_are_multi_hot(tmp_path):
    records = read_table(table(tmp_path, "path,label", "1.jpg,sky; sea", "2.jpg,sea")).records
    assert records.class_names == ("sea", "sky")
    assert records.labels.tolist() == [[1, 1], [1, 0]]


def test_split_box_and_domain(tmp_path):
    listing = read_table(
        table(
            tmp_path,
            "Path, Label, Split, ymin, xmin, ymax, xmax, domain",
            "1.jpg,a,train,0,0.25,0.5,1,sketch",
            "2.jpg,a,Test,,,,,photo",
            "3.jpg,b,database,0,0,1,1,1",
        )
    )
    assert listing.split.tolist() == ["train", "test", "database"]
    expected = np.array([[0, 0.25, 0.5, 1], [0, 0, 1, 1], [0, 0, 1, 1]], np.float32)
    np.testing.assert_array_equal(listing.records.boxes, expected)
    assert listing.records.domains.tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    "lines, message",
    [
        (["path,class", "1.jpg,a"], "must name the columns path and label"),
        (["path,colour", "1.jpg,red"], "must name the columns"),
        (["path,label,label", "1.jpg,a,b"], "must name the columns"),
        (["path,label", "1.jpg,0", "2.jpg,nan", "3.jpg,1"], "line 3: the label 'nan' is no class"),
        (["path,label", "1.jpg,0", "2.jpg,1.0", "3.jpg,inf"], "line 4: the label 'inf' is no"),
        (["path,label", "1.jpg,0", "2.jpg,-1", "3.jpg,1"], "line 3: the label '-1' is no class"),
        (["path,label", "1.jpg,a", "2\0.jpg,b"], "line 3: NUL"),
        (["path,label", "1.jpg,a\0"], "line 2: NUL"),
        (["path,label,split", "1.jpg,a,train", "2.jpg,b,-1"], "line 3: split must be"),
        (["path,label,ymin,xmin,ymax,xmax", "1.jpg,a,0,0,inf,1"], "line 2: a box is 0 <="),
        (["path,label,ymin,xmin,ymax,xmax", "1.jpg,a,-1,0,1,1"], "line 2: a box is 0 <="),
        (["path,label"], "lists no pictures"),
        ([""], "it has nothing"),
        (["path,label,ymin", "1.jpg,a,0"], "a box needs all"),
        (["path,label", "1.jpg"], "line 2: as many fields"),
        (["path,label", "1.jpg,a,b"], "line 2: as many fields"),
        (["path,label", "1.jpg,a", "2.jpg, ;"], "line 3: path and label"),
        (["path,label,split", "1.jpg,a,dev"], "line 2: split must be"),
        (["path,label,split", "1.jpg,a,", "2.jpg,a,test"], "every row a split, or none"),
        (["path,label", "1.jpg,a", "1.jpg,b"], "lists '1.jpg' more than once"),
        (["path,label,ymin,xmin,ymax,xmax", "1.jpg,a,0,0,x,1"], "line 2: a box is four numbers"),
        (["path,label,ymin,xmin,ymax,xmax", "1.jpg,a,0,0,0,1"], "line 2: a box is 0 <="),
        (["path,label,ymin,xmin,ymax,xmax", "1.jpg,a,0,0,nan,1"], "line 2: a box is 0 <="),
        (["path,label,domain", "1.jpg,a,paint"], "line 2: domain must be"),
    ],
)
def test_mistakes_name_their_line(tmp_path, lines, message):
    with pytest.raises(DataError, match=message) as caught:
        read_table(table(tmp_path, *lines))
    assert "\n" not in str(caught.value)


def test_columns_that_are_not_known_are_not_used_and_noted(tmp_path):
    """Such as those of a data frame with its index, or of a spreadsheet."""
    listing = read_table(table(tmp_path, ",path,Label,colour", "0,1.jpg,a,red", "1,2.jpg,b,"))
    assert listing.records.ids.tolist() == ["1.jpg", "2.jpg"]
    assert listing.records.class_names == ("a", "b")
    assert listing.notes == ("columns that are not used: colour, without a name",)


def test_a_label_in_two_unicode_forms_is_one_class(tmp_path):
    names = ("caf\u00e9", "cafe\u0301", "tea")
    records = read_table(
        table(tmp_path, "path,label", *(f"{i}.jpg,{x}" for i, x in enumerate(names)))
    )
    assert records.records.class_names == ("caf\u00e9", "tea")
    assert records.records.labels.tolist() == [0, 0, 1]
    assert "two Unicode forms" in records.notes[0]
    alone = read_table(table(tmp_path, "path,label", f"1.jpg,{names[1]}", "2.jpg,tea"))
    assert alone.records.class_names == (names[1], "tea") and alone.notes == ()


def test_among_words_nan_is_a_word(tmp_path):
    records = read_table(
        table(tmp_path, "path,label", "1.jpg,nan", "2.jpg,naan", "3.jpg,-1")
    ).records
    assert records.class_names == ("-1", "naan", "nan")


def test_numbers_as_labels_may_be_large(tmp_path):
    names = ["0", str(2**63), str(2**64 + 1)]
    lines = [f"{i}.jpg,{name}" for i, name in enumerate(names)]
    records = read_table(table(tmp_path, "path,label", *lines)).records
    assert set(records.class_names) == set(names)


def test_files_that_are_no_table_are_refused(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DataError, match="folder.csv' is no file"):
        read_table(tmp_path / "folder.csv")
    (tmp_path / "wide.csv").write_bytes("path,label\n1.jpg,a\n".encode("utf-16-le"))
    with pytest.raises(DataError, match="NUL, which no text has; save it as UTF-8"):
        read_table(tmp_path / "wide.csv")
    with pytest.raises(DataError, match="does not exist"):
        read_table(tmp_path / "nowhere.csv")
    (tmp_path / "latin.csv").write_bytes("path,label\n1.jpg,Größe\n".encode("latin-1"))
    with pytest.raises(DataError, match="not a CSV file in UTF-8"):
        read_table(tmp_path / "latin.csv")
