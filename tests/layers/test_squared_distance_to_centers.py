import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_layer, mixed_precision
from tests.golden_files import assert_matches, golden
from tests.replicas import on_two_replicas
from tfretrieval.layers import SquaredDistanceToCenters, center_update

RNG = np.random.default_rng(0)
X = RNG.standard_normal((7, 5)).astype(np.float32)
CENTERS = RNG.standard_normal((4, 5)).astype(np.float32)
LABELS = np.array([2, 0, 2, 2, 1, 0, 2])


def with_centers(centers=CENTERS, **kwargs):
    layer = SquaredDistanceToCenters(len(centers), **kwargs)
    layer.build((None, centers.shape[1]))
    layer.set_weights([centers])
    return layer


def moved(centers, x, labels, rate=0.5):
    """The rule by loops."""
    after = centers.astype(np.float64)
    for j, center in enumerate(centers):
        members = x[labels == j]
        after[j] -= rate * sum(center - member for member in members) / (1 + len(members))
    return after


def test_contract():
    check_layer(lambda: SquaredDistanceToCenters(4), X)


@pytest.mark.parametrize("update", ["gradient", "running"])
@pytest.mark.parametrize("offset", [0, 100], ids=["around-zero", "far-from-zero"])
def test_equals_the_differences(update, offset):
    x, centers = X + np.float32(offset), CENTERS + np.float32(offset)
    expected = np.square(x[:, None] - centers[None]).sum(-1)
    np.testing.assert_allclose(with_centers(centers, update=update)(x), expected, atol=2e-4)


def test_rounding_below_zero_is_cut_but_not_its_gradient():
    centers = np.random.default_rng(1).standard_normal((50, 64)).astype(np.float32) * 30
    x = tf.constant(centers + np.float32(1e-4))
    layer = with_centers(centers)
    with tf.GradientTape() as tape:
        tape.watch(x)
        own = tf.linalg.diag_part(layer(x))
        total = tf.reduce_sum(own)
    gradient = tape.gradient(total, x).numpy()
    assert own.numpy().min() == 0 and gradient[own.numpy() == 0].all()
    np.testing.assert_allclose(gradient, 2 * (x - centers), atol=1e-4)


def test_running_centers_move_as_golden():
    file = golden("center_loss")
    centers, x, labels = file["centers"], file["features"], file["labels"]
    layer = with_centers(centers, update="running", rate=float(file["alpha"]))
    assert_matches(center_update(centers, x, labels), file["delta_centers"])
    layer([x, labels], training=True)
    assert_matches(layer.get_weights()[0], file["centers_after"])


@pytest.mark.parametrize("mode", ["eager", "graph", "xla"])
@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint8, np.float32])
@pytest.mark.parametrize("column", [False, True], ids=["[B]", "[B, 1]"])
def test_running_distances_are_to_the_old_centers_and_then_these_move(mode, dtype, column):
    layer = with_centers(update="running", rate=0.3)
    labels = LABELS.astype(dtype)
    labels = labels[:, None] if column else labels

    def call(x, y):
        return layer([x, y], training=True)

    step = call if mode == "eager" else tf.function(call, jit_compile=mode == "xla")
    before = with_centers()(X).numpy()
    np.testing.assert_allclose(step(tf.constant(X), tf.constant(labels)), before, rtol=1e-4)
    after = moved(CENTERS, X, LABELS, 0.3)
    np.testing.assert_allclose(layer.get_weights()[0], after, rtol=1e-4, atol=1e-6)


def test_running_centers_rest_in_inference_when_frozen_and_without_their_class():
    layer = with_centers(update="running")
    for inputs in (X, [X], [X, LABELS]):
        layer(inputs, training=False)
    layer.trainable = False
    layer([X, LABELS], training=True)
    np.testing.assert_array_equal(layer.get_weights()[0], CENTERS)
    layer.trainable = True
    layer([X[:0], LABELS[:0]], training=True)
    np.testing.assert_array_equal(layer.get_weights()[0], CENTERS)
    layer([X[1:2], LABELS[1:2]], training=True)
    still = (layer.get_weights()[0] == CENTERS).all(axis=1)
    assert still.tolist() == [False, True, True, True]


def test_running_centers_get_no_gradient():
    layer = with_centers(update="running")
    assert not layer.trainable_variables and len(layer.non_trainable_variables) == 1
    assert len(with_centers(update="gradient").trainable_variables) == 1


