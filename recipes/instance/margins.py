"""Margins that fit the network: from the distances of the tuples that it mines first."""

import dataclasses

import numpy as np
import tensorflow as tf

from data_pipelines.instance_catalogue import InstanceData
from recipes.common.opened import Opened
from recipes.instance.mining import mine
from recipes.instance.pooled import Pooled
from recipes.instance.settings import BEFORE, InstanceSettings

MARGINS = f"{BEFORE}/margins"
# Of triplets, at least: Radenovic et al. 2019. Where mined negatives are nearer than positives
# a quantile is below 0, and at 0 a triplet is content with two distances that are equal.
LEAST_TRIPLET = 0.1


@dataclasses.dataclass(frozen=True)
class Margins:
    """The margins of every loss.

    Attributes:
        contrastive: of every negative, a distance.
        rank: of LRML, of the nearest negative, a distance.
        delta: by how much it grows with the rank.
        triplet: a difference of squared distances.
    """

    contrastive: float
    rank: float
    delta: float
    triplet: float


def fitting(
    opened: Opened[InstanceSettings, InstanceData],
    encoder: tf.keras.Model,
    seen: Pooled | None = None,
) -> Margins:
    """What the settings give; else margins that leave the wanted share of hinges active.

    Descriptors of different networks lie at different distances: a margin beyond all of them keeps
    every hinge active, and training then only spreads what the network knows.

    Args:
        encoder: the network before training, whose first tuples are looked at.
        seen: what a frozen network says of the pictures.
    """
    config = opened.config

    def compute() -> dict[str, float]:
        print("margins: by the distances of the first tuples", flush=True)
        distances = mine(opened, encoder, config.negatives, 0, seen).distances
        return dataclasses.asdict(of_distances(distances, config.margin_quantile))

    opened.folder.step(MARGINS, compute)
    return of_run(opened)


def of_run(opened: Opened[InstanceSettings, InstanceData]) -> Margins:
    """The margins of a run that has looked at its first tuples."""
    config = opened.config
    found = opened.folder.read_arrays(MARGINS)
    fitted = Margins(**{name: float(value) for name, value in found.items()})
    given = {
        "contrastive": config.margin,
        "rank": config.margin,
        "delta": config.delta,
        "triplet": config.triplet_margin,
    }
    return dataclasses.replace(
        fitted, **{name: value for name, value in given.items() if value is not None}
    )


def of_distances(distances: np.ndarray, quantile: float) -> Margins:
    """Margins that leave a share of hinges active.

    Args:
        distances: ``[T, 1 + negatives]``, of queries to their positive, then to the negatives.
        quantile: the share.

    >>> of_distances(np.array([[0.5, 0.6, 0.8], [0.5, 0.8, 1.0]]), 0.5)
    Margins(contrastive=0.8, rank=0.7, delta=0.2, triplet=0.39)
    """
    negatives = np.sort(distances[:, 1:], axis=1)
    ranks = np.quantile(negatives, quantile, axis=0)
    # The margin of a triplet is what its squared distances differ by.
    gaps = negatives**2 - distances[:, :1] ** 2
    return Margins(
        contrastive=round(float(np.quantile(negatives, quantile)), 4),
        rank=round(float(ranks[0]), 4),
        delta=round(float(ranks[-1] - ranks[0]) / max(len(ranks) - 1, 1), 4),
        triplet=round(max(float(np.quantile(gaps, quantile)), LEAST_TRIPLET), 4),
    )
