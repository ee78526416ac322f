"""One row of a table: a representation of all pictures, measured in every way the report shows."""

import dataclasses
import functools

import numpy as np
from sklearn.random_projection import GaussianRandomProjection

from recipes.common.data import Experiment
from tfretrieval.evaluation import cosine_retrieval, euclidean_retrieval, hamming_retrieval

# Only the tie-aware figures, in half the time.
_by_codes = functools.partial(hamming_retrieval, stable=False)


@dataclasses.dataclass(frozen=True, eq=False)
class Row:
    """Figures of one representation.

    Attributes:
        network: its network.
        name: what was done to it.
        figures: name -> number, means over the queries.
        average_precision: float64 ``[Q]``, each query against the database.
        definition: of the main figure.
    """

    network: str
    name: str
    figures: dict[str, float]
    average_precision: np.ndarray
    definition: str


def measure_codes(network: str, name: str, codes: np.ndarray, experiment: Experiment) -> Row:
    """Queries against the database by Hamming distance, and each query against the others."""
    result, precision = _retrieve(hamming_retrieval, codes, experiment)
    figures = {
        "mAP": result.mean_average_precision,
        "mAP stable": result.mean_average_precision_stable,
        "mAP test": _inside_test(hamming_retrieval, codes, experiment, stable=False),
        "R@1": result.mean(result.hit_at_k[:, 0]),
        "P@10": result.mean(result.precision_at_k[:, 1]),
        "P(r<=2)": result.mean_radius_precision,
    }
    return Row(network, name, figures, precision, result.definition)


def measure_cosine(network: str, name: str, features: np.ndarray, experiment: Experiment) -> Row:
    """The same by cosine similarity of real-valued features."""
    return _measure_features(cosine_retrieval, network, name, features, experiment)


def measure_euclidean(network: str, name: str, features: np.ndarray, experiment: Experiment) -> Row:
    """The same by Euclidean distance of real-valued features."""
    return _measure_features(euclidean_retrieval, network, name, features, experiment)


def _measure_features(retrieval, network, name, features, experiment):
    result, precision = _retrieve(retrieval, features, experiment)
    figures = {
        "mAP": result.mean_average_precision,
        "mAP stable": result.mean_average_precision,
        "mAP test": _inside_test(retrieval, features, experiment),
        "R@1": result.mean(result.hit_at_k[:, 0]),
        "P@10": result.mean(result.precision_at_k[:, 1]),
        "P(r<=2)": float("nan"),
    }
    return Row(network, name, figures, precision, result.definition)


def test_map(codes: np.ndarray, experiment: Experiment) -> float:
    """mAP of the queries against the database, for curves."""
    return _retrieve(hamming_retrieval, codes, experiment, stable=False)[0].mean_average_precision


def held_out_map(representation: np.ndarray, experiment: Experiment, retrieval=_by_codes) -> float:
    """mAP of the held-out pictures against those trained on: what choices are made by. NaN where
    nothing is held out."""
    labels, held_out, fit = experiment.data.records.labels, experiment.held_out, experiment.fit
    if not len(held_out):
        return float("nan")
    return retrieval(
        representation[held_out], labels[held_out], representation[fit], labels[fit]
    ).mean_average_precision


def accuracy(logits: np.ndarray, experiment: Experiment) -> float:
    """Share of the queries that the classifier gets right; NaN for classes it never saw."""
    if experiment.unseen:
        return float("nan")
    query = experiment.data.query
    labels = experiment.data.records.labels
    return float(np.mean(logits[query].argmax(axis=1) == labels[query]))


def random_hyperplanes(features: np.ndarray, fit: np.ndarray, bits: int, seed: int) -> np.ndarray:
    """Signs of random projections of features centred on the pictures trained on (Charikar 2002).

    The features come out of a ReLU: without centring, all would lie in one orthant.
    """
    centred = features - features[fit].mean(axis=0)
    return GaussianRandomProjection(bits, random_state=seed).fit_transform(centred)


def _retrieve(retrieval, representation: np.ndarray, experiment: Experiment, **options):
    """The queries against the database, and each query's average precision.

    Queries that are in the database (leave-one-out) do not find themselves.
    """
    data = experiment.data
    labels, database = data.records.labels, data.database
    alone = bool(np.isin(data.query[0], database))
    # Pictures alone in their class are in the database, are no queries and have nothing to find.
    searching = database if alone else data.query
    result = retrieval(
        representation[searching],
        labels[searching],
        representation[database],
        labels[database],
        ks=(1, 10),
        leave_one_out=alone,
        **options,
    )
    return result, result.average_precision[np.isin(searching, data.query)]


def _inside_test(retrieval, representation: np.ndarray, experiment: Experiment, **options) -> float:
    """mAP of each query against the other queries; NaN where no class has two."""
    query = experiment.data.query
    labels = experiment.data.records.labels[query]
    if np.unique(labels, return_counts=True)[1].max() < 2:
        return float("nan")
    return retrieval(
        representation[query], labels, representation[query], labels, leave_one_out=True, **options
    ).mean_average_precision
