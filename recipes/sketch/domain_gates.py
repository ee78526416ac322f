"""What domain-aware gates make of a sketch and of a photo."""

import numpy as np
import tensorflow as tf

from data_pipelines import steps
from data_pipelines.records import PHOTO, SKETCH
from recipes.common.opened import Opened
from recipes.sketch.data import SketchData
from recipes.sketch.settings import SketchSettings
from tfretrieval.layers import DomainAwareSqueezeExcite

# Pictures of each domain whose gates are looked at.
GATED = 64


def gates_by_domain(
    opened: Opened[SketchSettings, SketchData], encoder: tf.keras.Model
) -> dict[str, np.ndarray]:
    """Layer -> mean gate of every channel, ``[2, C]``: told of the same pictures that they are
    sketches, and that they are photos. Empty without domain-aware gates."""
    layers = [x for x in encoder.layers if isinstance(x, DomainAwareSqueezeExcite)]
    if not layers:
        return {}
    config, data = opened.config, opened.data
    generator = np.random.default_rng(config.seed)
    shown = [generator.permutation(part)[:GATED] for part in (data.query, data.database)]
    batches = steps.mirrored_batches(
        data.records,
        np.concatenate(shown),
        image_size=config.image_size,
        batch_size=config.batch_size,
    )
    maps = tf.keras.Model(encoder.input, [layer.input[0] for layer in layers])
    gates: dict[str, list[np.ndarray]] = {layer.name: [] for layer in layers}
    for inputs in batches:
        for layer, x in zip(layers, tf.nest.flatten(maps(inputs, training=False)), strict=True):
            told = [layer.gate([x, tf.fill([len(x)], domain)]) for domain in (SKETCH, PHOTO)]
            gates[layer.name].append(np.stack(told))
    return {name: np.concatenate(parts, axis=1).mean(axis=1) for name, parts in gates.items()}
