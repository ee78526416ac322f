"""All of one loss: its features and codes measured, and how its classes lie."""

import dataclasses

import numpy as np
from scipy.spatial.distance import pdist

from recipes.center.settings import LOSSES, CenterSettings
from recipes.center.training import TO_NEAREST_OTHER, TO_OWN
from recipes.common import measure
from recipes.common.data import Divided
from recipes.common.heads import Arrays
from recipes.common.opened import Opened
from recipes.common.training import History
from tfretrieval.evaluation import euclidean_retrieval

EUCLIDEAN, COSINE, CODES = "Euclidean", "cosine", "codes"
# How a network is searched with, in the order of the rows.
SEARCHES = (EUCLIDEAN, COSINE, CODES)
# Distances of all pairs of so many queries are drawn: two million.
QUERIES_DRAWN = 2000


@dataclasses.dataclass(frozen=True, eq=False)
class LossResult:
    """All of one loss.

    Attributes:
        name: of :data:`~recipes.center.settings.LOSSES`.
        rows: of :data:`SEARCHES`.
        accuracy: of the classifier.
        same, different: Euclidean distances of two queries, of one class and of two.
        codes: relaxed ``[N, bits]``: the features.
        history: of the training, an array a figure.
    """

    name: str
    rows: dict[str, measure.Row]
    accuracy: float
    same: np.ndarray
    different: np.ndarray
    codes: np.ndarray
    history: History

    @property
    def title(self) -> str:
        return LOSSES[self.name]

    @property
    def seconds(self) -> float:
        """Of the training of the network."""
        return float(self.history["seconds"].sum())

    @property
    def spread(self) -> dict[str, float]:
        """How the classes lie among the queries, and at the end of the training."""
        return {
            "intra-class": float(self.same.mean()),
            "inter-class": float(self.different.mean()),
            "intra / inter": float(self.same.mean() / self.different.mean()),
            **center_distances(self.history),
        }


def measure_loss(
    opened: Opened[CenterSettings, Divided],
    loss: str,
    cached: Arrays,
    history: History,
) -> LossResult:
    """Measures the features and the codes of a network trained by this loss.

    Args:
        cached: features, whose signs are the codes, and logits of all pictures.
    """
    features, data = cached["features"], opened.data
    same, different = _pair_distances(opened, features)
    return LossResult(
        loss,
        {
            EUCLIDEAN: measure.measure_features(features, data, euclidean_retrieval),
            COSINE: measure.measure_features(features, data),
            CODES: measure.measure_codes(features, data),
        },
        measure.accuracy(cached["logits"], data),
        same,
        different,
        features,
        history,
    )


def center_distances(history: History) -> dict[str, float]:
    """Mean squared distances to the centers over the last epoch."""
    return {
        "d_own": float(history[TO_OWN][-1]),
        "d_other": float(history[TO_NEAREST_OTHER][-1]),
    }


def _pair_distances(
    opened: Opened[CenterSettings, Divided], features: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Distances of pairs of queries: of one class, and of two."""
    shuffled = np.random.default_rng(opened.config.seed).permutation(opened.data.query)
    drawn = shuffled[:QUERIES_DRAWN]
    labels = opened.data.records.labels[drawn]
    distances = pdist(features[drawn])
    first, second = np.triu_indices(len(drawn), 1)
    same = labels[first] == labels[second]
    return distances[same], distances[~same]
