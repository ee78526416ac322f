import dataclasses
from types import SimpleNamespace

from recipes.comparison.published import published
from tests.recipes.comparison.tiny import CONFIG

DATA = SimpleNamespace(name="data")


def test_stands_beside_the_whole_of_a_known_data_set_only():
    birds = dataclasses.replace(CONFIG, dataset="caltech_birds2011")
    table = published(birds, DATA)
    assert table.rows["FPH (Yang et al. 2019)", "ResNet18"]["64 bits"] == "62.33"
    assert published(CONFIG, DATA) is None
    for changed in ({"classes": 5}, {"split": "zero_shot"}, {"per_class": 3}):
        assert published(dataclasses.replace(birds, **changed), DATA) is None
