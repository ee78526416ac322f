import subprocess
import sys

import tensorflow as tf

from tfretrieval.backbones import resnet50
from tfretrieval.layers import Fold, GeM, HashLayer, InceptionResNetC
from tfretrieval.losses import AdaptiveTripletLoss, InBatch
from tfretrieval.models import descriptor, load_model, multi_scale

LOAD = """
import sys, tfretrieval
for path in sys.argv[1:]:
    tfretrieval.models.load_model(path).summary()
"""


def save_layers_and_losses(path):
    inputs = tf.keras.Input((2, 4, 4, 3))
    x = InceptionResNetC(2, (2, 2, 2))(Fold()(inputs))
    codes = HashLayer(4, name="codes")(tf.keras.layers.GlobalAveragePooling2D()(x))
    model = tf.keras.Model(inputs, codes)
    model.compile(loss={"codes": InBatch(AdaptiveTripletLoss("batch"))}, jit_compile=False)
    model.save(path)


def save_a_descriptor_of_several_scales_on_a_keras_network(path):
    # CaffePreprocess before the network, Rescale and PowerMean around it.
    small = resnet50((None, None, 3))
    backbone = tf.keras.Model(small.input, small.get_layer("pool1_pool").output)
    model = multi_scale(descriptor(backbone, GeM()), (1.0, 0.5))
    model.save(path)


def test_a_fresh_process_loads_what_this_package_is_made_of(tmp_path):
    first, second = tmp_path / "codes.keras", tmp_path / "descriptors.keras"
    save_layers_and_losses(first)
    save_a_descriptor_of_several_scales_on_a_keras_network(second)
    command = [sys.executable, "-c", LOAD, str(first), str(second)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "codes" in done.stdout and "multi_scale" in done.stdout


def test_what_keras_takes_is_taken(tmp_path):
    class Own(tf.keras.layers.Layer):
        def call(self, inputs):
            return inputs

    model = tf.keras.Sequential([tf.keras.Input((3,)), Own(), HashLayer(4)])
    model.compile("sgd", "mse", jit_compile=False)
    model.save(tmp_path / "model.keras")
    objects = {"Own": Own}
    assert load_model(tmp_path / "model.keras", objects).optimizer is not None
    plain = load_model(tmp_path / "model.keras", objects, compile=False)
    assert getattr(plain, "optimizer", None) is None
