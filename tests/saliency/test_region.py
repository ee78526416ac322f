import numpy as np
import pytest
import tensorflow as tf

from tests.golden_files import golden
from tests.saliency.test_components import flood
from tfretrieval import saliency
from tfretrieval.saliency import MAX_SIDE, REGIONS
from tfretrieval.saliency.grey import GREYS
from tfretrieval.saliency.region import masks

MAPS = np.random.default_rng(0).integers(0, 256, (12, 8, 8)).astype(np.uint8)
WHOLE = [0.0, 0.0, 1.0, 1.0]


def grown(picture, side):
    """Bilinear interpolation between cell centers, by the loop."""
    height, width = picture.shape
    out = np.empty((side, side))
    for i in range(side):
        for j in range(side):
            y = np.clip((i + 0.5) * height / side - 0.5, 0, height - 1)
            x = np.clip((j + 0.5) * width / side - 0.5, 0, width - 1)
            top, left = int(y), int(x)
            rows, columns = [top, min(top + 1, height - 1)], [left, min(left + 1, width - 1)]
            corners = picture[np.ix_(rows, columns)].astype(float)
            out[i, j] = [1 - y + top, y - top] @ corners @ [1 - x + left, x - left]
    return out


@pytest.mark.parametrize("alpha", [0.3, 0.7, "mean"])
@pytest.mark.parametrize("connectivity", [4, 8])
def test_masks_equal_the_loop(alpha, connectivity):
    found = saliency.masks(MAPS, alpha, connectivity=connectivity).numpy()
    every = saliency.masks(MAPS, alpha, components="all").numpy()
    for picture, largest, kept in zip(MAPS, found, every, strict=True):
        levels = grown(picture, MAX_SIDE)
        expected = levels > (levels.mean() if alpha == "mean" else 255 * alpha) + 1e-3
        np.testing.assert_array_equal(kept, expected)
        np.testing.assert_array_equal(largest, flood(expected, connectivity))


@pytest.mark.parametrize("side", [None, 8, 29, 32])
def test_102_is_dropped_and_103_kept_at_two_fifths(side):
    maps = np.full((2, 8, 8), 102, np.uint8)
    maps[:, :, :4] = 0
    maps[1, 2:5, 4:] = 103
    kept = saliency.masks(maps, 0.4, side=side).numpy()
    assert kept[0].all()
    assert kept[1].any() and not kept[1].all()


def test_mean_is_the_published_rule():
    file = golden("scda")
    maps = saliency.grey_maps(file["aggregation"].astype(np.float32))
    found = saliency.masks(maps, "mean", components="all", side=None).numpy()
    # Grey levels round: only cells within one level of the mean may differ.
    low, high = (f(file["aggregation"], (1, 2)) for f in (np.min, np.max))
    level = (high - low)[:, None, None] / 255
    near = np.abs(file["aggregation"] - file["threshold"][:, None, None]) <= level
    assert ((found == (file["mask"] > 0)) | near).all()
    assert near.mean() < 0.1


def test_a_larger_alpha_keeps_less():
    kept = [saliency.masks(MAPS, a, components="all").numpy() for a in (0.2, 0.4, 0.6)]
    for more, less in zip(kept, kept[1:], strict=False):
        assert (less <= more).all() and less.sum() < more.sum()


@pytest.mark.parametrize("alpha", [0.2, 0.6, "mean"])
@pytest.mark.parametrize("level", [0, 255])
def test_constant_and_one_pixel_maps_give_the_whole_picture(alpha, level):
    for shape in ((3, 8, 8), (3, 1, 1), (3, 7, 5)):
        maps = np.full(shape, level, np.uint8)
        for components in ("largest", "all"):
            assert saliency.masks(maps, alpha, components=components).numpy().all()
        assert saliency.boxes(maps, alpha).numpy().tolist() == [WHOLE] * 3


def test_large_maps_are_shrunk_and_oblong_ones_squared():
    maps = np.zeros((1, 64, 16), np.uint8)
    maps[:, 32:, 8:] = 255
    found = saliency.masks(maps, 0.5).numpy()[0]
    assert found.shape == (32, 32)
    assert found[17:, 17:].all() and not found[:15].any() and not found[:, :15].any()


@pytest.mark.parametrize("seed", range(3))
def test_bounding_boxes_equal_the_loop(seed):
    masks = np.random.default_rng(seed).random((20, 6, 9)) < 0.04
    boxes = saliency.bounding_boxes(masks).numpy()
    for box, mask in zip(boxes, masks, strict=True):
        if not mask.any():
            assert box.tolist() == WHOLE
            continue
        y, x = np.nonzero(mask)
        expected = [y.min() / 6, x.min() / 9, (y.max() + 1) / 6, (x.max() + 1) / 9]
        np.testing.assert_allclose(box, expected, atol=1e-6)


def test_boxes_lie_around_the_masks():
    boxes = saliency.boxes(MAPS, 0.5, connectivity=4)
    masks = saliency.masks(MAPS, 0.5, connectivity=4)
    np.testing.assert_array_equal(boxes, saliency.bounding_boxes(masks))
    assert boxes.dtype == tf.float32 and (boxes[:, 2:] > boxes[:, :2]).numpy().all()


