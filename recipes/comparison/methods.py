"""The methods that are compared: names, sources, and what of each is chosen on held-out pictures.

A choice costs at most :data:`TRIALS` trainings, by :mod:`recipes.comparison.search`: values of the
method's own number at the first rate, the other rates at the best of them, and what lies around the
best. What has no number of its own has rates alone.
"""

from __future__ import annotations

import dataclasses

RATES = (1e-3, 3e-4, 3e-3, 1e-2)
"""Adam's rates; the first is that of the hash layers of all recipes."""
TRIALS = 12

REAL_VALUED, CONTROLS, UNSUPERVISED = "real-valued", "controls", "no labels"
HASHING, METRIC, PAPERS = "hashing", "metric learning, signed", "the five papers"
FAMILIES = (REAL_VALUED, CONTROLS, UNSUPERVISED, HASHING, METRIC, PAPERS)
# What is not trained by gradients.
COSINE, PREDICTED, LSH, ITQ = "cosine", "predicted", "lsh", "itq"
# What some of it reads in place of what the heads do.
HAND_MADE, SELECTED, STAGES = "hand-made", "selected", "stages"


@dataclasses.dataclass(frozen=True)
class Method:
    """A row of the comparison.

    Attributes:
        title: as it is shown.
        family: one of :data:`FAMILIES`.
        source: paper, and what of it is ours.
        number: what the value is; empty where there is none.
        values: of its number, that are tried.
        least: below which the number means nothing.
        reads: :data:`HAND_MADE`, :data:`SELECTED` or :data:`STAGES`; empty for what the heads read.
        power: how the number grows with the length of the code: values are those at 64 bits,
            and Euclidean distances of codes grow with the root of their length.
    """

    title: str
    family: str
    source: str
    number: str = ""
    values: tuple[float, ...] = ()
    power: float = 0.0
    least: float = 0.0
    reads: str = ""

    def at(self, value: float, bits: int) -> float:
        """The number at a length.

        >>> METHODS["contrastive"].at(8.0, 16), METHODS["dsh"].at(128.0, 16)
        (4.0, 32.0)
        """
        return float(value * (bits / 64) ** self.power)

    @property
    def trained(self) -> bool:
        return self.family not in (REAL_VALUED, CONTROLS, UNSUPERVISED)


@dataclasses.dataclass(frozen=True)
class Trial:
    """What a method is trained with.

    Attributes:
        value: of its number, 0 where it has none.
        rate: of Adam.
    """

    value: float = 0.0
    rate: float = RATES[0]


