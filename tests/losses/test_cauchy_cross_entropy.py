import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_loss, value_and_gradient
from tests.golden_files import assert_matches, golden
from tfretrieval.losses import CauchyCrossEntropyLoss, CauchyQuantizationLoss, Sum

DEEPHASH, THULAB = golden("deephash_losses"), golden("dch_thulab")
CODES = np.random.default_rng(0).uniform(-1, 1, (7, 12)).astype(np.float32)
LABELS = np.array([0, 1, 0, 2, 1, 0, 3])


def by_pairs(codes, similar, gamma=20.0, max_cosine=0.99):
    """The default, by loops over pairs."""
    codes = codes.astype(np.float64)
    count, bits = codes.shape
    of_similar = count**2 / similar.sum()
    of_others = count**2 / (~similar).sum() if not similar.all() else 1
    total = 0.0
    for i in range(count):
        for j in range(count):
            if i != j:
                cosine = codes[i] @ codes[j] / np.linalg.norm(codes[i]) / np.linalg.norm(codes[j])
                d = bits / 2 * (1 - min(cosine, max_cosine))
                p = gamma / (gamma + d)
                total -= of_similar * np.log(p) if similar[i, j] else of_others * np.log(1 - p)
    return total / (count * (count - 1))


@pytest.mark.parametrize(
    "settings",
    [{}, {"gamma": 3.0, "max_cosine": 1.0}, {"self_pairs": True}, {"distance": "squared"},
     {"weights": "similar"}],
    ids=str,
)  # fmt: skip
def test_contract(settings):
    check_loss(CauchyCrossEntropyLoss(**settings), LABELS, CODES)


@pytest.mark.parametrize("gamma, max_cosine", [(20.0, 0.99), (2.0, 0.3)])
def test_equals_the_loop_over_pairs(gamma, max_cosine):
    loss = CauchyCrossEntropyLoss(gamma, max_cosine=max_cosine)
    similar = LABELS[:, None] == LABELS[None]
    expected = by_pairs(CODES, similar, gamma, max_cosine)
    np.testing.assert_allclose(loss(LABELS, CODES), expected, rtol=1e-5)


@pytest.mark.parametrize("labels, name", [("y", "dch"), ("y_same", "dch_same")])
def test_matches_deephash_pytorch(labels, name):
    terms = [CauchyCrossEntropyLoss(self_pairs=True), CauchyQuantizationLoss()]
    u = tf.constant(DEEPHASH["u"])
    value, gradient = value_and_gradient(Sum(terms, [1.0, 0.1]), DEEPHASH[labels], u)
    assert_matches(value, DEEPHASH[f"{name}_loss"])
    assert_matches(gradient, DEEPHASH[f"{name}_grad_u"])


@pytest.mark.parametrize(
    "settings, name",
    [({"distance": "squared"}, "sq"), ({"max_cosine": 1.0}, "normed")],
    ids=["squared", "normed"],
)
def test_matches_the_authors_code(settings, name):
    loss, u = CauchyCrossEntropyLoss(weights="similar", **settings), tf.constant(THULAB["u"])
    value, gradient = value_and_gradient(loss, THULAB["y"], u)
    assert_matches(value, THULAB[f"{name}_loss"])
    assert_matches(gradient, THULAB[f"{name}_grad_u"])


def test_several_labels_an_item_are_similar_when_they_share_one():
    labels = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [0, 0, 1], [1, 0, 0], [0, 1, 1]])
    expected = by_pairs(CODES, labels @ labels.T > 0)
    for dtype in (np.int32, np.float32, np.uint8):
        loss = CauchyCrossEntropyLoss()(labels.astype(dtype), CODES)
        np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_multi_hot_labels_train_in_fit():
    labels = np.eye(4)[LABELS]
    model = tf.keras.Sequential([tf.keras.Input((12,)), tf.keras.layers.Activation("linear")])
    model.compile("sgd", CauchyCrossEntropyLoss(), jit_compile=False)
    logs = model.fit(CODES, labels, batch_size=7, shuffle=False, verbose=0).history
    np.testing.assert_allclose(logs["loss"][0], CauchyCrossEntropyLoss()(LABELS, CODES), rtol=1e-5)


@pytest.mark.parametrize("distance", ["cosine", "squared"])
def test_one_picture_has_no_pair(distance):
    loss = CauchyCrossEntropyLoss(distance=distance)
    value, gradient = value_and_gradient(loss, LABELS[:1], tf.constant(CODES[:1]))
    assert float(value) == 0 and not gradient.numpy().any()


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"gamma": -1.0}, "gamma must be positive"),
        ({"distance": "hamming"}, "distance must be one of"),
        ({"weights": "none"}, "weights must be one of"),
        ({"max_cosine": 2.0}, "max_cosine must be in"),
    ],
)
def test_refuses_arguments(wrong, message):
    with pytest.raises(ValueError, match=message):
        CauchyCrossEntropyLoss(**wrong)


def test_refuses_another_number_of_labels():
    with pytest.raises(ValueError, match="7 rows need one label each, got 6 labels"):
        CauchyCrossEntropyLoss()(LABELS[:6], CODES)
