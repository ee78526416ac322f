"""What every loss and metric that reads labels does with those that it cannot read."""

import numpy as np
import pytest
import tensorflow as tf

from tfretrieval import losses, metrics

GENERATOR = np.random.default_rng(0)
CODES = GENERATOR.uniform(-1, 1, (4, 6)).astype(np.float32)
# float32 tells whole numbers apart below 2^24, Keras 3 hands labels on in it.
FAR = 111085122871 + np.array([0, 1, 2, 2])
PAIRS = {
    "hard": losses.InBatch(losses.TripletLoss(), "hard"),
    "semi-hard": losses.InBatch(losses.TripletLoss(), "semi-hard"),
    "all": losses.InBatch(losses.AdaptiveTripletLoss("batch"), "all"),
    "cauchy": losses.CauchyCrossEntropyLoss(),
    "sum": losses.Sum([losses.CauchyCrossEntropyLoss(), losses.BitBalanceLoss()]),
    "dsh": losses.DSHLoss(),
    "dpsh": losses.DPSHLoss(),
    "dtsh": losses.DTSHLoss(),
    "hashnet": losses.HashNetLoss(),
    "contrastive": losses.PairContrastiveLoss(),
    "multi-similarity": losses.MultiSimilarityLoss(),
    "supervised-contrastive": losses.SupervisedContrastiveLoss(),
}
CLASSES = {
    "center": losses.CenterLoss(),
    "improved": losses.ImprovedCenterLoss(),
    "mems": losses.MultiplicativeEuclideanMarginSoftmax(),
    "cosface": losses.CosFace(),
    "arcface": losses.ArcFace(),
    "proxy-nca": losses.ProxyNCA(),
    "proxy-anchor": losses.ProxyAnchor(),
    "central-similarity": losses.CentralSimilarityLoss(4, 6),
}
METRICS = {
    "own": metrics.OwnCenterDistance,
    "other": metrics.NearestOtherCenterDistance,
    "accuracy": metrics.NearestCenterAccuracy,
}


@pytest.mark.parametrize("name", PAIRS)
class TestLossesOfPairs:
    def test_ids_beyond_a_float_type_are_exact_or_refused(self, name):
        expected = float(PAIRS[name](np.array([0, 1, 2, 2]), CODES))
        np.testing.assert_allclose(PAIRS[name].call(FAR, CODES).numpy().mean(), expected, rtol=1e-5)
        for ids in (FAR, FAR.astype(np.float32)):
            try:
                assert float(PAIRS[name](ids, CODES)) == pytest.approx(expected, rel=1e-5)
            except tf.errors.InvalidArgumentError as error:
                assert "labels must be whole numbers" in str(error)
        with pytest.raises(tf.errors.InvalidArgumentError, match="labels must be whole numbers"):
            PAIRS[name](FAR.astype(np.float32), CODES)

    @pytest.mark.parametrize("jit", [False, True], ids=["graph", "xla"])
    def test_a_compiled_loss_refuses_them_or_is_nan(self, name, jit):
        step = tf.function(lambda ids: PAIRS[name](ids, CODES), jit_compile=jit)
        ids = tf.constant(FAR, tf.float32)
        if jit:
            assert np.isnan(float(step(ids)))
        else:
            with pytest.raises(tf.errors.InvalidArgumentError, match="labels must be whole"):
                step(ids)

    def test_ids_beyond_int64_are_refused_and_the_largest_is_read(self, name):
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"labels must be below 2\^63"):
            PAIRS[name].call(np.array([2**63, 1, 2, 2], np.uint64), CODES)
        largest = PAIRS[name].call(np.array([2**63 - 1, 1, 2, 2], np.uint64), CODES)
        expected = float(PAIRS[name](np.array([0, 1, 2, 2]), CODES))
        assert largest.numpy().mean() == pytest.approx(expected)

    def test_the_bound_is_that_of_the_type(self, name):
        for dtype, first in ((tf.float16, 2**11), (tf.float32, 2**24), (tf.float64, 2**53)):
            below = tf.constant([first - 1, first - 2, 3, 3], dtype)
            value = PAIRS[name].call(below, CODES).numpy().mean()
            assert value == pytest.approx(float(PAIRS[name](np.array([0, 1, 2, 2]), CODES)))
            with pytest.raises(tf.errors.InvalidArgumentError, match=str(first)):
                PAIRS[name].call(tf.constant([first, 1, 2, 2], dtype), CODES)


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_beyond_the_last_is_refused_and_not_wrapped(name):
    for far in (2**32, 2**32 + 1, -1):
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"labels must "):
            CLASSES[name](np.array([0, 1, far, 2]), CODES)
        compiled = tf.function(lambda ids: CLASSES[name](ids, CODES), jit_compile=True)
        assert np.isnan(float(compiled(tf.constant([0, 1, far, 2], tf.int64))))


@pytest.mark.parametrize("name", METRICS)
def test_metrics_refuse_them_too(name):
    for far in (2**32, FAR[0]):
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"labels must "):
            METRICS[name]()(np.array([0, 1, far, 2]), CODES)


# Losses of pairs, and central similarity, read several labels a picture.
ONE_LABEL = {**CLASSES, "margins": losses.AdaptiveTripletLoss("given")}
del ONE_LABEL["central-similarity"]


@pytest.mark.parametrize("name", ONE_LABEL)
def test_one_hot_targets_are_told_in_one_line_in_fit(name):
    shape = (3, 6) if name == "margins" else (6,)
    model = tf.keras.Sequential([tf.keras.Input(shape), tf.keras.layers.Activation("linear")])
    model.compile("sgd", ONE_LABEL[name], jit_compile=False)
    x = np.broadcast_to(CODES[:, None], (4, 3, 6)) if name == "margins" else CODES
    data = tf.data.Dataset.from_tensor_slices((x, np.eye(4, dtype=np.int64))).batch(4)
    with pytest.raises(ValueError, match=r"(labels|margins) must be \[B\] or \[B, 1\]"):
        model.fit(data, verbose=0)


def test_labels_whose_number_is_known_late_are_told_too():
    signature = [tf.TensorSpec(None, tf.int64), tf.TensorSpec([None, 6])]
    step = tf.function(PAIRS["hard"].call, input_signature=signature)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"labels must be \[B\] or \[B, 1\]"):
        step(tf.one_hot([0, 1, 2, 2], 4, dtype=tf.int64), tf.constant(CODES))
    np.testing.assert_allclose(
        step(tf.constant(FAR[:, None]), tf.constant(CODES)), PAIRS["hard"].call(FAR, CODES)
    )


@pytest.mark.parametrize("wrong", [[0.5, 1, 2, 2], [np.nan, 1, 2, 2]])
def test_labels_that_are_no_whole_numbers_are_refused(wrong):
    for loss in (*PAIRS.values(), *CLASSES.values()):
        with pytest.raises(tf.errors.InvalidArgumentError, match="whole numbers"):
            loss(np.array(wrong, np.float32), CODES)
