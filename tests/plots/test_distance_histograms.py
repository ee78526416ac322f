import numpy as np

from tfretrieval.plots import distance_histograms


def shared(axis):
    return int(axis.get_title().split("shared: ")[1].rstrip(" %"))


def test_what_two_densities_share_is_written_above_them():
    rng = np.random.default_rng(0)
    near, far = rng.uniform(0, 1, 5000), rng.uniform(2, 3, 5000)
    apart, alike, half = distance_histograms(
        {"apart": (near, far), "alike": (far, far), "half": (far, rng.uniform(2.5, 3.5, 5000))}
    ).axes
    assert shared(apart) == 0 and shared(alike) == 100 and 45 < shared(half) < 55


def test_distances_are_told_in_means_of_two_classes():
    rng = np.random.default_rng(0)
    same, different = rng.uniform(0, 1, 100), rng.uniform(1, 2, 200)
    axes = distance_histograms({"one": (same, different), "ten": (10 * same, 10 * different)}).axes
    for axis in axes:
        means = [line.get_xdata()[0] for line in axis.get_lines()]
        np.testing.assert_allclose(means, [same.mean() / different.mean(), 1])
