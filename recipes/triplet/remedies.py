"""The report of rival ways to find the subject: where each looks, and what codes come of it."""

from collections.abc import Mapping

from data_pipelines.view import View
from recipes.common import measure
from recipes.common.about import about
from recipes.common.data import Divided
from recipes.common.opened import Opened
from recipes.common.report import Column, Pair, Report, Table
from recipes.triplet import saliency
from recipes.triplet.figures import saliency_figure
from recipes.triplet.remedy_settings import RemedySettings
from recipes.triplet.view_row import ACCURACY, CODES, MAPS, R1, ViewRow

WHOLE_PICTURE, TRUE_BOX, PRETRAINED = "whole picture", "true box", "pretrained"
STAGE_1, CLASS_MAPS, TWO_ROUNDS = "stage 1", "class maps", "two rounds"
CHOSEN_ALPHA = "pretrained, chosen alpha"
SHOWN = (PRETRAINED, STAGE_1, CLASS_MAPS, TWO_ROUNDS)
CHOSEN = "alpha"


def compose(
    opened: Opened[RemedySettings, Divided],
    views: Mapping[str, View],
    rows: Mapping[str, ViewRow],
    alpha: float | str,
) -> Report:
    """The report of a row for every way to find the subject."""
    config = opened.config
    boxes = {title: view.found for title, view in views.items() if view.found is not None}
    located = saliency.localizations(boxes, opened.data)
    shown = {name: views[name] for name in SHOWN}
    rivals = [title for title in rows if title != WHOLE_PICTURE]
    pairs = [Pair((title, CODES[1]), (WHOLE_PICTURE, CODES[1])) for title in rivals]
    pairs += [
        Pair((title, CODES[1]), (PRETRAINED, CODES[1]))
        for title in rivals
        if title not in (TRUE_BOX, PRETRAINED)
    ]
    return Report(
        title=f"{config.recipe} on {opened.data.name}, {config.bits} bits",
        seed=config.seed,
        about=about(opened),
        tables=(
            Table(
                "",
                ("row",),
                (
                    *map(Column, saliency.LOCALIZATION_COLUMNS),
                    *map(Column, (ACCURACY, *MAPS, R1)),
                    Column(CHOSEN, ""),
                ),
                {
                    (title,): {
                        **saliency.localization_figures(located[title]),
                        **{name: row.figures[name] for name in (ACCURACY, *MAPS, R1)},
                        CHOSEN: _alpha(title, config, alpha),
                    }
                    for title, row in rows.items()
                },
                _definitions(config, located[WHOLE_PICTURE].definition, rows),
            ),
        ),
        pairs=tuple(pairs),
        precisions={
            (title, name): row.average_precision
            for title, measured in rows.items()
            for name, row in measured.rows.items()
        },
        figures={"saliency": lambda: saliency_figure(opened, views[PRETRAINED].maps, shown)},
    )


def _alpha(title: str, config: RemedySettings, chosen: float | str) -> str:
    if title in (WHOLE_PICTURE, TRUE_BOX):
        return "-"
    return str(chosen if title == CHOSEN_ALPHA else config.alpha)


def _definitions(
    config: RemedySettings, boxes: str, rows: Mapping[str, ViewRow]
) -> tuple[str, ...]:
    return (
        f"- Boxes, over the queries, %: {boxes}",
        f"- accuracy, % ({config.network}): {measure.ACCURACY}.",
        f"- mAP, %: {rows[WHOLE_PICTURE].rows[CODES[1]].definition}",
        "- R@1, %: share of the queries whose nearest picture is of their class.",
        f"- Chosen alpha: the one of {', '.join(map(str, config.alphas))} whose crops of the "
        "held-out pictures the network trained on whole pictures classifies with the least "
        "cross-entropy.",
        f"- {PRETRAINED}: the network trained on {config.source}. {STAGE_1}: on whole pictures of "
        f"{config.dataset}; {CLASS_MAPS}: the same, channels weighted by the predicted class. "
        f"{TWO_ROUNDS}: the network trained on the pretrained one's crops, looking at whole "
        "pictures.",
    )
