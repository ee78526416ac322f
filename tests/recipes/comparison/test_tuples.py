import numpy as np
import tensorflow as tf

from recipes.comparison.tuples import TuplesOfABatch
from tfretrieval.losses import ContrastiveLoss

EMBEDDINGS = np.random.default_rng(0).normal(size=(7, 4)).astype(np.float32)
LABELS = np.array([0, 0, 0, 1, 1, 1, 2])


def test_equals_the_loop_over_queries():
    unit = EMBEDDINGS / np.linalg.norm(EMBEDDINGS, axis=1, keepdims=True)
    expected = []
    for query, (one, label) in enumerate(zip(unit, LABELS, strict=True)):
        distances = np.linalg.norm(unit - one, axis=1)
        fellows = np.flatnonzero((label == LABELS) & (np.arange(7) != query))
        others = np.flatnonzero(label != LABELS)
        if not len(fellows):
            expected.append(0)
            continue
        pushed = np.maximum(0.9 - np.sort(distances[others])[:2], 0)
        expected.append((distances[fellows].max() ** 2 + np.sum(pushed**2)) / 2)
    found = TuplesOfABatch(ContrastiveLoss(0.9), negatives=2).call(LABELS, tf.constant(EMBEDDINGS))
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_a_batch_with_too_few_others_costs_nothing():
    loss = TuplesOfABatch(ContrastiveLoss(), negatives=5)
    assert float(loss(LABELS[:4], EMBEDDINGS[:4])) == 0