@pytest.mark.parametrize("update", ["gradient", "running"])
def test_two_inputs_fit_survive_a_keras_file_and_export_without_the_label(update, tmp_path):
    image, label = (
        tf.keras.Input((5,), name="image"),
        tf.keras.Input((), dtype="int32", name="label"),
    )
    layer = SquaredDistanceToCenters(4, update, name="out")
    model = tf.keras.Model({"image": image, "label": label}, layer([image, label]))
    layer.set_weights([CENTERS])
    model.compile(tf.keras.optimizers.SGD(0.0), "mse", jit_compile=False)
    batch = ({"image": X, "label": LABELS}, np.zeros((7, 4), np.float32))
    model.fit(tf.data.Dataset.from_tensors(batch), verbose=0)
    expected = moved(CENTERS, X, LABELS) if update == "running" else CENTERS
    np.testing.assert_allclose(layer.get_weights()[0], expected, rtol=1e-4, atol=1e-6)

    model.save(tmp_path / "model.keras")
    loaded = tf.keras.models.load_model(tmp_path / "model.keras")
    distances = model.predict(batch[0], verbose=0)
    np.testing.assert_allclose(loaded.predict(batch[0], verbose=0), distances, rtol=1e-5)

    alone = tf.keras.Model(image, layer(image))
    np.testing.assert_allclose(alone.predict(X, verbose=0), distances, rtol=1e-5)
    alone.export(tmp_path / "savedmodel")
    served = tf.saved_model.load(str(tmp_path / "savedmodel"))
    outputs = served.signatures["serving_default"](image=tf.constant(X))
    np.testing.assert_allclose(next(iter(outputs.values())), distances, rtol=1e-5)


@pytest.mark.parametrize("update", ["gradient", "running"])
def test_distances_are_float32_under_mixed_precision(update):
    with mixed_precision():
        layer = with_centers(update=update)
        distances = layer([tf.cast(X, tf.float16), LABELS], training=True)
    assert distances.dtype == tf.float32
    np.testing.assert_allclose(distances, with_centers()(X), rtol=0.01, atol=0.01)


@pytest.mark.parametrize("update", ["gradient", "running"])
def test_a_thousand_classes_cost_no_batch_by_classes_by_features_tensor(update):
    batch, classes, width = 256, 1000, 2048
    layer = SquaredDistanceToCenters(classes, update, initializer="zeros")
    layer.build((batch, width))

    @tf.function
    def step(x, labels):
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = tf.reduce_sum(layer([x, labels], training=True))
        return tape.gradient(value, [x, *tape.watched_variables()])

    signature = tf.TensorSpec([batch, width]), tf.TensorSpec([batch], tf.int32)
    graph = step.get_concrete_function(*signature).graph
    shapes = [tensor.shape for op in graph.get_operations() for tensor in op.outputs]
    sizes = [shape.num_elements() or 0 for shape in shapes if shape.rank is not None]
    assert max(sizes) == classes * width


def centers_after(strategy, update):
    """The centers after two epochs of three batches."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((24, 5)).astype(np.float32)
    labels = rng.integers(0, 4, 24).astype(np.int32)
    with strategy.scope():
        image = tf.keras.Input((5,), name="image")
        label = tf.keras.Input((), dtype="int32", name="label")
        layer = SquaredDistanceToCenters(5, update, initializer="zeros")
        features = tf.keras.layers.Dense(4, use_bias=False, name="features")
        model = tf.keras.Model({"image": image, "label": label}, layer([features(image), label]))
        features.set_weights([rng.standard_normal((5, 4))])
        model.compile(tf.keras.optimizers.SGD(0.01), "mse", jit_compile=False)
    data = ({"image": x, "label": labels}, np.zeros((24, 5), np.float32))
    model.fit(tf.data.Dataset.from_tensor_slices(data).batch(8), epochs=2, verbose=0)
    return layer.get_weights()[0]


@pytest.mark.parametrize("update", ["running", "gradient"])
def test_two_replicas_of_half_a_batch_move_the_centers_as_one_of_all(update, eager_training):
    one = centers_after(tf.distribute.get_strategy(), update)
    assert np.abs(one[:4]).min() > 0
    two = on_two_replicas(centers_after, update)
    np.testing.assert_allclose(two, one, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"num_classes": 0}, "at least 1"),
        ({"num_classes": 3, "update": "mean"}, "one of"),
        ({"num_classes": 3, "rate": 0.0}, "rate"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        SquaredDistanceToCenters(**arguments)


def test_refuses_maps_running_centers_without_labels_and_labels_that_are_no_class():
    with pytest.raises(ValueError, match=r"\[B, D\]"):
        SquaredDistanceToCenters(4)(X[:, None])
    layer = with_centers(update="running")
    with pytest.raises(ValueError, match="need the labels"):
        layer(X, training=True)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"labels must lie in \[0, 4\)"):
        layer([X, LABELS + 2], training=True)
    np.testing.assert_array_equal(layer.get_weights()[0], CENTERS)
