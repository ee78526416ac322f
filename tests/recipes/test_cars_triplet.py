from recipes import cars_triplet
from tests.recipes.triplet.other_data import check_other_data


def test_it_is_the_experiment_on_birds_with_other_data(tmp_path, capsys):
    check_other_data(cars_triplet, "cars196", None, tmp_path, capsys)
