from recipes import dogs_triplet
from recipes.triplet.published import DOGS
from tests.recipes.triplet.other_data import check_other_data


def test_it_is_the_experiment_on_birds_with_other_data(tmp_path, capsys):
    check_other_data(dogs_triplet, "stanford_dogs", DOGS, tmp_path, capsys)
