import types

import pytest
import tensorflow as tf

from tfretrieval import saliency
from tfretrieval.backbones import resnet18, resnet18_i
from tfretrieval.saliency import stages

layers = tf.keras.layers


@pytest.mark.parametrize("build", [resnet18, resnet18_i])
@pytest.mark.parametrize("classes", [None, 3])
def test_ends_of_the_stages_of_resnet18(build, classes):
    ends = stages(build((128, 128, 3), width=4, num_classes=classes))
    assert ends[:4] == ["stem_relu", *(f"stage{i}_block2_out" for i in (1, 2, 3))]
    last = "stage4_block2_out" if build is resnet18 else "inception_resnet_c"
    assert ends[4:] == [last]


def test_a_trimmed_map_is_the_same_stage_and_branches_are_left_out():
    image = tf.keras.Input((64, 64, 3))
    x = layers.Rescaling(1 / 255)(image)
    x = layers.Conv2D(4, 3, strides=2, name="stem")(x)
    x = layers.Conv2D(4, 3, name="trimmed")(x)
    x = layers.Concatenate(name="mixed")([x, x])
    branch = layers.Conv2D(4, 3, strides=2, name="long")(layers.Conv2D(4, 1, name="inside")(x))
    x = layers.Concatenate(name="reduced")([branch, layers.MaxPooling2D(3, 2, name="short")(x)])
    gate = layers.Conv2D(12, 1)(layers.GlobalAveragePooling2D(keepdims=True)(x))
    x = layers.Multiply(name="gated")([x, gate])
    x = layers.Conv2D(5, 1, name="narrow")(x)
    assert stages(tf.keras.Model(image, x)) == ["mixed", "narrow"]


def test_a_network_without_maps_has_no_stages():
    image = tf.keras.Input((8, 8, 3))
    assert stages(tf.keras.Model(image, layers.Flatten()(image))) == []


def test_no_exported_name_is_hidden_by_a_module():
    names = [getattr(saliency, name) for name in saliency.__all__]
    assert not any(isinstance(value, types.ModuleType) for value in names)
