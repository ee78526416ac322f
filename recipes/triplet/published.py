"""Figures that Pan et al. 2021 publish, with their sources.

The paper's own tables were not available: these are the figures that its text gives, what follows
from them, and those of FPH, which it compares with.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recipes.triplet.settings import PaperSettings

NOT_FOUND = "not found"
PAPER_TEXT = "text of Pan et al. 2021"
FPH = "Yang et al. 2019 (FPH), arXiv 1904.02325"


@dataclasses.dataclass(frozen=True)
class Published:
    """What the text of the paper says about a data set, in %.

    Attributes:
        dataset, title: of the data set, in the catalogue and as it is shown.
        accuracy: of ResNet18, whole pictures.
        cross_entropy: mAP of ResNet18's codes by cross-entropy, 64 bits, whole pictures.
        triplet: the same by the triplet loss.
        triplet_i: the same of ResNet18-I.
        gain: of the triplet loss over cross-entropy, ResNet18.
        crop: gain of the saliency crop at alpha 0.4.
        paper: mAP of the whole method at 16, 32, 48 and 64 bits.
        fph: the same of FPH.
    """

    dataset: str
    title: str
    accuracy: str
    cross_entropy: str
    triplet: str
    triplet_i: str
    gain: str
    crop: str
    paper: tuple[str, ...]
    fph: tuple[str, ...]


CUB = Published(
    dataset="caltech_birds2011",
    title="CUB-200-2011",
    accuracy="61.87",
    cross_entropy="40.65",
    triplet="about 56.7 (40.65 and the gain)",
    triplet_i="about 61 (68.22 less the crop's gain)",
    gain="about +16",
    crop="about +7",
    paper=("above FPH", "above FPH", "above FPH", "68.22"),
    fph=("51.69", "58.32", "61.24", "62.33"),
)
DOGS = Published(
    dataset="stanford_dogs",
    title="Stanford Dogs",
    accuracy=NOT_FOUND,
    cross_entropy="38.26",
    triplet="about 59.3 (38.26 and the gain)",
    triplet_i="above ResNet18",
    gain="about +21",
    crop="no clear gain",
    paper=(NOT_FOUND, NOT_FOUND, "about 72.6 (FPH + 2)", "about FPH + 2"),
    fph=("63.40", "69.09", "70.60", NOT_FOUND),
)


def published_beside(config: PaperSettings) -> Published | None:
    """The published figures that a run may be held against: those of its recipe, where it reads all
    of that data set in its own parts."""
    published = config.published
    if published is None or config.dataset != published.dataset or config.split != "given":
        return None
    return published if config.classes is None and config.per_class is None else None
