"""Seconds of an epoch."""

import numpy as np

from recipes.instance.instance_result import InstanceResult


def seconds(*values):
    history = {"seconds": np.array(values)} if values else None
    return InstanceResult("lrml", history, {}, None).seconds


def test_the_first_epoch_traces_the_graph_and_does_not_count():
    assert seconds(100.0, 1.0, 2.0, 3.0) == 2.0
    assert seconds(100.0) == 100.0


def test_before_training_there_is_no_epoch():
    assert np.isnan(seconds())
