"""How a network treats pictures of things that are neither trained on nor searched."""

import dataclasses

import numpy as np
import tensorflow as tf
from scipy.stats import rankdata

from data_pipelines.instance_catalogue import InstanceData
from recipes.common.opened import Opened
from recipes.instance.descriptors import describe
from recipes.instance.pooled import Pooled
from recipes.instance.settings import BEFORE, InstanceSettings
from tfretrieval.evaluation import cosine_retrieval
from tfretrieval.mining import hard_negatives

# Ranks of negatives that are looked at.
RANKS = 20


@dataclasses.dataclass(frozen=True, eq=False)
class HeldOut:
    """How a network treats pictures of things that are neither trained on nor searched.

    Attributes:
        mean_average_precision: of each picture searching for the others of its thing.
        positives: mean distance of a query and its positive.
        negatives: ``[Q, ranks]``: distances to the negatives that the network before training
            finds most similar, in its order.
        correlation: Spearman's, of that order and the distances, mean over queries; NaN of a
            single rank, which has no order.
    """

    mean_average_precision: float
    positives: float
    negatives: np.ndarray
    correlation: float

    @property
    def spread(self) -> float:
        """Mean distance of the last rank less that of the first."""
        means = self.negatives.mean(axis=0)
        return float(means[-1] - means[0])


def look_at_held_out(
    opened: Opened[InstanceSettings, InstanceData],
    loss: str,
    encoder: tf.keras.Model,
    seen: Pooled | None = None,
) -> HeldOut:
    """Looks at the pictures that choices are made by; ``before`` has to come first.

    Args:
        seen: what a frozen network says of the pictures, whose features the encoder reads.
    """
    config, val = opened.config, opened.data.val
    records, pairs = val.records, val.pairs

    def compute() -> dict[str, np.ndarray]:
        return {"descriptors": describe(config, encoder, records, config.image_size, seen=seen)}

    def order() -> dict[str, np.ndarray]:
        queries = np.unique(pairs[:, 0])
        ranks = min(RANKS, records.num_classes - 1)
        x, labels = now, records.labels
        return {
            "queries": queries,
            "negatives": hard_negatives(x[queries], labels[queries], x, labels, ranks),
        }

    now = opened.folder.step(f"{loss}/held_out", compute)["descriptors"]
    first = opened.folder.step(f"{BEFORE}/order", order)
    queries = first["queries"]
    negatives = np.linalg.norm(now[first["negatives"]] - now[queries, None], axis=-1)
    retrieval = cosine_retrieval(now, records.labels, now, records.labels, leave_one_out=True)
    return HeldOut(
        retrieval.mean_average_precision,
        float(np.linalg.norm(now[pairs[:, 0]] - now[pairs[:, 1]], axis=1).mean()),
        negatives,
        order_kept(negatives),
    )


def order_kept(distances: np.ndarray) -> float:
    """Spearman's correlation of the columns' order and the distances ``[Q, ranks]``, mean over the
    rows; NaN of one column.

    >>> order_kept(np.array([[0.1, 0.2, 0.3], [0.3, 0.2, 0.1]]))
    0.0
    >>> round(order_kept(np.array([[0.1, 0.2, 0.3]])), 6)
    1.0
    """
    ranks = rankdata(distances, axis=1)
    ranks -= ranks.mean(axis=1, keepdims=True)
    steady = np.arange(ranks.shape[1]) - (ranks.shape[1] - 1) / 2
    scale = np.linalg.norm(ranks, axis=1) * np.linalg.norm(steady)
    if len(steady) == 1:
        return float("nan")
    return float(np.mean(ranks @ steady / np.maximum(scale, 1e-12)))
