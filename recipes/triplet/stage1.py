"""Stage 1 of a row: the trained classifiers, and what they say of every picture."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

import tfretrieval as tfr
from data_pipelines.view import View
from recipes import common
from recipes.common.data import Divided
from recipes.common.heads import Arrays
from recipes.common.opened import Opened
from recipes.common.training import History
from recipes.triplet.classifiers import train_stage1
from recipes.triplet.linear import linear
from recipes.triplet.settings import FEATURES, FROZEN, GIVEN, TripletSettings
from recipes.triplet.work import name_of_view


@dataclasses.dataclass(frozen=True, eq=False)
class Stage1:
    """What a row's hash layers stand on.

    Attributes:
        classifiers: by what they see.
        features: float32 ``[N, D]`` of all pictures; of several views side by side.
        logits: float32 ``[N, classes]``; of several views their sum, so that the softmax is the
            normalised product of the probabilities.
        seconds: of the pass of all pictures.
        history: loss and accuracy an epoch, ``seconds``; of the last view.
    """

    classifiers: Mapping[str, tf.keras.Model]
    features: np.ndarray
    logits: np.ndarray
    seconds: float
    history: History

    def inputs(self, reads: str, temperature: float) -> np.ndarray:
        """What a hash layer reads, float32 ``[N, D]``."""
        if reads == FEATURES:
            return self.features
        roots: np.ndarray = tfr.layers.RootProbabilities(temperature)(self.logits).numpy()
        return roots

    def encoder(self, config: TripletSettings, reads: str) -> tf.keras.Model:
        """From pictures, or pictures by view, to codes; its hash layer is not trained yet."""
        (alone, *others) = self.classifiers.values()
        seen = self.classifiers if others else alone
        return tfr.models.classifier_hash_encoder(
            seen, config.bits, config.hash_activation, reads, config.temperature
        )


def stage1(
    opened: Opened[TripletSettings, Divided], name: str, views: Mapping[str, View]
) -> Stage1:
    """Trains, or loads, a classifier for every view of a network, and lets it see every picture.

    Args:
        name: the network.
        views: what is seen by its name, ``whole`` or any other.
    """
    found = {
        seen: _of_a_view(opened, name_of_view(name, seen), view) for seen, view in views.items()
    }
    features = [cached["features"] for _, _, cached in found.values()]
    return Stage1(
        {seen: classifier for seen, (classifier, _, _) in found.items()},
        np.concatenate(features, axis=1),
        np.sum([cached["logits"] for _, _, cached in found.values()], axis=0),
        float(sum(cached["seconds"] for _, _, cached in found.values())),
        next(reversed(found.values()))[1],
    )


def _of_a_view(
    opened: Opened[TripletSettings, Divided], name: str, view: View
) -> tuple[tf.keras.Model, History, Arrays]:
    if opened.config.training == FROZEN:
        return linear(opened, name, view)
    classifier, history = train_stage1(opened, name, view)
    if opened.config.training == GIVEN:
        return (
            classifier,
            history,
            common.frozen.frozen_pass(opened, name, classifier, view, classifier),
        )
    return classifier, history, common.training.cached_features(opened, name, classifier, view)