def test_each_region_gives_what_it_needs():
    boxes, masks = saliency.boxes(MAPS, 0.5, side=16), saliency.masks(MAPS, 0.5, side=16)
    expected = {"box": (boxes, None), "mask": (None, masks), "mask_in_box": (boxes, masks)}
    assert set(expected) == set(REGIONS)
    for region, parts in expected.items():
        found = saliency.regions(MAPS, 0.5, region, side=16)
        for part, truth in zip(found, parts, strict=True):
            assert (part is None) == (truth is None)
            if truth is not None:
                np.testing.assert_array_equal(part, truth)


@pytest.mark.parametrize("options", [{}, {"side": None, "connectivity": 4}, {"side": 5}])
def test_eager_graph_and_data_agree(options):
    eager = saliency.regions(MAPS, 0.45, "mask_in_box", **options)

    def find(maps):
        return saliency.regions(maps, 0.45, "mask_in_box", **options)

    graph = tf.function(find, input_signature=[tf.TensorSpec([None, 8, 8], tf.uint8)])
    data = tf.data.Dataset.from_tensor_slices(MAPS).batch(5).map(find)
    parts = [np.concatenate(part) for part in zip(*data.as_numpy_iterator(), strict=True)]
    for i in range(2):
        np.testing.assert_array_equal(graph(MAPS)[i], eager[i])
        np.testing.assert_array_equal(parts[i], eager[i])


@pytest.mark.parametrize("alpha", [0.45, "mean"])
def test_xla_agrees(alpha):
    xla = tf.function(lambda maps: saliency.regions(maps, alpha, "mask_in_box"), jit_compile=True)
    boxes, masks = xla(MAPS)
    np.testing.assert_allclose(boxes, saliency.boxes(MAPS, alpha), atol=1e-6)
    np.testing.assert_array_equal(masks, saliency.masks(MAPS, alpha))


def test_a_saved_model_gives_the_same_boxes(tmp_path):
    module = tf.Module()
    signature = [tf.TensorSpec([None, 8, 8], tf.uint8)]
    module.find = tf.function(lambda maps: saliency.boxes(maps, 0.4), input_signature=signature)
    tf.saved_model.save(module, str(tmp_path / "model"))
    loaded = tf.saved_model.load(str(tmp_path / "model"))
    np.testing.assert_array_equal(loaded.find(MAPS), saliency.boxes(MAPS, 0.4))


def test_no_pictures_give_no_regions():
    boxes, masks = saliency.regions(MAPS[:0], 0.4, "mask_in_box")
    assert boxes.shape == (0, 4) and masks.shape == (0, 32, 32)


@pytest.mark.parametrize("alpha", [0, 1, 0.0, 1.0, -0.1, 40, float("nan"), "max", None, True])
def test_alpha_outside_its_range_is_refused(alpha):
    with pytest.raises(ValueError, match='alpha must be "mean" or a number between 0') as error:
        saliency.boxes(MAPS, alpha)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"components": "two"}, "largest or all, got 'two'"),
        ({"connectivity": 6}, "4 or 8, got 6"),
        ({"side": 33}, "1 to 32 or None, got 33"),
        ({"side": 0}, "1 to 32 or None, got 0"),
        ({"side": 8.5}, "1 to 32 or None, got 8.5"),
    ],
)
def test_other_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        saliency.masks(MAPS, **options)


@pytest.mark.parametrize(
    "maps",
    [MAPS / 255, MAPS.astype(np.float32), MAPS[0], MAPS[..., None], MAPS[:, :0]],
    ids=["shares", "float", "one", "channels", "no cells"],
)
def test_other_maps_are_refused(maps):
    with pytest.raises(ValueError, match="maps must be uint8 .B, h, w.") as error:
        saliency.masks(maps)
    assert "\n" not in str(error.value)


def test_maps_of_an_unknown_size_are_refused():
    unknown = tf.function(saliency.boxes, [tf.TensorSpec([None, None, 8], tf.uint8)])
    with pytest.raises(ValueError, match="known h and w"):
        unknown.get_concrete_function()
    with pytest.raises(ValueError, match="masks must be"):
        saliency.bounding_boxes(MAPS[0] > 9)


def test_an_unknown_region_is_refused():
    with pytest.raises(ValueError, match="box, mask, mask_in_box, got 'circle'"):
        saliency.regions(MAPS, 0.4, "circle")


@pytest.mark.parametrize("grey", GREYS)
def test_an_alpha_near_one_keeps_the_peak_and_never_turns_to_the_whole_picture(grey):
    # Resized to 32 x 32 the peak of one cell falls below 255; viridis ends at 216.
    maps = np.random.default_rng(0).integers(0, 90, (3, 7, 8)).astype(np.uint8)
    maps[:, 3, 5] = 255
    maps = saliency.grey_maps(maps.astype(np.float32), grey)
    alphas = (0.5, 0.8, 0.84, 0.86, 0.9, 0.97, 0.99, 0.999, 0.999999)
    areas = np.array([masks(maps, alpha).numpy().mean(axis=(1, 2)) for alpha in alphas])
    assert (areas[0] < 0.2).all() and (areas > 0).all() and (areas <= areas[0]).all()
    assert masks(maps, 0.999999).numpy()[:, 13:19, 20:24].any(axis=(1, 2)).all()
    for compiled in (False, True):
        step = tf.function(lambda m: masks(m, 0.99), jit_compile=compiled)
        np.testing.assert_array_equal(step(maps), masks(maps, 0.99))


def test_a_constant_map_is_the_whole_picture_at_every_alpha():
    for level in (0, 31, 216, 255):
        assert masks(np.full((1, 7, 8), level, np.uint8), 0.99).numpy().all()
