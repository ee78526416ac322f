"""A linear classifier on a frozen network: an answer in minutes, and where fine-tuning starts."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable

import numpy as np
import tensorflow as tf
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

import tfretrieval as tfr
from data_pipelines.kept import kept, pictures
from data_pipelines.view import View
from recipes import common
from recipes.common.data import Divided
from recipes.common.heads import Arrays
from recipes.common.opened import Opened
from recipes.triplet.settings import TripletSettings

# Logit of a class without a training picture, which no picture is to be taken for.
NEVER = -30.0


def linear(
    opened: Opened[TripletSettings, Divided], name: str, view: View
) -> tuple[tf.keras.Model, common.training.History, Arrays]:
    """The network as it is, with the best linear classifier on its pooled features."""
    with opened.strategy.scope():
        backbone = common.networks.backbone(name, opened.config)
        classifier = tfr.models.classifier(backbone, opened.data.num_classes)
        seen = _features(opened, name, view, backbone)
        found = fitted(opened, name, lambda: seen["features"])
        classifier.get_layer("logits").set_weights([found["kernel"], found["bias"]])
    history = {key: found[key] for key in ("loss", "accuracy", "seconds")}
    logits = seen["features"] @ found["kernel"] + found["bias"]
    return classifier, history, {**seen, "logits": logits}


def fitted(
    opened: Opened[TripletSettings, Divided], name: str, see: Callable[[], np.ndarray]
) -> Arrays:
    """Kernel and bias of the linear classifier, and how it fits; ``see`` gives the features where
    they are needed."""
    data, config = opened.data, opened.config

    def fit() -> Arrays:
        features = see()
        start = time.monotonic()
        labels = data.records.labels
        kernel, bias = linear_classifier(
            features[data.fit], labels[data.fit], data.num_classes, config.linear_c
        )
        logits = features[data.fit] @ kernel + bias
        loss = common.training.cross_entropy()(labels[data.fit], logits)
        return {
            "kernel": kernel,
            "bias": bias,
            "loss": [float(loss)],
            "accuracy": [np.mean(logits.argmax(axis=1) == labels[data.fit])],
            "seconds": [time.monotonic() - start],
        }

    return opened.folder.step(f"{name}/linear", fit)


def linear_classifier(
    features: np.ndarray, labels: np.ndarray, num_classes: int, c: float
) -> tuple[np.ndarray, np.ndarray]:
    """Kernel ``[D, classes]`` and bias of scikit-learn's logistic regression on standardised
    features, for the features as they are.

    A class without a picture gets the logit :data:`NEVER`.
    """
    scaler = StandardScaler().fit(features)
    model = LogisticRegression(C=c, max_iter=300)
    with warnings.catch_warnings():
        # A loss that still moves in the fifth digit does no harm here.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(scaler.transform(features), labels)
    coefficients, intercepts = model.coef_, model.intercept_
    if len(model.classes_) == 2:
        coefficients = np.concatenate([-coefficients, coefficients]) / 2
        intercepts = np.concatenate([-intercepts, intercepts]) / 2
    scaled = coefficients / scaler.scale_
    kernel = np.zeros((features.shape[1], num_classes), np.float32)
    bias = np.full(num_classes, NEVER, np.float32)
    kernel[:, model.classes_] = scaled.T
    bias[model.classes_] = intercepts - scaled @ scaler.mean_
    return kernel, bias


def frozen(opened: Opened[TripletSettings, Divided], name: str, view: View) -> Arrays:
    """Features of the network as it is."""
    return _features(opened, name, view, common.networks.backbone(name, opened.config))


def _features(
    opened: Opened[TripletSettings, Divided], name: str, view: View, backbone: tf.keras.Model
) -> Arrays:
    return frozen_pass(opened, name, tfr.models.classifier(backbone, 2), view, backbone)


def frozen_pass(
    opened: Opened[TripletSettings, Divided],
    name: str,
    classifier: tf.keras.Model,
    view: View,
    network: tf.keras.Model,
) -> Arrays:
    """Features and logits of a network that is not trained here. Of the same pictures they are the
    same for every seed and every run, so that they are kept in the cache folder.

    Args:
        network: whose weights count: the classifier, or a backbone where its logits do not matter.
    """
    depends_on = {
        "pictures": pictures(opened.data.records),
        "network": f"{name.partition('+')[0]}, {opened.config.image_size} pixels",
        "versions": f"{tf.__version__}, {opened.config.mixed_precision}",
        **{f"weights {at}": one for at, one in enumerate(network.get_weights())},
        **{
            part: value
            for part, value in (("boxes", view.boxes), ("masks", view.masks))
            if value is not None
        },
    }
    return kept(
        "features",
        depends_on,
        lambda: common.training.cached_features(opened, f"{name}/frozen", classifier, view),
    )
