"""Hand-made descriptors equal the slow loops over pixels, cells and blocks."""

import math

import numpy as np
import pytest
import tensorflow as tf

from tfretrieval.hand_made import colour_histograms, histograms_of_gradients

PICTURES = np.random.default_rng(0).uniform(0, 255, (2, 12, 16, 3)).astype(np.float32)


def gradients_by_loops(picture, cell, bins, block):
    height, width, _ = picture.shape
    cells = np.zeros((height // cell, width // cell, bins))
    for y in range(height):
        for x in range(width):
            down = picture[min(y + 1, height - 1), x] - picture[max(y - 1, 0), x]
            right = picture[y, min(x + 1, width - 1)] - picture[y, max(x - 1, 0)]
            at = np.hypot(down, right).argmax()
            angle = math.degrees(math.atan2(down[at], right[at])) % 180
            for k in range(bins):
                away = abs(angle - (k + 0.5) * 180 / bins)
                share = max(0.0, 1 - min(away, 180 - away) / (180 / bins))
                cells[y // cell, x // cell, k] += share * math.hypot(down[at], right[at])
    found = []
    for y in range(cells.shape[0] - block + 1):
        for x in range(cells.shape[1] - block + 1):
            part = cells[y : y + block, x : x + block].ravel()
            part = np.minimum(part / np.sqrt((part**2).sum() + 1), 0.2)
            found.append(part / np.linalg.norm(part))
    return np.concatenate(found)


@pytest.mark.parametrize("cell, bins, block", [(4, 9, 2), (2, 6, 3), (4, 8, 1)])
def test_gradients_equal_the_loop(cell, bins, block):
    found = histograms_of_gradients(PICTURES, cell, bins, block).numpy()
    expected = [gradients_by_loops(one, cell, bins, block) for one in np.float64(PICTURES)]
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_an_edge_has_its_orientation_whichever_side_is_the_bright_one():
    picture = np.zeros((1, 16, 16, 3), np.float32)
    picture[:, :, 8:] = 200
    found = histograms_of_gradients(picture, cell=16, block=1).numpy()[0]
    np.testing.assert_allclose(found, histograms_of_gradients(200 - picture, 16, 9, 1)[0])
    # At 0 degrees, between the first orientation and the last.
    assert found[[0, 8]] == pytest.approx(math.sqrt(0.5), abs=1e-3) and not found[1:8].any()


def test_a_flat_picture_has_no_gradients_and_no_nan():
    assert not histograms_of_gradients(np.full((1, 32, 32, 3), 77)).numpy().any()


def test_colours_equal_the_count():
    found = colour_histograms(PICTURES, levels=4).numpy()
    for one, picture in zip(found, PICTURES, strict=True):
        counts = np.histogramdd(picture.reshape(-1, 3), bins=4, range=[(0, 256)] * 3)[0]
        np.testing.assert_allclose(one, np.sqrt(counts.ravel() / (12 * 16)), rtol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-6)


def test_the_ends_of_the_scale_are_colours_too():
    white = np.full((1, 2, 2, 3), 255.0)
    assert colour_histograms(white).numpy()[0, -1] == 1
    assert colour_histograms(0 * white).numpy()[0, 0] == 1


@pytest.mark.parametrize("describe", [histograms_of_gradients, colour_histograms])
def test_a_graph_gives_the_same_and_no_pictures_none(describe):
    pictures = np.repeat(np.repeat(PICTURES, 4, axis=1), 4, axis=2)
    signature = [tf.TensorSpec([None, 48, 64, 3])]
    graph = tf.function(describe, input_signature=signature)
    np.testing.assert_allclose(graph(pictures), describe(pictures), atol=1e-5)
    assert describe(pictures[:0]).shape == (0, describe(pictures).shape[1])


def test_what_does_not_fit_is_refused():
    for describe in (histograms_of_gradients, colour_histograms):
        for wrong in (PICTURES[0], PICTURES[..., :1]):
            with pytest.raises(ValueError, match=r"images must be \[B, H, W, 3\]"):
                describe(wrong)
    with pytest.raises(ValueError, match="multiples of cell 5 and 2 cells or more, got 12 x 16"):
        histograms_of_gradients(PICTURES, cell=5)
    with pytest.raises(ValueError, match="at least 1, got 4, 0 and 2"):
        histograms_of_gradients(PICTURES, 4, bins=0)
    with pytest.raises(ValueError, match="levels must be at least 1"):
        colour_histograms(PICTURES, 0)
