import dataclasses

import pytest

from recipes.common.cli import ConfigError
from tests.recipes.comparison.tiny import CONFIG


def test_a_batch_has_classes_times_pictures():
    assert CONFIG.batch == 12


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"bits": 7}, "--bits 7 must be one of --bit-lengths 8 6"),
        ({"bit_lengths": (8, 8)}, "--bit-lengths names one twice"),
        ({"bit_lengths": (8, 1)}, "--bit-lengths must be at least 2"),
        ({"images_per_class": 1}, "--images-per-class must be at least 2"),
        ({"end_to_end": True}, "--end-to-end trains networks by the features that they pool"),
        ({"network": "nothing"}, "--network nothing: must be"),
        ({"network": "resnet18_i", "training": "frozen"}, "leaves the block of resnet18_i"),
    ],
)
def test_refuses_in_one_line(wrong, message):
    with pytest.raises(ConfigError, match=message):
        dataclasses.replace(CONFIG, **wrong)
