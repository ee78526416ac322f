"""What sketches find among photos, by features and by codes."""

import dataclasses

import numpy as np

from recipes.sketch.center_codes import Weights, codes_of
from recipes.sketch.data import SketchData
from recipes.sketch.features import unit
from tfretrieval.evaluation import euclidean_retrieval, hamming_retrieval

# Whose sketches search: of classes that were trained on, or not.
SEEN, UNSEEN = "seen", "unseen"
MEAN_PRECISION, RECALL, PRECISION = "mAP", "R@1", "P@10"
BY_COSINE = "mAP, cosine"


@dataclasses.dataclass(frozen=True, eq=False)
class PhotoSearch:
    """How some sketches search all photos.

    Attributes:
        figures: ``mAP``, ``R@1``, ``P@10`` by features and Euclidean distance, mAP by their cosine,
            mAP by codes under :func:`by_bits`.
        average_precision: ``[Q]`` by features.
        definition: of the mAP by features, and by codes.
    """

    figures: dict[str, float]
    average_precision: np.ndarray
    definition: tuple[str, str]


def by_bits(bits: int) -> str:
    """The figure of codes of this length."""
    return f"{bits} bits"


def search_photos(
    features: np.ndarray, codes: dict[int, Weights], data: SketchData
) -> dict[str, PhotoSearch]:
    """What the sketches of seen classes find, and those of unseen ones, among all photos.

    Args:
        features: of every picture and its mirror image, ``[N, 2, D]``.
    """
    parts = {SEEN: data.query[data.seen], UNSEEN: data.query[~data.seen]}
    return {
        part: _search(features, codes, data, query) for part, query in parts.items() if len(query)
    }


def _search(
    features: np.ndarray, codes: dict[int, Weights], data: SketchData, query: np.ndarray
) -> PhotoSearch:
    labels, database = data.records.labels, data.database
    real = euclidean_retrieval(
        features[query], labels[query], features[database], labels[database], ks=(1, 10)
    )
    angles = unit(features)
    cosine = euclidean_retrieval(
        angles[query], labels[query], angles[database], labels[database], ks=(1,)
    )
    figures = {
        MEAN_PRECISION: real.mean_average_precision,
        BY_COSINE: cosine.mean_average_precision,
        RECALL: real.mean(real.hit_at_k[:, 0]),
        PRECISION: real.mean(real.precision_at_k[:, 1]),
    }
    for bits, weights in codes.items():
        both = (codes_of(features[part], weights) for part in (query, database))
        binary = hamming_retrieval(
            next(both), labels[query], next(both), labels[database], ks=(1,), stable=False
        )
        figures[by_bits(bits)] = binary.mean_average_precision
    return PhotoSearch(figures, real.average_precision, (real.definition, binary.definition))
