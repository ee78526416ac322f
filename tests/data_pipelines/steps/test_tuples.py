"""Batches of mined tuples: all members, the margin, and what is refused."""

import numpy as np
import pytest

from data_pipelines import order, steps
from tests.data_pipelines.batches import RECORDS, SIZE, listed
from tfretrieval import images


@pytest.mark.parametrize("negatives", [1, 3])
def test_tuple_batches_bring_all_members_and_the_margin(negatives):
    triplets = np.array([[0, 4, 1, 2, 7], [2, 6, 3, 0, 1], [5, 9, 8, 8, 8]])[:, : 2 + negatives]
    dataset = steps.tuple_batches(
        RECORDS, triplets, batch_size=3, seed=0, epochs=1, margin=0.5, augment=False, **SIZE
    )
    [(pixels, margins)] = listed(dataset)
    assert margins.tolist() == [0.5, 0.5, 0.5]
    shown = triplets[order.shuffled(3, seed=0, epoch=0)]
    expected = np.stack([images.load(RECORDS.read(i), 8) for i in shown.ravel()])
    np.testing.assert_allclose(pixels, expected.reshape(3, -1, 8, 8, 3), atol=1e-4)


def test_triplets_of_the_wrong_shape_are_refused():
    with pytest.raises(ValueError, match="2 [+] negatives"):
        steps.tuple_batches(RECORDS, [[0, 1]], batch_size=1, seed=0, epochs=1, **SIZE)
