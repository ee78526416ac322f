"""Queries and their answers, framed green where right and red where wrong."""

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from tfretrieval.plots._text import plain

# Letters of a line under a picture.
WIDTH = 20
RIGHT, WRONG = "#1a9641", "#d7191c"


def gallery(
    queries: np.ndarray,
    answers: np.ndarray,
    relevant: np.ndarray,
    query_names: Sequence[str] | None = None,
    distances: np.ndarray | None = None,
    answer_names: Sequence[Sequence[str]] | None = None,
    title: str = "",
) -> Figure:
    """A row a query, its nearest pictures beside it.

    Args:
        queries: pixels in [0, 255], ``[Q, S, S, 3]``.
        answers: ``[Q, k, S, S, 3]``, nearest first.
        relevant: boolean ``[Q, k]``, the answer shares a class with the query.
        query_names: under each query.
        distances: ``[Q, k]``, under each answer.
        answer_names: of each row, under each answer: a wrong one says what it is.
        title: above the rows.

    Raises:
        ValueError: shapes that do not fit together.

    >>> figure = gallery(np.zeros([2, 8, 8, 3]), np.zeros([2, 3, 8, 8, 3]), np.ones([2, 3], bool))
    >>> len(figure.axes)
    8
    """
    queries, answers, relevant = map(np.asarray, (queries, answers, relevant))
    if answers.shape[:2] != relevant.shape or len(queries) != len(answers):
        raise ValueError(
            f"{len(queries)} queries, answers {answers.shape[:2]} and marks {relevant.shape} "
            "do not fit together"
        )
    rows, columns = relevant.shape
    height = 1.28 if answer_names is None else 1.5
    figure = Figure(figsize=(1.05 * (columns + 1.25), height * rows + 0.5), layout="constrained")
    axes = figure.subplots(
        rows,
        columns + 1,
        squeeze=False,
        gridspec_kw={"width_ratios": [1.2, *[1] * columns]},
    )
    for row in range(rows):
        _show(
            axes[row, 0], queries[row], None, "query" if query_names is None else query_names[row]
        )
        for column in range(columns):
            colour = RIGHT if relevant[row, column] else WRONG
            below = [] if distances is None else [f"{distances[row, column]:g}"]
            if answer_names is not None:
                below.append(answer_names[row][column])
            _show(axes[row, column + 1], answers[row, column], colour, "\n".join(below))
    figure.suptitle(plain(title), fontsize=11)
    return figure


def _show(axis, image, colour, below):
    axis.imshow(np.clip(image, 0, 255).astype(np.uint8))
    axis.set_xticks([])
    axis.set_yticks([])
    lines = [textwrap.fill(plain(line), WIDTH) for line in below.split("\n")]
    axis.set_xlabel("\n".join(lines), fontsize=7, labelpad=2)
    for spine in axis.spines.values():
        spine.set_visible(colour is not None)
        spine.set_color(colour or "none")
        spine.set_linewidth(3)
