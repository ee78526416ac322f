import dataclasses

import numpy as np
import pytest

from data_pipelines.view import WHOLE, View


def test_by_default_all_of_every_picture_is_seen():
    parts = [getattr(WHOLE, field.name) for field in dataclasses.fields(View)]
    assert parts[:5] == [None] * 5 and (WHOLE.alpha, WHOLE.region) == (0.4, "box")


def test_a_view_is_one_thing_and_does_not_change():
    boxes = np.zeros((2, 4), np.float32)
    assert View(boxes) != View(boxes)
    with pytest.raises(dataclasses.FrozenInstanceError):
        WHOLE.boxes = boxes
