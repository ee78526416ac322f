"""The pictures that figures show: queries drawn at random, and what is found for them."""

from typing import Any

import numpy as np

from data_pipelines import steps
from data_pipelines.records import Records
from recipes.common.data import Divided
from recipes.common.opened import Opened
from recipes.common.settings import CodeSettings, RunSettings
from tfretrieval import plots
from tfretrieval.codes import pack
from tfretrieval.search import HammingIndex

GALLERY_QUERIES, GALLERY_ANSWERS = 8, 8
# So that small networks do not make small pictures.
LEAST_PIXELS = 96


def gallery(opened: Opened[CodeSettings, Divided], codes: np.ndarray, title: str) -> Any:
    """Queries drawn at random and their nearest pictures by Hamming distance of codes."""
    config, data, labels = opened.config, opened.data, opened.data.records.labels
    queries = some_queries(opened, GALLERY_QUERIES)
    index = HammingIndex(config.bits)
    index.add(pack(codes[data.database]), data.database)
    distances, answers = index.search(pack(codes[queries]), min(GALLERY_ANSWERS + 1, len(index)))
    # A query that is in the database finds itself: behind the others, and cut off.
    others = np.argsort(answers == queries[:, None], axis=1, kind="stable")[:, :GALLERY_ANSWERS]
    distances, answers = (np.take_along_axis(x, others, axis=1) for x in (distances, answers))
    names = np.array([name.replace("_", " ") for name in data.records.class_names])
    size = max(config.image_size, LEAST_PIXELS)
    shown = pixels(data.records, np.append(queries, answers), size, config.batch_size)
    return plots.gallery(
        shown[: len(queries)],
        shown[len(queries) :].reshape(*answers.shape, *shown.shape[1:]),
        labels[answers] == labels[queries][:, None],
        query_names=names[labels[queries]],
        distances=distances,
        answer_names=names[labels[answers]],
        title=(
            f"{title}, {config.bits} bits: queries drawn at random and their nearest pictures\n"
            "(Hamming distance below; ties in the order of the database)"
        ),
    )


def some_queries(opened: Opened[RunSettings, Divided], count: int) -> np.ndarray:
    """Queries of different classes, drawn by the seed, not by how well they are answered."""
    data = opened.data
    shuffled = np.random.default_rng(opened.config.seed).permutation(data.query)
    _, first = np.unique(data.records.labels[shuffled], return_index=True)
    return np.asarray(shuffled[np.sort(first)[:count]])


def pixels(
    records: Records,
    indices: np.ndarray,
    size: int,
    batch_size: int,
    boxes: np.ndarray | None = None,
) -> np.ndarray:
    """Whole pictures, or their boxes, float32 ``[n, S, S, 3]``."""
    unique, back = np.unique(indices, return_inverse=True)
    batches = steps.eval_batches(
        records, unique, image_size=size, batch_size=batch_size, boxes=boxes
    )
    return np.asarray(np.concatenate([images.numpy() for images, _ in batches])[back.reshape(-1)])
