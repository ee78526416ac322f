import json

import numpy as np
import pytest
import tensorflow as tf

from tfretrieval import saliency
from tfretrieval.backbones import resnet18
from tfretrieval.saliency import Localizer, grey_maps

layers = tf.keras.layers
IMAGES = np.random.default_rng(0).uniform(0, 255, (5, 64, 64, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def network():
    tf.keras.utils.set_random_seed(0)
    return resnet18((64, 64, 3), width=4, num_classes=3)


def test_sums_the_channels_of_the_layer(network):
    localizer = Localizer(network, "stage3_block2_out")
    maps = tf.keras.Model(network.input, network.get_layer("stage3_block2_out").output)(IMAGES)
    found = localizer(IMAGES)
    assert found.dtype == tf.uint8 and found.shape == (5, *localizer.map_shape) == (5, 4, 4)
    expected = grey_maps(maps.numpy().astype(np.float64).sum(-1)).numpy().astype(int)
    assert np.abs(found.numpy() - expected).max() <= 1
    luma = Localizer(network, "stage3_block2_out", grey="viridis_luma")(IMAGES)
    np.testing.assert_array_equal(luma, grey_maps(tf.reduce_sum(maps, -1), "viridis_luma"))


@pytest.mark.parametrize(
    ("size", "layer", "map_shape"),
    [
        (299, "stage4_block2_out", (10, 10)),
        (128, "stage4_block2_out", (4, 4)),
        (64, "stage3_block2_out", (4, 4)),
        (16, "stage1_block2_out", (4, 4)),
        (4, "stage4_block2_out", (1, 1)),
    ],
)
def test_the_default_is_the_deepest_map_of_four_cells(size, layer, map_shape):
    localizer = Localizer(resnet18((size, size, 3), width=2, num_classes=2))
    assert (localizer.layer, localizer.image_size) == (layer, size)
    assert localizer.map_shape == map_shape
    assert localizer(tf.random.uniform([2, size, size, 3])).shape == (2, *map_shape)


def test_maps_are_at_most_32_cells_wide():
    image = tf.keras.Input((80, 80, 3))
    model = tf.keras.Model(image, layers.Conv2D(2, 3, padding="same", name="map")(image))
    localizer = Localizer(model)
    pictures = np.zeros((2, 80, 80, 3), np.float32)
    pictures[0, 40:, :40] = 255
    model.get_layer("map").set_weights([np.ones((3, 3, 3, 2), np.float32), np.zeros(2)])
    maps = localizer(pictures).numpy()
    assert maps.shape == (2, 32, 32) and localizer.map_shape == (32, 32)
    assert maps[0, 18:, :14].min() > 150 and maps[0, :14].max() == 0
    # The picture without content has a constant map: the whole of it is the subject.
    boxes = saliency.boxes(maps, 0.4).numpy()
    np.testing.assert_allclose(boxes[0], [0.5, 0, 1, 0.5], atol=1 / 32)
    assert boxes[1].tolist() == [0, 0, 1, 1]


def test_sequential_networks_and_the_layer_of_a_loaded_one(tmp_path):
    model = tf.keras.Sequential(
        [layers.Input((32, 32, 3)), layers.Conv2D(3, 3, 2, name="map"), layers.Flatten()]
    )
    model.save(tmp_path / "model.keras")
    loaded = tf.keras.models.load_model(tmp_path / "model.keras")
    first, second = Localizer(model), Localizer(loaded)
    assert first.layer == "map" and first.identity == second.identity
    np.testing.assert_array_equal(first(IMAGES[:, :32, :32]), second(IMAGES[:, :32, :32]))


def test_runs_in_inference_mode_and_alone_as_in_a_batch(network):
    localizer = Localizer(network)
    before = network.get_weights()
    together = localizer(IMAGES).numpy().astype(int)
    alone = np.concatenate([localizer(IMAGES[i : i + 1]) for i in range(5)])
    assert np.abs(together - alone).max() <= 1
    for old, new in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert localizer(IMAGES[:0]).shape == (0, *localizer.map_shape)


def test_eager_graph_xla_and_data_agree(network):
    localizer = Localizer(network)
    eager = localizer(IMAGES).numpy().astype(int)
    graph = tf.function(localizer, [tf.TensorSpec([None, None, None, 3], tf.float32)])(IMAGES)
    xla = tf.function(localizer, jit_compile=True)(IMAGES)
    data = tf.data.Dataset.from_tensor_slices(IMAGES).batch(2).map(localizer)
    for other in (graph, xla, np.concatenate(list(data.as_numpy_iterator()))):
        assert np.abs(np.asarray(other).astype(int) - eager).max() <= 1


def test_a_saved_model_gives_the_same_boxes(tmp_path):
    image = tf.keras.Input((64, 64, 3))
    x = layers.BatchNormalization()(layers.Conv2D(4, 3, 4)(image))
    module = tf.Module()
    module.localizer = Localizer(tf.keras.Model(image, layers.ReLU()(x)))

    @tf.function(input_signature=[tf.TensorSpec([None, 64, 64, 3], tf.float32)])
    def find(images):
        maps = module.localizer(images)
        return {"maps": maps, "boxes": saliency.boxes(maps, 0.4)}

    module.find = find
    tf.saved_model.save(module, str(tmp_path / "model"), signatures={"find": find})
    loaded = tf.saved_model.load(str(tmp_path / "model"))
    found, expected = loaded.signatures["find"](images=tf.constant(IMAGES)), find(IMAGES)
    for name in expected:
        np.testing.assert_array_equal(found[name], expected[name])


def test_mixed_precision_sums_in_float32():
    tf.keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        image = tf.keras.Input((16, 16, 3))
        model = tf.keras.Model(image, layers.Conv2D(64, 1, use_bias=False, name="map")(image))
    finally:
        tf.keras.mixed_precision.set_global_policy("float32")
    # 64 channels of 15,300 each: their sum is beyond float16.
    model.set_weights([np.full((1, 1, 3, 64), 20, np.float32)])
    pictures = np.linspace(0, 1, 256).reshape(1, 16, 16, 1) * np.full(3, 255.0)
    assert model(pictures.astype(np.float32)).dtype == tf.float16
    maps = Localizer(model)(pictures.astype(np.float32)).numpy()
    assert np.abs(maps.reshape(-1) - np.arange(256.0)).max() <= 1


def test_identity_names_all_that_a_map_depends_on(network):
    first = Localizer(network).identity
    assert json.loads(json.dumps(first)) == first == Localizer(network).identity
    assert {k: v for k, v in first.items() if k != "weights"} == {
        "network": "resnet18",
        "layer": "stage3_block2_out",
        "image_size": 64,
        "grey": "minmax",
        "reduction": "sum",
    }
    assert len(first["weights"]) == 16 and int(first["weights"], 16) >= 0
    assert Localizer(network, "stage2_block2_out").identity["weights"] != first["weights"]
    assert Localizer(network, grey="viridis_luma").identity["grey"] == "viridis_luma"


def test_the_network_is_kept_but_not_exported(network):
    localizer = Localizer(network, "stage1_block1_out")
    assert localizer.source is network and localizer.network == "resnet18"
    assert "source" not in localizer._trackable_children()


def test_identity_follows_the_weights():
    model = resnet18((32, 32, 3), width=2)
    localizer = Localizer(model, "stage1_block1_out")
    before = localizer.identity["weights"]
    deeper = model.get_layer("stage4_block2_conv2")
    deeper.set_weights([w + 1 for w in deeper.get_weights()])
    assert localizer.identity["weights"] == before
    model.get_layer("stem_conv").set_weights(
        [w + 1 for w in model.get_layer("stem_conv").get_weights()]
    )
    assert localizer.identity["weights"] != before


def one_line(error) -> str:
    assert "\n" not in str(error.value)
    return str(error.value)


def test_an_unknown_layer_names_near_ones(network):
    with pytest.raises(ValueError, match="no layer 'stage4_block2'; near it: ") as error:
        Localizer(network, "stage4_block2")
    assert "stage4_block2_out" in one_line(error)
    with pytest.raises(ValueError, match="no layer '#'") as error:
        Localizer(network, "#")
    assert "near" not in one_line(error)


@pytest.mark.parametrize("layer", ["features", "logits", "image"])
def test_a_layer_that_is_no_map_is_refused(network, layer):
    with pytest.raises(ValueError, match=f"{layer}.*no map") as error:
        Localizer(network, layer)
    one_line(error)


@pytest.mark.parametrize("shape", [(None, None, 3), (64, 32, 3), (32, 32, 1), (32, 32)])
def test_an_input_that_is_no_square_picture_is_refused(shape):
    image = tf.keras.Input(shape)
    model = tf.keras.Model(image, layers.Dense(2)(image))
    with pytest.raises(ValueError, match="with a fixed S, not") as error:
        Localizer(model)
    one_line(error)


def test_other_networks_are_refused():
    image = tf.keras.Input((8, 8, 3))
    with pytest.raises(ValueError, match="no layer of flat gives a map"):
        Localizer(tf.keras.Model(image, layers.Flatten()(image), name="flat"))
    inner = resnet18((8, 8, 3), width=2)
    nested = tf.keras.Model(image, layers.Flatten()(inner(image)), name="nested")
    for layer in ("resnet18", None):
        with pytest.raises(ValueError, match="'resnet18' is a network of its own") as error:
            Localizer(nested, layer)
        one_line(error)
    two = tf.keras.Model([image, tf.keras.Input((2,))], image)
    with pytest.raises(ValueError, match="with a fixed S"):
        Localizer(two)
    with pytest.raises(ValueError, match="grey must be one of"):
        Localizer(inner, grey="jet")


def test_pictures_of_another_size_are_refused(network):
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError), match="64"):
        Localizer(network)(IMAGES[:, :32])
