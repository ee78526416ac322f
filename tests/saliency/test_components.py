from collections import deque

import numpy as np
import pytest
import tensorflow as tf

from tests.golden_files import golden
from tfretrieval.saliency import largest_component

STEPS = {4: [(-1, 0), (1, 0), (0, -1), (0, 1)]}
STEPS[8] = STEPS[4] + [(-1, -1), (-1, 1), (1, -1), (1, 1)]


def flood(mask, connectivity):
    """Largest component by flooding from each cell in row-major order."""
    seen, best = np.zeros_like(mask), np.zeros_like(mask)
    for start in np.argwhere(mask):
        if seen[tuple(start)]:
            continue
        part, queue = np.zeros_like(mask), deque([tuple(start)])
        part[tuple(start)] = True
        while queue:
            y, x = queue.popleft()
            for dy, dx in STEPS[connectivity]:
                cell = y + dy, x + dx
                inside = 0 <= cell[0] < mask.shape[0] and 0 <= cell[1] < mask.shape[1]
                if inside and mask[cell] and not part[cell]:
                    part[cell] = True
                    queue.append(cell)
        seen |= part
        if part.sum() > best.sum():
            best = part
    return best


def spiral(side):
    """A path of one cell's width, walled by one cell: the longest way a number has to travel."""
    mask = np.zeros((side, side), bool)
    y, x, dy, dx = 0, 0, 0, 1
    mask[0, 0] = True

    def is_free(y, x):
        return 0 <= y < side and 0 <= x < side and not mask[y, x]

    while True:
        for _ in range(2):
            if is_free(y + dy, x + dx) and (
                not (0 <= y + 2 * dy < side and 0 <= x + 2 * dx < side)
                or is_free(y + 2 * dy, x + 2 * dx)
            ):
                break
            dy, dx = dx, -dy
        else:
            return mask
        y, x = y + dy, x + dx
        mask[y, x] = True


@pytest.mark.parametrize("connectivity", [4, 8])
def test_matches_the_published_code(connectivity):
    file = golden("scda")
    found = largest_component(file["mask"] > 0, connectivity)
    np.testing.assert_array_equal(found, file[f"largest{connectivity}"] > 0)


@pytest.mark.parametrize("connectivity", [4, 8])
@pytest.mark.parametrize("share", [0.3, 0.5, 0.65])
def test_equals_a_flood_fill_ties_included(connectivity, share):
    mask = np.random.default_rng(0).random((40, 9, 6)) < share
    expected = [flood(m, connectivity) for m in mask]
    np.testing.assert_array_equal(largest_component(mask, connectivity), expected)


@pytest.mark.parametrize("connectivity", [4, 8])
def test_a_spiral_is_followed_to_its_end(connectivity):
    mask = spiral(17)
    assert mask.sum() > 17 * 17 / 3
    mask = np.stack([mask, np.rot90(mask), np.rot90(mask, 2), mask[::-1]])
    np.testing.assert_array_equal(largest_component(mask, connectivity), mask)


def test_of_equals_the_first_in_row_major_order_wins():
    mask = np.array([[[0, 0, 0, 1], [1, 0, 0, 1], [1, 0, 0, 0]]]) > 0
    expected = np.array([[[0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]]]) > 0
    np.testing.assert_array_equal(largest_component(mask), expected)


def test_pictures_of_a_batch_do_not_touch():
    mask = np.random.default_rng(1).random((6, 8, 8)) < 0.5
    together = largest_component(mask).numpy()
    for i in range(len(mask)):
        np.testing.assert_array_equal(largest_component(mask[i : i + 1])[0], together[i])


def test_empty_full_and_one_cell_masks():
    for mask in (np.zeros((2, 5, 4), bool), np.ones((2, 5, 4), bool), np.ones((3, 1, 1), bool)):
        np.testing.assert_array_equal(largest_component(mask), mask)
    assert largest_component(np.zeros((0, 5, 4), bool)).shape == (0, 5, 4)


@pytest.mark.parametrize("connectivity", [4, 8])
def test_eager_graph_xla_and_data_agree(connectivity):
    mask = np.random.default_rng(2).random((6, 10, 7)) < 0.55
    eager = largest_component(mask, connectivity).numpy()
    signature = [tf.TensorSpec([None, 10, 7], tf.bool)]
    graph = tf.function(lambda x: largest_component(x, connectivity), input_signature=signature)
    xla = tf.function(lambda x: largest_component(x, connectivity), jit_compile=True)
    np.testing.assert_array_equal(graph(mask), eager)
    np.testing.assert_array_equal(xla(mask), eager)
    data = tf.data.Dataset.from_tensor_slices(mask).batch(4)
    data = data.map(lambda x: largest_component(x, connectivity))
    np.testing.assert_array_equal(np.concatenate(list(data.as_numpy_iterator())), eager)


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="connectivity must be 4 or 8, got 6"):
        largest_component(np.ones((1, 2, 2), bool), 6)
    unknown = tf.function(largest_component, [tf.TensorSpec([None, None, None], tf.bool)])
    with pytest.raises(ValueError, match="known height and width"):
        unknown.get_concrete_function()
    with pytest.raises(ValueError, match="masks must be .B, h, w."):
        largest_component(np.ones((2, 2), bool))
