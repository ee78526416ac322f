"""Stage 1: the classifiers, and the one among them that looks where the subject is."""

import functools

import numpy as np
import tensorflow as tf

import tfretrieval as tfr
from data_pipelines.saliency_table import SaliencyTable
from data_pipelines.view import WHOLE, View
from recipes import common
from recipes.common.cli import ConfigError, require
from recipes.common.data import Divided
from recipes.common.opened import Opened
from recipes.common.training import History
from recipes.triplet import linear, saliency
from recipes.triplet.settings import FROZEN, FULL, GIVEN, SaliencySettings, TripletSettings
from recipes.triplet.work import LOOKING
from tfretrieval.backbones.networks import BLOCK, is_application, network, weights_of
from tfretrieval.models import freeze_normalization
from tfretrieval.saliency import Localizer


def train_stage1(
    opened: Opened[TripletSettings, Divided], name: str, view: View
) -> tuple[tf.keras.Model, History]:
    """The classifier of this name: a backbone, and after a + what it sees.

    Raises:
        ConfigError: weights that are not there, do not fit, or lack the classifier that is to be
            used as it is given.
    """
    data, config = opened.data, opened.config
    if config.training == FROZEN:
        return linear.linear(opened, name, view)[:2]
    if config.training == GIVEN:
        return given(opened, name), {"seconds": np.zeros(0)}

    def build() -> tf.keras.Model:
        backbone = common.networks.backbone(name, config)
        return tfr.models.classifier(backbone, data.num_classes)

    if config.training == FULL:
        return common.training.train_classifier(opened, data.records, data.fit, name, build, view)

    # The network knows something already. It goes on from the best linear classifier of what it
    # knows: from a random one its first gradients would be noise.
    weights = linear.fitted(opened, name, lambda: linear.frozen(opened, name, view)["features"])

    def go_on() -> tf.keras.Model:
        backbone = common.networks.backbone(name, config)
        model = tfr.models.classifier(backbone, data.num_classes, config.dropout)
        model.get_layer("logits").set_weights([weights["kernel"], weights["bias"]])
        freeze_normalization(model)
        return model

    tuned = opened.with_config(epochs=config.fine_tune_epochs, learning_rate=config.fine_tune_rate)
    return common.training.train_classifier(
        tuned, data.records, data.fit, name, go_on, view, warm_up=1
    )


def given(opened: Opened[TripletSettings, Divided], name: str) -> tf.keras.Model:
    """A classifier that was trained elsewhere, from the file of ``--weights``."""
    config, classes = opened.config, opened.data.num_classes
    plain = name.partition("+")[0].removesuffix(BLOCK)
    require(
        not is_application(plain) and plain != "keras_file",
        f"--training {GIVEN} takes neither a network of tf.keras.applications nor one of a .keras "
        f"file, such as {name}: --training {FROZEN} or fine_tuned",
    )
    file, side = weights_of(name, config.weights, config.seed), config.image_size
    models = []
    for seed in (0, 1):
        tf.keras.utils.set_random_seed(seed)
        try:
            with opened.strategy.scope():
                found = network(name.partition("+")[0]).build(
                    (side, side, 3), width=config.width, weights=file, num_classes=classes
                )
        except tfr.backbones.WeightsError as error:
            raise ConfigError(f"--training {GIVEN}, {classes} classes: {error}") from error
        models.append(found)
    first, second = (model.get_layer("logits").get_weights()[0] for model in models)
    # Where the file has no such head, each has a random one.
    if not np.array_equal(first, second):
        raise ConfigError(
            f"--weights {file} has no classifier of {classes} classes, which --training {GIVEN} "
            "takes as it is: leave that out to train one"
        )
    return models[0]


def find_localizer(opened: Opened[SaliencySettings, Divided]) -> Localizer:
    """The pretrained saliency network, or the ResNet18 trained on whole pictures."""
    config = opened.config
    pretrained = saliency.pretrained(config)
    if pretrained is not None:
        return pretrained
    looking, _ = train_stage1(opened, LOOKING, WHOLE)
    return saliency.localizer(looking, config, config.saliency_maps)


class Looking:
    """Who looks at the pictures of a run, and what was seen, each found when it is first asked
    for."""

    def __init__(self, opened: Opened[SaliencySettings, Divided]):
        self.opened = opened

    @functools.cached_property
    def localizer(self) -> Localizer:
        return find_localizer(self.opened)

    @functools.cached_property
    def table(self) -> SaliencyTable:
        """Every picture is looked at once; every threshold reads the same small maps."""
        shared = saliency.pretrains(self.opened.config.saliency_network)
        return common.saliency.look(self.opened, self.localizer, shared=shared)

    def crop(self, alpha: float | str) -> View:
        """What a threshold keeps of every picture."""
        return common.saliency.view(self.localizer, self.table, alpha, self.opened.config.region)
