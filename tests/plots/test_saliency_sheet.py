import numpy as np
import pytest
import tensorflow as tf
from matplotlib.colors import to_hex

from tfretrieval import images
from tfretrieval.plots import saliency_sheet
from tfretrieval.plots.saliency_sheet import BACKGROUND, FOUND, TRUE

BOX = np.array([[0.25, 0.125, 0.75, 0.875]])


def picture(seed=0):
    return np.random.default_rng(seed).integers(0, 256, (1, 16, 16, 3), np.uint8)


def grey(value):
    return np.full((1, 4, 4), value, np.uint8)


def texts(figure):
    return [text.get_text() for text in figure.texts]


def test_a_row_is_a_map_and_for_each_title_a_picture_with_its_box_and_the_crop(tmp_path):
    pair = np.concatenate([picture(), picture(1)])
    boxes = {"α = 0.2": np.tile([0.0, 0, 1, 1], (2, 1)), "α = 0.4": np.tile(BOX, (2, 1))}
    figure = saliency_sheet(pair, np.zeros((2, 4, 4), np.uint8), boxes, title="title")
    rows = np.array(figure.axes).reshape(2, 5)
    assert sorted(texts(figure)) == ["saliency", "title", "α = 0.2", "α = 0.4"]
    for row, image in zip(rows, pair, strict=True):
        for column in (1, 3):
            np.testing.assert_array_equal(row[column].images[0].get_array(), image)
        np.testing.assert_array_equal(row[2].images[0].get_array(), image)
        (box,) = row[3].patches
        # Pixel i covers [i - 1/2, i + 1/2] of the axis.
        assert (box.get_xy(), box.get_width(), box.get_height()) == ((1.5, 3.5), 12, 8)
        assert to_hex(box.get_edgecolor()) == FOUND and row[3].get_xlabel() == ""
    assert not figure.legends
    # Cells neither overlap nor leave the figure.
    places = [axis.get_position() for axis in figure.axes]
    assert all(0 <= p.x0 < p.x1 <= 1 and 0 <= p.y0 < p.y1 <= 1 for p in places)
    assert rows[0, 0].get_position().y0 >= rows[1, 0].get_position().y1
    figure.savefig(tmp_path / "sheet.png")
    assert (tmp_path / "sheet.png").read_bytes()[1:4] == b"PNG"


def test_the_true_box_is_dashed_and_the_overlap_stands_below():
    truth = np.array([[0.25, 0.125, 0.75, 0.5]])
    figure = saliency_sheet(picture(), grey(0), {"a": BOX}, truth)
    _, with_box, _ = figure.axes
    true, found = with_box.patches
    assert to_hex(true.get_edgecolor()) == TRUE and true.get_linestyle() == "--"
    assert to_hex(found.get_edgecolor()) == FOUND
    assert with_box.get_xlabel() == "IoU 0.50"
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["box", "true box"]


@pytest.mark.parametrize("masked", [False, True])
def test_the_crop_is_what_images_load_gives_a_network(masked):
    image, box = picture(), np.array([[0.2, 0.1, 0.83, 0.95]])
    mask = np.random.default_rng(2).random((1, 5, 5)) > 0.5 if masked else None
    figure = saliency_sheet(image, grey(0), {"a": box}, masks={"a": mask} if masked else None)
    crop = figure.axes[2].images[0].get_array()
    contents = tf.io.encode_png(image[0])
    seen = images.load(contents, 16, box[0], None if mask is None else mask[0])
    np.testing.assert_allclose(crop, seen, atol=1)


def test_background_is_the_house_mean_colour():
    assert images.MEAN_COLOR == BACKGROUND


def test_the_layer_is_clear_at_zero_and_warm_and_bright_where_the_map_is_high():
    image = np.full((1, 16, 16, 3), [40, 80, 120], np.uint8)
    clear = saliency_sheet(image, grey(0), {"a": BOX}).axes[0].images[0].get_array()
    assert np.ptp(clear) == 0 and 60 < clear[0, 0, 0] < 90
    halves = np.zeros((1, 4, 4), np.uint8)
    halves[:, :, 2:] = 255
    heat = saliency_sheet(image, halves, {"a": BOX}).axes[0].images[0].get_array().astype(int)
    assert (heat[:, 14, 0] > 180).all() and (heat[:, 1] < 90).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": np.zeros((1, 8, 9, 3))}, "square pictures"),
        ({"images": np.zeros((0, 8, 8, 3))}, "square pictures"),
        ({"maps": np.zeros((1, 4, 4))}, "uint8 maps .* got float64"),
        ({"maps": np.zeros((2, 4, 4), np.uint8)}, "1 uint8 maps"),
        ({"boxes": {"a": BOX[0]}}, "a: 1 boxes"),
        ({"boxes": {"a": BOX[:, ::-1]}}, "a: a box must be"),
        ({"boxes": {"a": 2 * BOX}}, "a: a box must be"),
        ({"boxes": {"a": BOX * np.nan}}, "a: a box must be"),
        ({"truth": np.zeros((1, 4))}, "truth: a box must be"),
        ({"masks": {"b": np.ones((1, 4, 4), bool)}}, "masks of 'b', but boxes of a"),
        ({"masks": {"a": np.ones((4, 4), bool)}}, "a: 1 masks"),
    ],
)
def test_refuses_what_does_not_fit(change, message):
    given = {"images": picture(), "maps": grey(0), "boxes": {"a": BOX}, **change}
    with pytest.raises(ValueError, match=message):
        saliency_sheet(**given)
