"""The network of a row, trained from end to end."""

import tensorflow as tf

import tfretrieval as tfr
from recipes.common.data import Divided
from recipes.common.opened import Opened
from recipes.common.training import History, Objective, cross_entropy, train_classifier
from recipes.gdf.settings import ATTENTION, AUGMENTATION, BALANCE, CAUCHY, GRAPH, GdfSettings
from recipes.gdf.start import Weights, started
from tfretrieval.metrics import LossTerm


def train(
    opened: Opened[GdfSettings, Divided], row: str, starting: Weights
) -> tuple[tf.keras.Model, History]:
    """The network of a row. Terms that it does without have weight zero, so that all rows are
    trained by the same sum."""
    config, data = opened.config, opened.data

    def build() -> tf.keras.Model:
        model = tfr.models.gdf_net(
            started(starting, config),
            data.num_classes,
            config.bits,
            config.parts,
            config.neighbours,
            attention=config.has(row, ATTENTION),
            graph=config.has(row, GRAPH),
            hash_activation=config.hash_activation,
        )
        if config.has(row, AUGMENTATION):
            return tfr.models.attention_augmented(model, config.seed)
        return model

    terms = [
        tfr.losses.CauchyQuantizationLoss(config.gamma),
        tfr.losses.BitBalanceLoss(config.balance_per),
    ]
    together = tfr.losses.Sum(
        terms,
        weights=[
            config.quantization if config.has(row, CAUCHY) else 0.0,
            config.balance if config.has(row, BALANCE) else 0.0,
        ],
    )
    # The sum alone would not tell which of them does not move.
    logged = {"codes": [LossTerm(term) for term in terms]}
    objective = Objective({"codes": together}, {"codes": 1.0}, logged)
    if config.has(row, AUGMENTATION):
        # Their mean over the picture and its two views.
        views = dict.fromkeys(("crop", "drop"), cross_entropy())
        shares = dict.fromkeys(("logits", *views), 1 / 3)
        objective = Objective(
            {**objective.losses, **views}, {**objective.weights, **shares}, logged
        )
    model, history = train_classifier(
        opened, data.records, data.fit, row, build, objective=objective
    )
    if config.has(row, AUGMENTATION):
        model = model.get_layer(f"{config.backbone}_gdf_net")
    return model, history


def encoder_of(model: tf.keras.Model) -> tf.keras.Model:
    """What is exported of a trained network: pictures to codes."""
    return tf.keras.Model(model.input, model.get_layer("codes").output)