_ALIKE = "not what the heads read, and so the same in both columns"
METHODS = {
    COSINE: Method(
        "cosine of the inputs", REAL_VALUED, "no codes: what a code's floats would give"
    ),
    "scda": Method("SCDA, cosine", REAL_VALUED, f"Wei et al. 2017; {_ALIKE}", reads=SELECTED),
    "hog": Method(
        "HOG + colours, cosine",
        REAL_VALUED,
        f"Dalal and Triggs 2005, Swain and Ballard 1991; {_ALIKE}",
        reads=HAND_MADE,
    ),
    PREDICTED: Method(
        "random code of the predicted class", CONTROLS, "Sablayrolles et al. 2017; stage 1 predicts"
    ),
    LSH: Method("random hyperplanes", UNSUPERVISED, "Charikar 2002"),
    ITQ: Method("PCA-ITQ", UNSUPERVISED, "Gong and Lazebnik 2011"),
    "scda_itq": Method("SCDA, PCA-ITQ", UNSUPERVISED, f"as both; {_ALIKE}", reads=SELECTED),
    "hog_itq": Method(
        "HOG + colours, PCA-ITQ", UNSUPERVISED, f"as both; {_ALIKE}", reads=HAND_MADE
    ),
    "dlbhc": Method(
        "DLBHC", HASHING, "Lin et al. 2015: a sigmoid layer under the classifier; codes alone"
    ),
    "cross_entropy": Method(
        "cross-entropy codes", HASHING, "Pan et al. 2021's baseline: a tanh layer under it"
    ),
    "dnnh": Method(
        "DNNH",
        HASHING,
        "Lai et al. 2015: divide and encode, slices of 10, the paper has 50; its margin is 4 here",
        "margin",
        (2.0, 4.0, 8.0, 16.0),
    ),
    "dsh": Method("DSH", HASHING, "Liu et al. 2016", "margin", (32.0, 64.0, 128.0, 256.0), 1.0),
    "dpsh": Method("DPSH", HASHING, "Li et al. 2016", "weight", (0.01, 0.1, 1.0)),
    "dtsh": Method("DTSH", HASHING, "Wang et al. 2016", "margin", (8.0, 16.0, 32.0, 64.0), 1.0),
    "hashnet": Method(
        "HashNet",
        HASHING,
        "Cao et al. 2017, with its continuation",
        "alpha",
        (0.017, 0.05, 0.15, 0.45),
        -1.0,
    ),
    "dch": Method("DCH", HASHING, "Cao et al. 2018", "gamma", (1.0, 5.0, 20.0, 80.0), 1.0),
    "greedyhash": Method("GreedyHash", HASHING, "Su et al. 2018", "weight", (0.01, 0.1, 1.0)),
    "csq": Method("CSQ", HASHING, "Yuan et al. 2020", "weight", (1e-4, 1e-2, 1.0)),
    "fph": Method(
        "FPH, our reading",
        HASHING,
        f"Yang et al. 2019, of whom we know the abstract: two pyramids of pooled stages; {_ALIKE}",
        "margin",
        (4.0, 8.0, 16.0, 32.0),
        1.0,
        reads=STAGES,
    ),
    "contrastive": Method(
        "contrastive",
        METRIC,
        "Hadsell et al. 2006, all pairs",
        "margin",
        (4.0, 8.0, 16.0, 32.0),
        0.5,
    ),
    "triplet_hard": Method(
        "triplet, hardest in the batch",
        METRIC,
        "Hermans et al. 2017",
        "margin",
        (1.0, 4.0, 8.0),
        0.5,
    ),
    "triplet_semi_hard": Method(
        "triplet, semi-hard", METRIC, "Schroff et al. 2015", "margin", (1.0, 4.0, 8.0), 0.5
    ),
    "multi_similarity": Method(
        "multi-similarity", METRIC, "Wang et al. 2019", "beta", (5.0, 20.0, 50.0)
    ),
    "supervised_contrastive": Method(
        "supervised contrastive", METRIC, "Khosla et al. 2020", "temperature", (0.05, 0.1, 0.3, 1.0)
    ),
    "cosface": Method("CosFace", METRIC, "Wang et al. 2018", "scale", (2.0, 4.0, 8.0, 16.0)),
    "arcface": Method("ArcFace", METRIC, "Deng et al. 2019", "scale", (2.0, 4.0, 8.0, 16.0)),
    "proxy_nca": Method(
        "Proxy-NCA", METRIC, "Movshovitz-Attias et al. 2017", "scale", (1, 3, 9, 27)
    ),
    "proxy_anchor": Method(
        "Proxy-Anchor", METRIC, "Kim et al. 2020", "alpha", (2.0, 4.0, 8.0, 32.0)
    ),
    "center": Method(
        "center loss",
        PAPERS,
        "Wen et al. 2016, on bounded features",
        "weight",
        (0.01, 0.03, 0.1),
        -1.0,
    ),
    "improved_center": Method(
        "improved center loss, ratio",
        PAPERS,
        "its ratio of distances",
        "weight",
        (0.2, 1.0, 5.0, 20.0),
    ),
    "mems": Method(
        "MEMS",
        PAPERS,
        "Lu et al. 2021, centers in the space of codes",
        "margin",
        (1.0, 1.5, 2.0, 4.0),
        least=1.0,
    ),
    "rank_margin": Method(
        "LRML's rank margin",
        PAPERS,
        "our reading of Fan et al. 2019, tuples of a batch by class labels",
        "margin",
        (0.4, 0.6, 0.85, 1.2),
    ),
    "gdf_losses": Method(
        "GDF-Net's losses",
        PAPERS,
        "Sun et al. 2022: classifier, Cauchy quantisation, bit balance; without its parts",
        "weights",
        (0.01, 0.1, 1.0),
    ),
    "triplet_mined": Method(
        "triplet, fixed margin, mined", PAPERS, "Pan et al. 2021's rival", "margin", (1, 4, 8), 0.5
    ),
    "adaptive_triplet": Method(
        "adaptive triplet, mined", PAPERS, "Pan et al. 2021; its margin is nobody's choice"
    ),
}


def named(names: tuple[str, ...]) -> tuple[str, ...]:
    """The methods that are meant, in the order of the table.

    >>> named(("dsh", "cosine")), len(named(("all",))) == len(METHODS)
    (('cosine', 'dsh'), True)
    """
    return tuple(name for name in METHODS if name in names or "all" in names)
