"""The learning rate of sketch retrieval."""

from typing import Any

import tensorflow as tf


@tf.keras.utils.register_keras_serializable(package="recipes")
class ConstantThenLinear(tf.keras.optimizers.schedules.LearningRateSchedule):
    """The rate for half of the steps, then falling to zero in a straight line (Lu et al. 2021)."""

    def __init__(self, rate: float, steps: int):
        self.rate, self.steps = rate, steps

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        done = tf.cast(step, tf.float32) / self.steps
        return self.rate * tf.clip_by_value(2 - 2 * done, 0.0, 1.0)

    def get_config(self) -> dict[str, Any]:
        return {"rate": self.rate, "steps": self.steps}
