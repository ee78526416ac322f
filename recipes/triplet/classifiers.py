"""Stage 1: the classifiers, and the one among them that looks where the subject is."""

import functools

import tensorflow as tf

import tfretrieval as tfr
from data_pipelines.saliency_table import SaliencyTable
from data_pipelines.view import WHOLE, View
from recipes import common
from recipes.common.data import Divided
from recipes.common.opened import Opened
from recipes.common.training import History
from recipes.triplet import saliency
from recipes.triplet.settings import SaliencySettings, TripletSettings
from recipes.triplet.work import LOOKING
from tfretrieval.saliency import Localizer


def train_stage1(
    opened: Opened[TripletSettings, Divided], name: str, view: View
) -> tuple[tf.keras.Model, History]:
    """The classifier of this name: a backbone, and after a + what it sees."""

    data = opened.data

    def build() -> tf.keras.Model:
        backbone = common.networks.backbone(name, opened.config)
        return tfr.models.classifier(backbone, data.num_classes)

    return common.training.train_classifier(opened, data.records, data.fit, name, build, view)


def find_localizer(opened: Opened[SaliencySettings, Divided]) -> Localizer:
    """The pretrained saliency network, or the ResNet18 trained on whole pictures."""
    config = opened.config
    pretrained = saliency.pretrained(config)
    if pretrained is not None:
        return pretrained
    network, _ = train_stage1(opened, LOOKING, WHOLE)
    return saliency.localizer(network, config, config.saliency_maps)


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
        return saliency.look(self.opened, self.localizer)

    def crop(self, alpha: float | str) -> View:
        """What a threshold keeps of every picture."""
        return saliency.view(self.localizer, self.table, alpha, self.opened.config.region)
