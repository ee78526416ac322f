import numpy as np
import pytest
import tensorflow as tf

from tfretrieval.backbones import resnet18
from tfretrieval.models import classifier
from tfretrieval.saliency import ClassActivationLocalizer, Localizer, grey_maps

layers = tf.keras.layers
IMAGES = np.random.default_rng(0).uniform(0, 255, (5, 64, 64, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def network():
    tf.keras.utils.set_random_seed(0)
    return classifier(resnet18((64, 64, 3), width=4), num_classes=7)


def test_equals_the_loop(network):
    localizer = ClassActivationLocalizer(network)
    assert localizer.layer == "stage4_block2_out" and localizer.map_shape == (2, 2)
    both = tf.keras.Model(
        network.input, [network.get_layer(localizer.layer).output, network.output]
    )
    maps, logits = (x.numpy().astype(np.float64) for x in both(IMAGES))
    kernel = network.get_layer("logits").get_weights()[0]
    expected = [
        sum(kernel[c, row.argmax()] * picture[..., c] for c in range(kernel.shape[0]))
        for picture, row in zip(maps, logits, strict=True)
    ]
    difference = localizer(IMAGES).numpy().astype(int) - grey_maps(np.stack(expected)).numpy()
    assert np.abs(difference).max() <= 1


def object_network():
    """Class 0 looks at red and class 1 at blue; blue is brighter in the sum of the channels."""
    image = tf.keras.Input((32, 32, 3))
    x = layers.AveragePooling2D(4, name="map")(image)
    x = layers.GlobalAveragePooling2D()(x)
    model = tf.keras.Model(image, layers.Dense(2, activation="softmax", name="logits")(x))
    model.set_weights([np.array([[2.0, 0], [0, 0], [0, 1]], np.float32), np.zeros(2, np.float32)])
    return model


def test_the_object_of_another_class_is_left_out():
    picture = np.zeros((1, 32, 32, 3), np.float32)
    picture[0, :8, :8, 0] = 200
    picture[0, 24:, 24:, 2] = 255
    model = object_network()
    summed = Localizer(model)(picture).numpy()[0]
    by_class = ClassActivationLocalizer(model)(picture).numpy()[0]
    assert summed[0, 0] == 200 and summed[-1, -1] == 255
    assert by_class[0, 0] == 255 and by_class[-1, -1] == 0
    blue = picture * [0, 0, 1]
    assert ClassActivationLocalizer(model)(blue).numpy()[0][-1, -1] == 255


def test_eager_graph_xla_and_data_agree():
    localizer = ClassActivationLocalizer(object_network())
    pictures = IMAGES[:, :32, :32]
    eager = localizer(pictures).numpy().astype(int)
    graph = tf.function(localizer, [tf.TensorSpec([None, 32, 32, 3], tf.float32)])(pictures)
    xla = tf.function(localizer, jit_compile=True)(pictures)
    data = tf.data.Dataset.from_tensor_slices(pictures).batch(2).map(localizer)
    for other in (graph, xla, np.concatenate(list(data.as_numpy_iterator()))):
        assert np.abs(np.asarray(other).astype(int) - eager).max() <= 1
    assert localizer(pictures[:0]).shape == (0, 8, 8)


def test_a_saved_model_gives_the_same_maps(tmp_path):
    module = tf.Module()
    module.localizer = ClassActivationLocalizer(object_network())
    signature = [tf.TensorSpec([None, 32, 32, 3], tf.float32)]
    module.look = tf.function(lambda x: module.localizer(x), input_signature=signature)
    tf.saved_model.save(module, str(tmp_path / "model"))
    loaded = tf.saved_model.load(str(tmp_path / "model"))
    pictures = IMAGES[:, :32, :32]
    np.testing.assert_array_equal(loaded.look(pictures), module.look(pictures))


def test_mixed_precision():
    tf.keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        model = object_network()
    finally:
        tf.keras.mixed_precision.set_global_policy("float32")
    picture = np.zeros((1, 32, 32, 3), np.float32)
    picture[0, :8, :8, 0] = 200
    maps = ClassActivationLocalizer(model)(picture).numpy()[0]
    assert maps[0, 0] == 255 and maps[-1, -1] == 0


def test_identity_covers_the_dense_layer(network):
    identity = ClassActivationLocalizer(network).identity
    plain = Localizer(network, "stage4_block2_out").identity
    assert identity["reduction"] == "class" and plain["reduction"] == "sum"
    model = object_network()
    localizer = ClassActivationLocalizer(model)
    before = localizer.identity["weights"]
    model.set_weights([w + 1 for w in model.get_weights()])
    assert localizer.identity["weights"] != before


def no_pooling(x):
    return layers.Dense(2, name="logits")(layers.Flatten()(x))


def a_layer_between(x):
    x = layers.Dense(4)(layers.GlobalAveragePooling2D()(x))
    return layers.Dense(2, name="logits")(x)


def maximum_pooling(x):
    return layers.Dense(2, name="logits")(layers.GlobalMaxPooling2D()(x))


def kept_sides(x):
    return layers.Dense(2, name="logits")(layers.GlobalAveragePooling2D(keepdims=True)(x))


def another_name(x):
    return layers.Dense(2, name="classes")(layers.GlobalAveragePooling2D()(x))


@pytest.mark.parametrize(
    "head", [no_pooling, a_layer_between, maximum_pooling, kept_sides, another_name]
)
def test_networks_that_end_otherwise_are_refused(head):
    image = tf.keras.Input((16, 16, 3))
    model = tf.keras.Model(image, head(layers.Conv2D(4, 3)(image)), name="other")
    with pytest.raises(ValueError, match="Dense 'logits'; other does not") as error:
        ClassActivationLocalizer(model)
    assert "\n" not in str(error.value)


def test_a_network_without_an_input_is_refused():
    pieces = [layers.Conv2D(4, 3), layers.GlobalAveragePooling2D(), layers.Dense(2, name="logits")]
    with pytest.raises(ValueError, match="with a fixed S"):
        ClassActivationLocalizer(tf.keras.Sequential(pieces))


def test_a_sequential_network_that_grew_layer_by_layer():
    grown = tf.keras.Sequential()
    for layer in (
        layers.Input((64, 64, 3)),
        layers.Conv2D(4, 3, 4, name="first"),
        layers.Conv2D(5, 3, name="map"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(7, name="logits"),
        layers.Softmax(),
    ):
        grown.add(layer)
    at_once = tf.keras.Sequential([layers.Input((64, 64, 3)), *grown.layers])
    localizer = ClassActivationLocalizer(grown)
    assert localizer.layer == "map"
    maps = grown.get_layer("map")(grown.get_layer("first")(IMAGES)).numpy()
    kernel, chosen = grown.get_layer("logits").get_weights()[0], at_once(IMAGES).numpy().argmax(1)
    expected = grey_maps(np.einsum("bhwc,cb->bhw", maps, kernel[:, chosen])).numpy().astype(int)
    assert np.abs(localizer(IMAGES).numpy() - expected).max() <= 1


def test_the_dense_layer_may_have_another_name():
    image = tf.keras.Input((16, 16, 3))
    model = tf.keras.Model(image, another_name(layers.Conv2D(4, 3, name="map")(image)))
    assert ClassActivationLocalizer(model, "classes").layer == "map"
