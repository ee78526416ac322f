"""Stage 2 of a run: every head of a network, and how a plan counts them."""

import dataclasses
import functools
from collections.abc import Mapping

import numpy as np

from recipes.common import heads as hash_heads
from recipes.common.data import Divided
from recipes.common.heads import Arrays, HeadTask
from recipes.common.opened import Opened
from recipes.common.settings import MiningSettings
from recipes.triplet.margins import CROSS_ENTROPY, TripletHead, triplet_heads
from recipes.triplet.settings import FEATURES, PaperSettings, TripletSettings
from recipes.triplet.work import reads, row_title


def train_all(
    opened: Opened[PaperSettings, Divided],
    name: str,
    inputs: np.ndarray,
    epochs: Mapping[str, int],
) -> dict[str, Arrays]:
    """Label -> trained head of a network, cross-entropy first.

    Args:
        name: of the row.
        inputs: what the hash layers read, float32 ``[N, D]``.
        epochs: label -> epochs, where they were chosen.
    """
    task = head_task(inputs, name, opened.config, opened.data)
    heads: dict[str, TripletHead | None] = {CROSS_ENTROPY: None, **triplet_heads(opened.config)}
    trained = {}
    for label, head in heads.items():
        config = opened.config
        if label in epochs:
            config = dataclasses.replace(config, hash_epochs=epochs[label])
        file = f"{name}/{label}"
        if not (opened.folder / f"{file}.npz").exists():
            print(f"{row_title(name)}: {label}", flush=True)
        step = functools.partial(train, task, config, head)
        trained[label] = opened.folder.step(file, step)
    return trained


def head_task(
    inputs: np.ndarray, name: str, config: PaperSettings | TripletSettings, data: Divided
) -> HeadTask:
    """The task of a row. Root probabilities are of length one already: they stay as they are."""
    pooled = reads(name) == FEATURES
    settings = dataclasses.replace(config, standardize=config.standardize and pooled)
    return hash_heads.head_task(inputs, settings, data)


def train(task: HeadTask, config: MiningSettings, head: TripletHead | None) -> Arrays:
    """A head trained by triplets, or where there are none by cross-entropy."""
    if head is None:
        return hash_heads.train_cross_entropy(task, config, config.remine)
    return hash_heads.train_triplet(task, config, head.loss, head.scope)
