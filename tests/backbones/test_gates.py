import numpy as np
import pytest
import tensorflow as tf

from tfretrieval.backbones.gates import inputs_and_gate
from tfretrieval.layers import DomainAwareSqueezeExcite, SqueezeExcite


@pytest.mark.parametrize("aware", [False, True])
def test_blocks_of_the_named_stages_know_the_domain_and_all_pass_at_first(aware):
    image = tf.keras.Input((4, 4, 32), name="image")
    inputs, gate = inputs_and_gate(image, aware, ("early",))
    model = tf.keras.Model(inputs, gate(gate(image, "early_block1"), "late_block1"))
    early = model.get_layer("early_block1_dase" if aware else "early_block1_se")
    assert type(early) is (DomainAwareSqueezeExcite if aware else SqueezeExcite)
    assert type(model.get_layer("late_block1_se")) is SqueezeExcite
    x = np.random.default_rng(0).standard_normal((2, 4, 4, 32)).astype(np.float32)
    given = {"image": x, "domain": np.array([0, 1])} if aware else x
    np.testing.assert_allclose(model(given), x, rtol=1e-6)
