"""The kinds of data sets say what they give."""

import dataclasses

import pytest

from data_pipelines.sources import DRAWN_INSTANCES, HOLIDAYS, RETRIEVAL_SFM_30K, ClassSet


def test_a_set_of_classes_must_say_its_names_and_load():
    with pytest.raises(TypeError, match="abstract"):
        ClassSet()


def test_entries_cannot_be_changed():
    for each in (DRAWN_INSTANCES, HOLIDAYS, RETRIEVAL_SFM_30K):
        with pytest.raises(dataclasses.FrozenInstanceError):
            each.name = "other"


def test_drawn_instances_bring_their_benchmark_and_the_photographs_do_not():
    assert DRAWN_INSTANCES.brings_benchmark and not RETRIEVAL_SFM_30K.brings_benchmark
