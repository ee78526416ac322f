import os

import pytest

from recipes.common.cli import ConfigError
from recipes.triplet.remedy_settings import RemedySettings


def test_the_source_lies_in_a_place_of_its_own():
    """What is drawn for it must not land in the user's folder."""
    settings = RemedySettings(data_dir="pictures")
    assert settings.source_dir is None and settings.data_dir == os.path.abspath("pictures")
    assert RemedySettings(source_dir="other").source_dir == os.path.abspath("other")


@pytest.mark.parametrize("change", [{"alpha": 1.0}, {"alphas": (0.2, 0.0)}])
def test_thresholds_lie_between_0_and_1(change):
    with pytest.raises(ConfigError, match="must lie between"):
        RemedySettings(**change)
