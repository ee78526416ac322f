"""What sketches of seen and of unseen classes find."""

import numpy as np

from recipes.sketch.photo_search import SEEN, UNSEEN, search_photos


def test_seen_and_unseen_classes_are_searched_apart(row):
    found = row.result.found
    assert [len(found[part].average_precision) for part in (SEEN, UNSEEN)] == [9, 3]
    assert list(found[SEEN].figures) == ["mAP", "mAP, cosine", "R@1", "P@10", "8 bits", "16 bits"]


def test_features_that_tell_the_classes_find_everything(row):
    data = row.run.data
    perfect = np.repeat(np.eye(4)[data.records.labels][:, None], 2, axis=1)
    codes = {4: {"kernel": np.eye(4), "bias": np.full(4, -0.5)}}
    for part in search_photos(perfect, codes, data).values():
        assert part.figures == {
            **{"mAP": 1.0, "mAP, cosine": 1.0, "R@1": 1.0, "P@10": 0.5, "4 bits": 1.0}
        }
        np.testing.assert_array_equal(part.average_precision, 1.0)


def test_length_enters_the_distance_and_not_the_cosine(row):
    """Two classes in one direction: only their lengths tell them apart."""
    data = row.run.data
    labels = data.records.labels
    place = np.array([[1.0, 0], [4.0, 0], [0, 1.0], [0, 4.0]])[labels]
    figures = search_photos(
        np.repeat(place[:, None], 2, axis=1),
        {2: {"kernel": np.eye(2), "bias": np.full(2, -0.5)}},
        data,
    )[SEEN].figures
    assert figures["mAP"] == 1.0 and figures["mAP, cosine"] < 0.9
