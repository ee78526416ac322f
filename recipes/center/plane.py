"""The same losses through two features, on few enough classes to tell them apart by eye."""

import dataclasses

import numpy as np

from recipes.center.settings import CenterSettings
from recipes.center.training import DISTANCES, EMBEDDING, Seen, see, train
from recipes.common.data import Divided, open_data
from recipes.common.opened import Opened
from recipes.common.training import cached_features

# Features float32 [N, 2] of the training pictures, their labels [N], centers [classes, 2].
Plane = tuple[np.ndarray, np.ndarray, np.ndarray]


def planes(opened: Opened[CenterSettings, Divided]) -> dict[str, Plane]:
    """Name of every loss -> what it makes of ``--plane-classes`` classes."""
    classes = min(opened.config.plane_classes, opened.data.num_classes)
    few = opened.with_config(classes=classes, epochs=opened.config.plane_epochs)
    # A run of its own inside the run: it has other data.
    inside = few.inside("plane")
    inside = dataclasses.replace(inside, data=open_data(inside.config, inside.folder))
    seen = see(inside)
    return {loss: _plane(inside, loss, seen) for loss in inside.config.losses}


def _plane(opened: Opened[CenterSettings, Divided], loss: str, seen: Seen) -> Plane:
    model, _ = train(opened, loss, seen, plane=True)
    cached = cached_features(opened, loss, model, layer=EMBEDDING, maps=seen.maps)
    features = cached["features"]
    shown = opened.data.train
    (centers,) = model.get_layer(DISTANCES).get_weights()
    return features[shown], opened.data.records.labels[shown], centers
