import numpy as np
import pytest

from tests.data_pipelines.pictures import encode, picture, write_tree
from tests.export import encoders
from tfretrieval import images
from tfretrieval.encoders import RunEncoder
from tfretrieval.export import agreement, export_encoder
from tfretrieval.export._frozen import freeze
from tfretrieval.export.agreement import check_same, measure, pillow, pixels

CONTENT = encode(picture("wren", 60, 80))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("agreement")
    export_encoder(encoders.small(), folder / "savedmodel", 32)
    return RunEncoder(folder)


def test_pixels_are_those_of_the_run():
    given = pixels(encoders.small(), CONTENT)["images"]
    np.testing.assert_array_equal(given, images.load(CONTENT, 32)[None])


def test_a_crop_is_cut_where_the_savedmodel_looked():
    box = np.float32([0.25, 0.0, 1.0, 0.5])
    given = pixels(encoders.two_views(), CONTENT, box)
    np.testing.assert_array_equal(given["whole"][0], images.load(CONTENT, 32))
    np.testing.assert_array_equal(given["crop"][0], images.load(CONTENT, 32, box))
    for load in (images.load, pillow):
        cut = load(encode(picture("wren", 60, 80).crop((0, 15, 40, 60)), "PNG"), 32)
        png = encode(picture("wren", 60, 80), "PNG")
        np.testing.assert_array_equal(pixels(encoders.small(), png, box, load)["images"][0], cut)


def test_all_are_photographs_to_an_encoder_of_domains():
    assert pixels(encoders.of_domains(), CONTENT)["domain"].tolist() == [1]


def test_pillow_reads_nearly_the_same():
    png = encode(picture("wren", 60, 80), "PNG")
    np.testing.assert_allclose(pillow(png, 32), images.load(png, 32), atol=1.001)


def test_another_network_is_refused(run):
    with pytest.raises(ValueError, match="gives 20 numbers, the SavedModel codes of 12 bits"):
        check_same(run, encoders.small(bits=20), [CONTENT])
    other = encoders.small()
    other.set_weights([-weight for weight in other.get_weights()])
    with pytest.raises(ValueError, match="differ by .* or masks fill the background"):
        check_same(run, other, [CONTENT])


def test_bits_map_and_time_of_every_encoder(run, tmp_path):
    names = [f"{bird}/{number}.jpg" for number in range(4) for bird in "abc"]
    write_tree(tmp_path, {**dict.fromkeys(names), "d/broken.jpg": b"\xff\xd8\xff"})
    paths = [tmp_path / name for name in [*names, "d/broken.jpg"]]
    labels = np.array(["abcd".index(path.parent.name) for path in paths])
    encoder = encoders.small()
    frozen = freeze(encoder, 1)

    def inverted(given):
        return {"packed": frozen(given)["packed"] ^ np.uint8([0xFF, 0xF0])}

    measured = measure(run, encoder, {"inverted": inverted}, paths, labels)
    rows = measured.rows
    assert list(rows) == [agreement.SAVED_MODEL, agreement.TENSORFLOW, "inverted", agreement.PILLOW]
    assert rows[agreement.SAVED_MODEL].equal_bits == rows[agreement.TENSORFLOW].equal_bits == 1
    assert rows["inverted"].equal_bits == 0
    assert measured.count == 12 and list(measured.unreadable) == [str(paths[-1])]
    assert "6 queries against 6 database items" in measured.definition
    # Distances are the same where both sides are inverted.
    assert rows["inverted"].own_map == rows[agreement.SAVED_MODEL].own_map
    assert rows["inverted"].mixed_map not in (None, rows["inverted"].own_map)
    assert all(row.milliseconds > 0 for row in rows.values())
    lines = measured.table({"inverted": "1.25"})
    assert len({len(line) for line in lines}) == 1 and len(lines) == 6
    assert "| inverted" in lines[4] and "1.25" in lines[4]


def test_without_labels_there_is_no_map(run, tmp_path):
    write_tree(tmp_path, dict.fromkeys(["a.jpg", "b.jpg"]))
    paths = [tmp_path / "a.jpg", tmp_path / "b.jpg"]
    for labels in (None, np.array([0, 1])):
        measured = measure(run, encoders.small(), {}, paths, labels)
        assert measured.rows[agreement.TENSORFLOW].own_map is None and not measured.definition
        assert measured.table({})[2].count("| -") == 3


def test_pictures_that_cannot_be_read_leave_nothing_to_measure(run, tmp_path):
    with pytest.raises(ValueError, match="0 of 1 pictures"):
        measure(run, encoders.small(), {}, [tmp_path / "gone.jpg"], None)
