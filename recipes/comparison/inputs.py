"""What the methods of a column read, and who has read it."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from data_pipelines.view import View
from recipes.common import heads as hash_heads
from recipes.common.data import Divided
from recipes.common.heads import HeadTask
from recipes.common.opened import Opened
from recipes.comparison.descriptors import descriptors
from recipes.comparison.methods import METHODS
from recipes.comparison.settings import ComparisonSettings
from recipes.comparison.training import StagedTask
from recipes.triplet.heads import head_task
from recipes.triplet.stage1 import Stage1
from recipes.triplet.work import row_name


@dataclasses.dataclass(frozen=True, eq=False)
class Inputs:
    """What the methods of a column read.

    Attributes:
        reads: pooled features or root probabilities.
        task: of every head that reads them.
        logits: of stage 1.
        classifier: of stage 1, where whole networks begin.
        view: what it sees.
        seconds: of its pass of all pictures.
        others: what a method reads in place of them -> its task, and the seconds of that pass.
    """

    reads: str
    task: HeadTask
    logits: np.ndarray
    classifier: tf.keras.Model
    view: View
    seconds: float
    others: Callable[[str], tuple[HeadTask, float]]

    def task_of(self, method: str) -> HeadTask:
        """What a method reads, and who is trained on."""
        other = METHODS[method].reads
        return self.others(other)[0] if other else self.task

    def milliseconds(self, method: str) -> float:
        """In which a picture becomes what a method reads."""
        other = METHODS[method].reads
        seconds = self.others(other)[1] if other else self.seconds
        return 1000 * seconds / len(self.task.features)


def columns(
    opened: Opened[ComparisonSettings, Divided], stage1: Stage1, view: View
) -> dict[str, Inputs]:
    """The inputs of each column."""
    config, data = opened.config, opened.data
    classifier = stage1.classifiers[config.view]
    described = descriptors(opened, classifier, view)

    @functools.cache
    def others(reads: str) -> tuple[HeadTask, float]:
        found = described[reads]()
        task = hash_heads.head_task(found["descriptors"], config, data)
        fields = {field.name: getattr(task, field.name) for field in dataclasses.fields(task)}
        parts = tuple(int(width) for width in found.get("parts", ()))
        return StagedTask(**fields, parts=parts), float(found["seconds"])

    def column(reads: str) -> Inputs:
        seen = stage1.inputs(reads, config.temperature)
        task = head_task(seen, row_name(config.network, reads), config, data)
        return Inputs(reads, task, stage1.logits, classifier, view, stage1.seconds, others)

    return {reads: column(reads) for reads in config.hash_input}
