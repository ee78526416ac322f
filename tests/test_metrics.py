import numpy as np
import pytest
import tensorflow as tf

from tfretrieval import losses, metrics

TRIPLETS = np.random.default_rng(0).standard_normal((10, 3, 4)).astype(np.float32) * 3
D_AP = np.linalg.norm(TRIPLETS[:, 0] - TRIPLETS[:, 1], axis=1)
D_AN = np.linalg.norm(TRIPLETS[:, 0] - TRIPLETS[:, 2], axis=1)
MARGIN1 = np.linspace(-2, 2, 10)


@pytest.mark.parametrize(
    "metric, expected",
    [
        (metrics.PositiveDistance(), D_AP.mean()),
        (metrics.NegativeDistance(), D_AN.mean()),
        (metrics.Gap(), (D_AN - D_AP).mean()),
        (metrics.Gap(squared=True), (D_AN**2 - D_AP**2).mean()),
        (metrics.GapsAbove(1.0), (D_AN - D_AP > 1).mean()),
        (metrics.ActiveTriplets(0.5), (D_AN - D_AP < 0.5).mean()),
        (metrics.ActiveTriplets("given"), (D_AN - D_AP < MARGIN1).mean()),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_is_the_mean_over_batches_and_survives_its_config(metric, expected):
    for each in (metric, type(metric).from_config(metric.get_config())):
        each.update_state(MARGIN1[:3, None], TRIPLETS[:3])
        each.update_state(MARGIN1[3:], TRIPLETS[3:])
        np.testing.assert_allclose(float(each.result()), expected, rtol=1e-5)


@pytest.mark.parametrize(
    "loss, expected",
    [
        (losses.ContrastiveLoss(8.0), (D_AN < 8).mean()),
        (losses.RankMarginLoss(8.0), (D_AN < 8).mean()),
        (losses.TupleTripletLoss(1.0), (D_AP**2 - D_AN**2 > -1).mean()),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_active_hinges_are_those_that_the_loss_feels(loss, expected):
    metric = metrics.ActiveHinges(loss)
    for each in (metric, metrics.ActiveHinges.from_config(metric.get_config())):
        each.update_state(np.zeros([3, 1]), TRIPLETS[:3])
        each.update_state(np.zeros(7), TRIPLETS[3:])
        np.testing.assert_allclose(float(each.result()), expected, rtol=1e-5)
    assert 0 < expected < 1


def test_stand_beside_the_loss_in_fit():
    from tfretrieval.losses import AdaptiveTripletLoss

    inputs = tf.keras.Input((3, 4))
    model = tf.keras.Model(inputs, tf.keras.layers.Activation("linear", name="codes")(inputs))
    model.compile(
        loss={"codes": AdaptiveTripletLoss()},
        metrics={"codes": [metrics.Gap(), metrics.GapsAbove()]},
        jit_compile=False,
    )
    history = model.fit(TRIPLETS, MARGIN1, verbose=0).history
    gap = next(value for name, value in history.items() if name.endswith("gap"))
    np.testing.assert_allclose(gap[0], (D_AN - D_AP).mean(), rtol=1e-5)


CENTER_DISTANCES = np.random.default_rng(1).uniform(0, 9, (10, 4)).astype(np.float32)
CLASSES = np.arange(10) % 4
OTHERS = [np.delete(row, label) for row, label in zip(CENTER_DISTANCES, CLASSES, strict=True)]


@pytest.mark.parametrize(
    "metric, expected",
    [
        (metrics.OwnCenterDistance(), CENTER_DISTANCES[np.arange(10), CLASSES].mean()),
        (metrics.NearestOtherCenterDistance(), np.min(OTHERS, axis=1).mean()),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_of_centers_is_the_mean_over_batches_and_survives_its_config(metric, expected):
    for each in (metric, type(metric).from_config(metric.get_config())):
        each.update_state(CLASSES[:3, None], CENTER_DISTANCES[:3])
        each.update_state(CLASSES[3:], CENTER_DISTANCES[3:])
        np.testing.assert_allclose(float(each.result()), expected, rtol=1e-5)


def test_a_term_of_a_sum_is_logged_beside_it(tmp_path):
    terms = [losses.CauchyQuantizationLoss(), losses.BitBalanceLoss()]
    inputs = tf.keras.Input((3,))
    model = tf.keras.Model(inputs, tf.keras.layers.Activation("tanh", name="codes")(inputs))
    model.compile(
        "sgd",
        {"codes": losses.Sum(terms, weights=[0.0, 2.0])},
        metrics={"codes": [metrics.LossTerm(term) for term in terms]},
        jit_compile=False,
    )
    x = np.random.default_rng(0).standard_normal((6, 3)).astype(np.float32)
    logs = model.fit(x, np.zeros(6), batch_size=6, verbose=0).history
    codes = tf.constant(np.tanh(x))
    for term in terms:
        (logged,) = (value for name, (value,) in logs.items() if name.endswith(term.name))
        np.testing.assert_allclose(logged, float(term(np.zeros(6), codes)), rtol=1e-5)
    (balance,) = (value for name, (value,) in logs.items() if name.endswith(terms[1].name))
    np.testing.assert_allclose(logs["loss"][0], 2 * balance, rtol=1e-5)
    model.save(tmp_path / "model.keras")
    assert tf.keras.models.load_model(tmp_path / "model.keras").output_shape == (None, 3)
