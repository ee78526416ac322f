"""Boxes against boxes, compared with counting pixels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfretrieval.evaluation import box_iou, centre_boxes, localization

RNG = np.random.default_rng(0)
SIDE = 16


def pixel_boxes(n):
    """Boxes with edges on the lines of a 16 x 16 picture, in pixels."""
    edges = np.sort(RNG.integers(0, SIDE + 1, (n, 2, 2)), axis=1)
    edges[:, 1] += edges[:, 0] == edges[:, 1]
    edges[:, 0] -= edges[:, 1] > SIDE
    edges[:, 1] -= edges[:, 1] > SIDE
    return edges.reshape(n, 4)


def painted(boxes):
    picture = np.zeros((len(boxes), SIDE, SIDE), bool)
    for i, (top, left, bottom, right) in enumerate(boxes):
        picture[i, top:bottom, left:right] = True
    return picture


def test_every_figure_is_a_count_of_pixels():
    found, true = pixel_boxes(200), pixel_boxes(200)
    a, b = painted(found), painted(true)
    shared, union = (a & b).sum((1, 2)), (a | b).sum((1, 2))
    np.testing.assert_allclose(box_iou(found, true), shared / union)
    np.testing.assert_allclose(box_iou(found / SIDE, true / SIDE), shared / union)
    result = localization(found / SIDE, true / SIDE)
    assert result.mean_iou == pytest.approx((shared / union).mean())
    assert result.share_above_half == (shared / union > 0.5).mean()
    assert result.object_covered == pytest.approx((shared / b.sum((1, 2))).mean())
    assert result.area == pytest.approx(a.mean())
    assert "200 pictures" in result.definition and "\n" not in result.definition


def test_equal_and_disjoint_boxes():
    boxes = np.float32([[0.1, 0.2, 0.7, 0.9], [0.0, 0.0, 1.0, 1.0]])
    exact = localization(boxes, boxes)
    assert exact.mean_iou == exact.share_above_half == exact.object_covered == 1.0
    away = localization([[0, 0, 0.5, 0.5]], [[0.5, 0.5, 1, 1]])
    assert (away.mean_iou, away.share_above_half, away.object_covered) == (0, 0, 0)
    assert away.area == 0.25


def test_half_is_not_above_half():
    assert localization([[0, 0, 1, 1]], [[0, 0, 0.5, 1]]).share_above_half == 0.0


def test_boxes_without_area_share_nothing():
    point, whole = [[0.5, 0.5, 0.5, 0.5]], [[0, 0, 1, 1]]
    assert box_iou(point, point).tolist() == box_iou(point, whole).tolist() == [0.0]
    assert localization(point, whole).area == 0.0
    assert box_iou(np.empty((0, 4)), np.empty((0, 4))).shape == (0,)


def test_the_centre_box_has_its_share_of_each_side():
    boxes = centre_boxes(3)
    assert boxes.shape == (3, 4) and boxes.dtype == np.float32
    np.testing.assert_allclose(boxes, [[0.15, 0.15, 0.85, 0.85]] * 3, rtol=1e-6)
    assert localization(boxes, boxes).area == pytest.approx(0.49, rel=1e-6)
    assert centre_boxes(1, 1.0).tolist() == [[0, 0, 1, 1]]


@pytest.mark.parametrize("share", [0, -0.1, 1.1, float("nan")])
def test_other_shares_are_refused(share):
    with pytest.raises(ValueError, match="share must lie"):
        centre_boxes(1, share)


@pytest.mark.parametrize(
    "boxes, truth, message",
    [
        ([[0, 0, 1, 1]], [[0, 0, 1, 1]] * 2, "same pictures"),
        ([0, 0, 1, 1], [0, 0, 1, 1], "must be .N, 4."),
        ([[0, 0, 1]], [[0, 0, 1]], "must be .N, 4."),
        ([[0.5, 0, 0, 1]], [[0, 0, 1, 1]], "ymin <= ymax"),
        ([[0, 0, 1, 1]], [[0, 0, 1, np.nan]], "finite"),
        ([[0, 0, 1, 1]] * 2, [[0, 0, 1, 1], [0, 0.5, 1, 0.5]], "true box 1 has no area"),
        (np.empty((0, 4)), np.empty((0, 4)), "no box"),
    ],
)
def test_what_cannot_be_measured_is_refused(boxes, truth, message):
    with pytest.raises(ValueError, match=message):
        localization(boxes, truth)


EDGE = st.sampled_from([0.0, 0.25, 0.5, 1.0, 1e-30])


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.tuples(EDGE, EDGE, EDGE, EDGE), st.tuples(EDGE, EDGE, EDGE, EDGE))
def test_iou_of_any_boxes_is_the_same_both_ways_and_between_0_and_1(a, b):
    boxes = [[*np.minimum(box[:2], box[2:]), *np.maximum(box[:2], box[2:])] for box in (a, b)]
    one, other = box_iou(boxes[:1], boxes[1:]), box_iou(boxes[1:], boxes[:1])
    assert one == other and 0 <= one[0] <= 1
