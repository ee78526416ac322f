"""The tuples of an epoch: pairs drawn by its number, and the negatives that the network mines."""

import dataclasses

import numpy as np
import tensorflow as tf

from data_pipelines import steps
from data_pipelines.instance_catalogue import InstanceData
from data_pipelines.records import DataError
from recipes.common.opened import Opened
from recipes.instance.descriptors import outputs, pictures_at_a_time
from recipes.instance.pooled import Pooled
from recipes.instance.settings import HARD, InstanceSettings
from tfretrieval.mining import hard_negatives


@dataclasses.dataclass(frozen=True, eq=False)
class Mined:
    """The tuples of an epoch.

    Attributes:
        tuples: ``[T, 2 + negatives]`` into the training records: query, positive, negatives.
        distances: ``[T, 1 + negatives]``, of the query to the others, as the network describes
            them.
    """

    tuples: np.ndarray
    distances: np.ndarray


def tuples_an_epoch(config: InstanceSettings, data: InstanceData) -> int:
    return min(config.queries, len(data.train.pairs))


def drawn(
    epoch: int, config: InstanceSettings, data: InstanceData
) -> tuple[np.ndarray, np.ndarray]:
    """The pairs ``[T, 2]`` and the pool ``[P]`` of an epoch, by its number and the seed."""
    generator = np.random.default_rng([config.seed, epoch])
    pairs = generator.permutation(data.train.pairs)[: tuples_an_epoch(config, data)]
    return pairs, generator.permutation(len(data.train.records))[: config.pool]


def things_in_pool(config: InstanceSettings, data: InstanceData) -> int:
    """Different things in the pool of an epoch, in that of the fewest."""
    labels = data.train.records.labels
    pools = (drawn(epoch, config, data)[1] for epoch in range(config.epochs))
    return min(len(np.unique(labels[pool])) for pool in pools)


def mine(
    opened: Opened[InstanceSettings, InstanceData],
    encoder: tf.keras.Model,
    count: int,
    epoch: int,
    seen: Pooled | None = None,
) -> Mined:
    """The tuples of an epoch with so many negatives.

    Args:
        seen: what a frozen network says of the pictures.

    Raises:
        DataError: a pool of too few things.
    """
    config, data = opened.config, opened.data
    records = data.train.records
    pairs, pool = drawn(epoch, config, data)
    wanted, place = np.unique(np.concatenate([pairs.T.ravel(), pool]), return_inverse=True)
    if seen is not None:
        found = seen.describe(encoder, records, config.image_size, indices=wanted)
    else:
        batches = steps.eval_batches(
            records,
            wanted,
            image_size=config.image_size,
            batch_size=pictures_at_a_time(config.image_size),
        )
        found = outputs(encoder, batches.map(lambda image, label: image))
    parts = np.split(found[place.reshape(-1)], [len(pairs), 2 * len(pairs)])
    queries, positives, others = parts
    try:
        negatives = hard_negatives(
            queries,
            records.labels[pairs[:, 0]],
            others,
            records.labels[pool],
            count,
            hardest=config.negatives_from == HARD,
        )
    except ValueError as error:
        raise DataError(f"{data.train.name}: {error} (--pool, --negatives)") from error
    compared = np.concatenate([positives[:, None], others[negatives]], axis=1)
    distances = np.linalg.norm(compared - queries[:, None], axis=-1)
    return Mined(np.concatenate([pairs, pool[negatives]], axis=1), distances)
