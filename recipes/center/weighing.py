"""What a center loss gives at several weights, by held-out pictures, and the weight it takes."""

import dataclasses
from collections.abc import Sequence

from recipes.center.loss_result import center_distances
from recipes.center.report import D_OTHER, D_OWN
from recipes.center.settings import LOSSES, CenterSettings
from recipes.center.training import EMBEDDING, Seen, train
from recipes.common import measure
from recipes.common.about import about
from recipes.common.data import Divided
from recipes.common.opened import Opened
from recipes.common.report import Column, Report, Table
from recipes.common.training import History, cached_features
from tfretrieval.evaluation import cosine_retrieval, euclidean_retrieval

EUCLIDEAN, COSINE = Column("mAP held out, Euclidean"), Column("mAP held out, cosine")


@dataclasses.dataclass(frozen=True, eq=False)
class Weighed:
    """A network trained by a loss at a weight.

    Attributes:
        loss: of :data:`~recipes.center.settings.LOSSES`.
        weight: beside cross-entropy.
        euclidean, cosine: mAP of the held-out pictures.
        history: of the training.
    """

    loss: str
    weight: float
    euclidean: float
    cosine: float
    history: History


def weigh(opened: Opened[CenterSettings, Divided], loss: str, name: str, seen: Seen) -> Weighed:
    """Trains a network by a loss at its weight in the settings; the held-out pictures search the
    others by its features.

    Args:
        name: of its files.
    """
    classifier, history = train(opened, loss, seen, name)
    cached = cached_features(opened, name, classifier, layer=EMBEDDING, maps=seen.maps)
    features = cached["features"]
    return Weighed(
        loss,
        opened.config.weight(loss),
        measure.held_out_map(features, opened.data, euclidean_retrieval),
        measure.held_out_map(features, opened.data, cosine_retrieval),
        history,
    )


def compose_weights(opened: Opened[CenterSettings, Divided], results: Sequence[Weighed]) -> Report:
    """The report of all losses and weights, cross-entropy alone first."""
    config = opened.config
    best = {
        loss: max((r for r in results if r.loss == loss), key=lambda r: r.euclidean)
        for loss in config.losses
    }
    return Report(
        title=f"{config.recipe} on {opened.data.name}, {config.bits} bits",
        seed=config.seed,
        about=about(opened),
        tables=(
            Table(
                "",
                ("trained by", "weight"),
                (EUCLIDEAN, COSINE, D_OWN, D_OTHER),
                {
                    (LOSSES[result.loss], f"{result.weight:g}"): {
                        EUCLIDEAN.name: result.euclidean,
                        COSINE.name: result.cosine,
                        **center_distances(result.history),
                    }
                    for result in results
                },
                (
                    "mAP held out, %: the held-out pictures against the training pictures, the "
                    "whole ranking. d_own, d_other: mean squared distance to the center of the own "
                    "class and to the nearest other one, over the last epoch. The queries were not "
                    "looked at.",
                ),
            ),
            Table(
                "The weights that are chosen",
                ("trained by",),
                (Column("weight", ""), EUCLIDEAN),
                {
                    (LOSSES[loss],): {
                        "weight": f"{result.weight:g}",
                        EUCLIDEAN.name: result.euclidean,
                    }
                    for loss, result in best.items()
                },
                (f"Of every loss the one with the highest {EUCLIDEAN.name}.",),
            ),
        ),
        histories={f"{r.loss}@{r.weight:g}": r.history for r in results},
        seconds={
            f"{LOSSES[r.loss]}, weight {r.weight:g}": float(r.history["seconds"].sum())
            for r in results
        },
    )
