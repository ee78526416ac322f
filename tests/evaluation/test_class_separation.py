import itertools
import sys

import numpy as np
import pytest

from tfretrieval.evaluation import class_separation


def problem():
    generator = np.random.default_rng(0)
    return (
        generator.standard_normal((23, 4)) + 50,
        generator.integers(0, 3, 23),
        generator.integers(0, 2, 23),
    )


@pytest.mark.parametrize("block", [1 << 22, 50])
def test_equals_the_loop_over_all_pairs(monkeypatch, block):
    module = sys.modules[class_separation.__module__]
    monkeypatch.setattr(module, "_BLOCK", block)
    x, labels, domains = problem()
    pairs = [
        (np.linalg.norm(x[i] - x[j]), labels[i] == labels[j], domains[i] != domains[j])
        for i, j in itertools.combinations(range(23), 2)
    ]
    intra = [d for d, same, _ in pairs if same]
    inter = [d for d, same, _ in pairs if not same]
    between = [d for d, same, other in pairs if same and other]
    found = class_separation(x, labels, domains)
    expected = [max(intra), np.mean(intra), min(inter), np.mean(inter), np.mean(between)]
    got = [found.max_intra, found.mean_intra, found.min_inter, found.mean_inter]
    np.testing.assert_allclose([*got, found.mean_intra_between], expected, rtol=1e-6)
    assert not found.separated


def test_what_there_is_no_pair_of_is_nan():
    one = class_separation([[0.0], [1.0]], [0, 0])
    assert np.isnan(one.min_inter) and np.isnan(one.mean_intra_between) and one.max_intra == 1
    assert np.isnan(class_separation([[0.0], [1.0]], [0, 1]).max_intra)
    assert np.isnan(class_separation(np.zeros((0, 2)), []).mean_inter)


@pytest.mark.parametrize(
    "change, message",
    [({"labels": [0]}, "one label"), ({"features": [[np.nan], [1.0]]}, "NaN or infinite")],
)
def test_bad_input_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        class_separation(**{"features": [[0.0], [1.0]], "labels": [0, 1], **change})


def test_a_far_point_leaves_the_near_ones_their_distances():
    near = np.array([[0.0, 0.0], [3e-6, 4e-6], [6e-6, 8e-6]])
    found = class_separation(np.concatenate([near, [[1e9, 0.0]]]), [0, 0, 1, 2])
    assert found.max_intra == pytest.approx(5e-6) and found.min_inter == pytest.approx(5e-6)
