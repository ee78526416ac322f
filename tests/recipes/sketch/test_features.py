"""Features of a picture, its mirror image, and its class."""

import numpy as np
from PIL import Image

from recipes.sketch.features import class_means, embed, seen_by
from tests.recipes.sketch.tiny import SMALL


def test_every_picture_and_its_mirror_image_have_features(row):
    records = row.run.data.records
    assert row.features.shape == (len(records), 2, SMALL["embedding"])
    photo = row.run.data.database[0]
    size = 2 * [SMALL["image_size"]]
    pixels = np.asarray(Image.open(records.paths[photo]).resize(size), np.float32)
    both = {"image": np.stack([pixels, pixels[:, ::-1]]), "domain": np.array([1, 1])}
    twins = row.encoder.predict(both, verbose=0)
    # Pillow resizes by another rule: near, not equal; the order is what is asked.
    own, other = (np.abs(row.features[photo] - x).max() for x in (twins, twins[::-1]))
    assert own < other


def test_features_are_read_again_where_they_are(row):
    np.testing.assert_array_equal(embed(row.run, "mems+dase", None), row.features)


def test_a_network_without_domains_reads_the_picture_alone(row):
    inputs = {"image": 1, "domain": 2}
    assert seen_by(row.encoder, inputs) == inputs

    class Plain:
        input = "image"

    assert seen_by(Plain, inputs) == 1


def test_the_mean_of_a_class_is_that_of_its_training_pictures(row):
    data = row.run.data
    means = class_means(row.features, data)
    first = data.fit[data.records.labels[data.fit] == data.seen_classes[0]]
    np.testing.assert_allclose(means[0], row.features[first].mean(axis=(0, 1)), rtol=1e-5)
    assert len(means) == 3
