"""All of one loss and one kind of gates: what is found, and how far classes lie apart."""

import dataclasses

import numpy as np
import tensorflow as tf

from recipes.common.opened import Opened
from recipes.common.training import History
from recipes.sketch.center_codes import Weights
from recipes.sketch.data import SketchData
from recipes.sketch.domain_gates import gates_by_domain
from recipes.sketch.photo_search import PhotoSearch, search_photos
from recipes.sketch.settings import SketchSettings, row_name
from tfretrieval.evaluation import ClassSeparation, class_separation

# Pictures whose pairs are all measured.
SEPARATED = 2000


@dataclasses.dataclass(frozen=True, eq=False)
class SketchResult:
    """All of one loss and one kind of gates.

    Attributes:
        loss: of :data:`~recipes.sketch.settings.LOSSES`.
        gates: of :data:`~recipes.sketch.settings.GATES`.
        history: of the training, an array a figure.
        found: by ``seen`` and, where there are such classes, ``unseen``.
        separation: distances of seen classes.
        switched: layer -> mean gates ``[2, C]``, of domain-aware ones.
        features: ``[N, 2, D]``, of every picture and its mirror image.
    """

    loss: str
    gates: str
    history: History
    found: dict[str, PhotoSearch]
    separation: ClassSeparation
    switched: dict[str, np.ndarray]
    features: np.ndarray

    @property
    def name(self) -> str:
        return row_name(self.loss, self.gates)

    @property
    def distances(self) -> dict[str, float]:
        """In means of two classes: features of one loss may be all longer than another's."""
        found = self.separation
        scale = found.mean_inter
        return {
            "max intra": found.max_intra / scale,
            "min inter": found.min_inter / scale,
            "mean intra": found.mean_intra / scale,
            "mean intra, sketch to photo": found.mean_intra_between / scale,
        }


def measure_row(
    opened: Opened[SketchSettings, SketchData],
    loss: str,
    gates: str,
    history: History,
    encoder: tf.keras.Model,
    features: np.ndarray,
    codes: dict[int, Weights],
) -> SketchResult:
    """Searches with the features and codes of a trained network, and looks at both."""
    return SketchResult(
        loss,
        gates,
        history,
        search_photos(features, codes, opened.data),
        separation(opened, features),
        gates_by_domain(opened, encoder),
        features,
    )


def separation(opened: Opened[SketchSettings, SketchData], features: np.ndarray) -> ClassSeparation:
    """Distances of seen classes' queries and photos, at most so many of them, drawn by the seed."""
    data = opened.data
    labels = data.records.labels
    pictures = np.concatenate([data.query, data.database])
    pictures = pictures[np.isin(labels[pictures], data.seen_classes)]
    drawn = np.random.default_rng(opened.config.seed).permutation(pictures)[:SEPARATED]
    return class_separation(features[drawn, 0], labels[drawn], data.domains[drawn])
