"""One row of a table: a representation of all pictures, measured in every way the report shows."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from recipes.common.data import Divided
from recipes.common.report import Column
from tfretrieval.evaluation import cosine_retrieval, hamming_retrieval

Retrieval = Callable[..., Any]
# Figures of a row -> column, and what is to be said of the columns behind mAP.
COLUMNS = (
    Column("mAP"),
    Column("stable mAP"),
    Column("mAP inside test"),
    Column("R@1"),
    Column("P@10"),
    Column("P(r<=2)"),
)
INSIDE_TEST = (
    "- mAP inside test: each query against the other queries, itself left out, else as mAP. It is "
    "what pictures never trained on give; the database was trained on, which flatters memorising."
)
DEFINITIONS = (
    "- Stable mAP: the same with ties in the order of the database.",
    INSIDE_TEST,
    "- R@1: share of the queries whose nearest picture is of their class (recall at 1), expected "
    "over the orders of ties.",
    "- P@10: precision of the first ten ranks, expected over the orders of ties.",
    "- P(r<=2): precision within Hamming radius 2, an empty ball counts as 0.",
)
ACCURACY = "share of the queries, of classes that were trained on, that are classified right"
# Only the tie-aware figures, in half the time.
by_codes = functools.partial(hamming_retrieval, stable=False)


@dataclasses.dataclass(frozen=True, eq=False)
class Row:
    """Figures of one representation.

    Attributes:
        figures: name -> number, means over the queries.
        average_precision: float64 ``[Q]``, each query against the database.
        definition: of the main figure.
    """

    figures: dict[str, float]
    average_precision: np.ndarray
    definition: str


def measure_codes(codes: np.ndarray, data: Divided) -> Row:
    """Queries against the database by Hamming distance, and each query against the others."""
    result, precision = retrieve(hamming_retrieval, codes, data)
    figures = {
        "mAP": result.mean_average_precision,
        "stable mAP": result.mean_average_precision_stable,
        "mAP inside test": _inside_test(by_codes, codes, data),
        "R@1": result.mean(result.hit_at_k[:, 0]),
        "P@10": result.mean(result.precision_at_k[:, 1]),
        "P(r<=2)": result.mean_radius_precision,
    }
    return Row(figures, precision, result.definition)


def measure_features(
    features: np.ndarray, data: Divided, retrieval: Retrieval = cosine_retrieval
) -> Row:
    """The same by cosine similarity, or another distance, of real-valued features."""
    result, precision = retrieve(retrieval, features, data)
    figures = {
        "mAP": result.mean_average_precision,
        "stable mAP": result.mean_average_precision,
        "mAP inside test": _inside_test(retrieval, features, data),
        "R@1": result.mean(result.hit_at_k[:, 0]),
        "P@10": result.mean(result.precision_at_k[:, 1]),
        "P(r<=2)": float("nan"),
    }
    return Row(figures, precision, result.definition)


def query_map(codes: np.ndarray, data: Divided) -> float:
    """mAP of the queries against the database, for curves."""
    return float(retrieve(by_codes, codes, data)[0].mean_average_precision)


def held_out_map(
    representation: np.ndarray, data: Divided, retrieval: Retrieval = by_codes
) -> float:
    """mAP of the held-out pictures against those trained on: what choices are made by. NaN where
    nothing is held out."""
    labels, held_out, fit = data.records.labels, data.held_out, data.fit
    if not len(held_out):
        return float("nan")
    result = retrieval(representation[held_out], labels[held_out], representation[fit], labels[fit])
    return float(result.mean_average_precision)


def accuracy(logits: np.ndarray, data: Divided) -> float:
    """Share that the classifier gets right of the queries of classes that were trained on: of
    others it cannot know. NaN where there are none."""
    query = data.query[data.seen]
    if not len(query):
        return float("nan")
    return float(np.mean(logits[query].argmax(axis=1) == data.records.labels[query]))


def retrieve(
    retrieval: Retrieval, representation: np.ndarray, data: Divided
) -> tuple[Any, np.ndarray]:
    """The queries against the database, and each query's average precision.

    Queries that are in the database (leave-one-out) do not find themselves.
    """
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
    )
    return result, result.average_precision[np.isin(searching, data.query)]


def _inside_test(retrieval: Retrieval, representation: np.ndarray, data: Divided) -> float:
    """mAP of each query against the other queries; NaN where no class has two."""
    query = data.query
    labels = data.records.labels[query]
    if np.unique(labels, return_counts=True)[1].max() < 2:
        return float("nan")
    result = retrieval(
        representation[query], labels, representation[query], labels, leave_one_out=True
    )
    return float(result.mean_average_precision)
