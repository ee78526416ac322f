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
    return common.frozen.frozen_pass(
        opened, name, tfr.models.classifier(backbone, 2), view, backbone
    )
