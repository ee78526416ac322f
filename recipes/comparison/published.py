"""Figures that others publish on the same data set, with what differs."""

from __future__ import annotations

from recipes.common.data import Divided
from recipes.common.report import Column, Table
from recipes.comparison.settings import ComparisonSettings
from recipes.triplet.published import CUB, DOGS, NOT_FOUND, PAPER_TEXT

BITS = (16, 32, 48, 64)
# On CUB-200-2011, official parts, as their papers or code state them. SEMICON's are those of the
# authors' training logs (aassxun/SEMICON, 885cbfe, SEMICON_log).
_OTHERS = {
    "caltech_birds2011": {
        ("best public triplet hashing code", "ResNet50, 224 pixels"): (
            "74.54", "77.03", "76.92", "77.18",
        ),
        ("SEMICON (Shen et al. 2022)", "ResNet50"): (NOT_FOUND, "72.61", "79.62", NOT_FOUND),
        ("CNET (Zeng and Zheng 2023)", "ResNet50"): (NOT_FOUND, NOT_FOUND, NOT_FOUND, "80.7"),
    }
}  # fmt: skip
_NOTES = {
    "caltech_birds2011": (
        "SEMICON: the best of its training's evaluations on the queries, by its authors' logs; "
        "12 bits 37.76, 24 bits 63.45.",
    )
}


def published(config: ComparisonSettings, data: Divided) -> Table | None:
    """The table of published figures, where all of a known data set is read in its own parts."""
    known = {p.dataset: p for p in (CUB, DOGS)}.get(config.dataset)
    whole = config.split == "given" and config.classes is None and config.per_class is None
    if known is None or not whole:
        return None
    rows = {
        ("FPH (Yang et al. 2019)", "ResNet18"): known.fph,
        ("Pan et al. 2021", "ResNet18-I, 299 pixels, crop"): known.paper,
        **_OTHERS.get(config.dataset, {}),
    }
    return Table(
        "Published, mAP",
        ("method", "network"),
        tuple(Column(f"{bits} bits", "") for bits in BITS),
        {
            names: {f"{bits} bits": value for bits, value in zip(BITS, values, strict=True)}
            for names, values in rows.items()
        },
        (
            "None of these is on our network or our pictures, and how they break ties is not "
            f"known: they say where the field is, not who is better. Pan et al.: {PAPER_TEXT}.",
            *_NOTES.get(config.dataset, ()),
        ),
    )
