import subprocess
import sys

import tensorflow as tf

from tfretrieval.layers import Fold, HashLayer, InceptionResNetC
from tfretrieval.losses import AdaptiveTripletLoss, InBatch


def test_a_fresh_process_loads_layers_and_losses(tmp_path):
    inputs = tf.keras.Input((2, 4, 4, 3))
    x = InceptionResNetC(2, (2, 2, 2))(Fold()(inputs))
    codes = HashLayer(4, name="codes")(tf.keras.layers.GlobalAveragePooling2D()(x))
    model = tf.keras.Model(inputs, codes)
    model.compile(loss={"codes": InBatch(AdaptiveTripletLoss("batch"))}, jit_compile=False)
    model.save(tmp_path / "model.keras")
    script = "import sys, tfretrieval; tfretrieval.models.load_model(sys.argv[1]).summary()"
    command = [sys.executable, "-c", script, str(tmp_path / "model.keras")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and "codes" in done.stdout, done.stderr[-2000:]
