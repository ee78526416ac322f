import pytest

from recipes import cars_triplet, cub_triplet, dogs_triplet, folder_triplet
from recipes.triplet.published import CUB, DOGS, published_beside


def test_each_recipe_is_held_against_its_own_set():
    found = [published_beside(r.Config()) for r in (cub_triplet, dogs_triplet, cars_triplet)]
    assert found == [CUB, DOGS, None]
    assert published_beside(folder_triplet.Config()) is None
    assert CUB.fph == ("51.69", "58.32", "61.24", "62.33")


@pytest.mark.parametrize(
    "change",
    [
        {"classes": 20},
        {"per_class": 5},
        {"split": "zero_shot"},
        {"dataset": "drawn_birds/demo"},
        {"dataset": "caltech_birds2011/zero_shot"},
    ],
    ids=str,
)
def test_nothing_is_held_against_a_part_or_another_set(change):
    assert published_beside(cub_triplet.Config(**change)) is None
