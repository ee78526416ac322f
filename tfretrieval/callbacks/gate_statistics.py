"""What squeeze-and-excitation gates do, while they are trained."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tfretrieval.layers import DomainAwareSqueezeExcite, SqueezeExcite


class GateStatistics(tf.keras.callbacks.Callback):
    """Adds to the logs of an epoch where the gates of a network stand.

    Of a fixed batch, after every epoch, over all gates of all layers: ``gate_mean`` and
    ``gate_spread``, the mean and the standard deviation over pictures and channels; with
    domain-aware gates ``gate_domains``, the mean absolute difference of a gate that is told of a
    sketch and one that is told, of the same picture, of a photograph. Gates that all stand at one
    value weigh nothing, and where ``gate_domains`` stays near 0 no domain is known.

    Source: none, our choice.

    Args:
        inputs: a batch that the model reads.

    >>> inputs = tf.keras.Input((4, 4, 3))
    >>> gated = SqueezeExcite(reduction=1)(inputs)
    >>> model = tf.keras.Model(inputs, tf.keras.layers.GlobalAveragePooling2D()(gated))
    >>> model.compile("sgd", "mse")
    >>> watch = GateStatistics(tf.ones([2, 4, 4, 3]))
    >>> history = model.fit(tf.ones([2, 4, 4, 3]), tf.ones([2, 3]), callbacks=[watch], verbose=0)
    >>> sorted(history.history)
    ['gate_mean', 'gate_spread', 'loss']
    """

    def __init__(self, inputs: Any):
        super().__init__()
        self.inputs = inputs

    def figures(self) -> dict[str, float]:
        """The figures of the model as it is; none of a model without gates."""
        plain = [x for x in self.model.layers if isinstance(x, SqueezeExcite)]
        aware = [x for x in self.model.layers if isinstance(x, DomainAwareSqueezeExcite)]
        if not plain and not aware:
            return {}
        wanted = [layer.input for layer in plain] + [layer.input[0] for layer in aware]
        reads = tf.keras.Model(self.model.input, wanted)
        maps = tf.nest.flatten(reads(self.inputs, training=False))
        gates = [layer.gate(x) for layer, x in zip(plain, maps, strict=False)]
        apart = []
        for layer, x in zip(aware, maps[len(plain) :], strict=True):
            told = [layer.gate([x, tf.fill([len(x)], domain)]) for domain in (0, 1)]
            gates += told
            apart.append(tf.reduce_mean(tf.abs(told[0] - told[1])))
        flat = np.concatenate([np.asarray(gate, np.float32).ravel() for gate in gates])
        found = {"gate_mean": float(flat.mean()), "gate_spread": float(flat.std())}
        if apart:
            found["gate_domains"] = float(np.mean(apart))
        return found

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            logs.update(self.figures())
