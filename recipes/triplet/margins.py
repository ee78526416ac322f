"""Which triplet losses are tried: fixed margins, and the readings of the adaptive one."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import tfretrieval as tfr
from recipes.triplet.settings import PaperSettings

if TYPE_CHECKING:
    from tfretrieval.losses import AdaptiveTripletLoss, TripletLoss

CROSS_ENTROPY = "cross-entropy"
# What margin1 averages: the mined triplets, or all pairs.
MINED, ALL_PAIRS = "mined", "all_pairs"
ADAPTIVE = "adaptive-mined"


@dataclasses.dataclass(frozen=True, eq=False)
class TripletHead:
    """A hash layer that is trained by triplets.

    Attributes:
        loss: a triplet loss.
        scope: what margin1 averages.
    """

    loss: TripletLoss | AdaptiveTripletLoss
    scope: str = MINED


def fixed(margin: float) -> str:
    """The label of the head of a fixed margin."""
    return f"fixed-{margin:g}"


def is_fixed(label: str) -> bool:
    return label.startswith("fixed")


def shown(label: str) -> str:
    """The margin of a head of a fixed margin, for people."""
    return label.removeprefix("fixed-").replace("-", ", ")


def triplet_heads(config: PaperSettings) -> dict[str, TripletHead]:
    """Label -> head: the fixed margins and the three adaptive readings, or one of them."""
    heads = {fixed(m): TripletHead(tfr.losses.TripletLoss(m)) for m in config.margins}
    adaptive = TripletHead(tfr.losses.AdaptiveTripletLoss("given"))
    if not config.readings:
        return {**heads, ADAPTIVE: adaptive}
    # The one published value for squared distances on tanh codes is a quarter of the bits.
    quarter = config.bits / 4
    squared = tfr.losses.TripletLoss(quarter, squared=True)
    return {
        **heads,
        f"{fixed(quarter)}-squared": TripletHead(squared),
        ADAPTIVE: adaptive,
        "adaptive-batch": TripletHead(tfr.losses.AdaptiveTripletLoss("batch")),
        "adaptive-all_pairs": TripletHead(tfr.losses.AdaptiveTripletLoss("given"), ALL_PAIRS),
    }
