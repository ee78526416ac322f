"""One row of a table: a representation of all pictures, measured in every way the report shows."""

import dataclasses
from typing import Any

import numpy as np
from sklearn.random_projection import GaussianRandomProjection

from recipes.common.data import Experiment
from tfretrieval.evaluation import cosine_retrieval, hamming_retrieval


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
    data = experiment.data
    labels, query, database = data.records.labels, data.query, data.database
    result = hamming_retrieval(
        codes[query], labels[query], codes[database], labels[database], ks=(10,)
    )
    figures = {
        "mAP": result.mean_average_precision,
        "mAP stable": result.mean_average_precision_stable,
        "P@10": result.mean(result.precision_at_k[:, 0]),
        "P(r<=2)": result.mean_radius_precision,
        "mAP test": _inside_test(hamming_retrieval, codes[query], labels[query], stable=False),
    }
    return Row(network, name, figures, result.average_precision, result.definition)


def measure_cosine(network: str, name: str, features: np.ndarray, experiment: Experiment) -> Row:
    """The same by cosine similarity of real-valued features."""
    data = experiment.data
    labels, query, database = data.records.labels, data.query, data.database
    result = cosine_retrieval(
        features[query], labels[query], features[database], labels[database], ks=(10,)
    )
    figures = {
        "mAP": result.mean_average_precision,
        "mAP stable": result.mean_average_precision,
        "P@10": result.mean(result.precision_at_k[:, 0]),
        "P(r<=2)": float("nan"),
        "mAP test": _inside_test(cosine_retrieval, features[query], labels[query]),
    }
    return Row(network, name, figures, result.average_precision, result.definition)


def test_map(codes: np.ndarray, experiment: Experiment) -> float:
    """mAP of the queries against the database, for curves."""
    data = experiment.data
    return _map(codes, data.records.labels, data.query, data.database)


def held_out_map(codes: np.ndarray, experiment: Experiment) -> float:
    """mAP of the held-out pictures against those trained on: what choices are made by."""
    labels = experiment.data.records.labels
    return _map(codes, labels, experiment.held_out, experiment.fit)


def accuracy(logits: np.ndarray, experiment: Experiment) -> float:
    """Share of the queries that the classifier gets right."""
    query = experiment.data.query
    labels = experiment.data.records.labels
    return float(np.mean(logits[query].argmax(axis=1) == labels[query]))


def random_hyperplanes(features: np.ndarray, fit: np.ndarray, bits: int, seed: int) -> np.ndarray:
    """Signs of random projections of features centred on the pictures trained on (Charikar 2002).

    The features come out of a ReLU: without centring, all would lie in one orthant.
    """
    centred = features - features[fit].mean(axis=0)
    return GaussianRandomProjection(bits, random_state=seed).fit_transform(centred)


def _map(codes: np.ndarray, labels: np.ndarray, query: Any, database: Any) -> float:
    return hamming_retrieval(
        codes[query], labels[query], codes[database], labels[database], stable=False
    ).mean_average_precision


def _inside_test(retrieval, representation: np.ndarray, labels: np.ndarray, **options) -> float:
    """mAP of each query against the other queries; NaN where no class has two."""
    if np.unique(labels, return_counts=True)[1].max() < 2:
        return float("nan")
    return retrieval(
        representation, labels, representation, labels, leave_one_out=True, **options
    ).mean_average_precision
