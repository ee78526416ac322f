"""Whitening learned from pairs of the training part, as the network describes them."""

import numpy as np
import tensorflow as tf

from data_pipelines.instance_catalogue import InstanceData
from recipes.common.opened import Opened
from recipes.instance.descriptors import describe
from recipes.instance.pooled import Pooled
from recipes.instance.settings import InstanceSettings
from tfretrieval.fitting import LearnedWhitening

# Pairs that whitening is learned from.
PAIRS = 5000


def learn_whitening(
    opened: Opened[InstanceSettings, InstanceData],
    loss: str,
    encoder: tf.keras.Model,
    seen: Pooled | None = None,
) -> LearnedWhitening:
    """The whitening of a network that this loss has trained.

    Args:
        seen: what a frozen network says of the pictures, whose features the encoder reads.
    """
    config, train = opened.config, opened.data.train

    def compute() -> dict[str, np.ndarray]:
        generator = np.random.default_rng(config.seed)
        pairs = generator.permutation(train.pairs)[:PAIRS]
        wanted, place = np.unique(pairs, return_inverse=True)
        print(f"{loss}: whitening by {len(pairs)} pairs", flush=True)
        found = describe(
            config, encoder, train.records, config.image_size, indices=wanted, seen=seen
        )
        fitted = LearnedWhitening().fit(found, place.reshape(pairs.shape))
        names = ("mean_", "projection_", "eigenvalues_")
        return {name: getattr(fitted, name) for name in names}

    learned = LearnedWhitening()
    for name, value in opened.folder.step(f"{loss}/whitening", compute).items():
        setattr(learned, name, value)
    return learned
