import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.golden_files import golden
from tfretrieval.evaluation import GroundTruth, instance_retrieval, revisited

QUICK = settings(max_examples=25, deadline=None, derandomize=True)
FILE = golden("oxford_map")
RANKINGS = FILE["ranks"].T
KS = tuple(FILE["kappas"].tolist())
EASY, HARD, JUNK = (
    [np.flatnonzero(row) for row in FILE[name]] for name in ("easy", "hard", "junk")
)
PROTOCOLS = revisited(EASY, HARD, JUNK)


@pytest.mark.parametrize("letter, name", [("E", "easy"), ("M", "medium"), ("H", "hard")])
def test_revisited_matches_the_authors_code(letter, name):
    result = instance_retrieval(RANKINGS, PROTOCOLS[name], KS)
    exact = {"atol": 1e-9, "rtol": 0}
    np.testing.assert_allclose(result.average_precision, FILE[f"aps_{letter}"], **exact)
    np.testing.assert_allclose(result.mean_average_precision, FILE[f"map_{letter}"], **exact)
    np.testing.assert_allclose(result.precision_at_k, FILE[f"pk_{letter}"], **exact)
    np.testing.assert_allclose(result.mean_precision_at_k, FILE[f"mpk_{letter}"], **exact)


@pytest.mark.parametrize("name", ["old", "nojunk", "truncated"])
def test_the_first_protocol_matches_the_authors_code(name):
    truth = PROTOCOLS["medium"]
    if name == "nojunk":
        truth = GroundTruth(truth.positives, ((),) * len(truth))
    ranks = int(FILE["top"]) if name == "truncated" else None
    result = instance_retrieval(RANKINGS[:, :ranks], truth)
    np.testing.assert_allclose(result.average_precision, FILE[f"aps_{name}"], atol=1e-9, rtol=0)
    assert result.mean_average_precision == pytest.approx(float(FILE[f"map_{name}"]), abs=1e-9)


def test_what_is_ignored_changes_nothing_wherever_it_stands():
    truth = GroundTruth([[3, 1]], [[0, 4]])
    scores = [
        instance_retrieval([ranking], truth).mean_average_precision
        for ranking in ([0, 4, 2, 3, 1], [2, 3, 0, 1, 4], [2, 0, 4, 3, 1])
    ]
    assert len(set(scores)) == 1


def test_a_perfect_ranking_is_one_and_positives_not_ranked_are_not_found():
    truth = GroundTruth([[2, 0]], [[]])
    perfect = instance_retrieval([[0, 2, 1]], truth, ks=(1, 10))
    assert perfect.mean_average_precision == 1 and perfect.precision_at_k.tolist() == [[1, 1]]
    nothing = instance_retrieval([[1]], truth)
    assert nothing.mean_average_precision == 0 and not nothing.precision_at_k.any()


def test_queries_without_positives_are_left_out_and_told():
    result = instance_retrieval([[0, 1], [1, 0]], GroundTruth([[0], []], [[], [1]]))
    assert np.isnan(result.average_precision[1]) and result.mean_average_precision == 1
    assert "mean of 1 queries, 1 without positives left out" in result.definition


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: GroundTruth([[0]], []), "1 queries have positives, 0"),
        (lambda: GroundTruth([[0, 1]], [[1]]), "query 0 names a picture .* twice"),
        (lambda: instance_retrieval([[0]], GroundTruth([[0]] * 2, [[]] * 2)), r"\[2, ranks\]"),
        (lambda: instance_retrieval([[0]], GroundTruth([[]], [[]])), "no query has a positive"),
        (lambda: instance_retrieval([[0]], GroundTruth([[0]], [[]]), ks=(0,)), "from 1 on"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_picture_named_twice_is_refused_with_the_query():
    truth = GroundTruth([[0], [1]], [[], []])
    with pytest.raises(ValueError, match="ranking of query 1 names picture 2 twice"):
        instance_retrieval([[0, 1, 2], [2, 1, 2]], truth)
    for wrong, message in (([[0.0], [1.0]], "integer"), ([[0], [-1]], "from 0 on, got -1")):
        with pytest.raises(ValueError, match=message):
            instance_retrieval(wrong, truth)


@QUICK
@given(st.permutations(range(8)), st.sets(st.integers(0, 7), min_size=1), st.integers(1, 8))
def test_figures_of_any_ranking_lie_between_0_and_1(ranking, positives, ranks):
    ignored = sorted(set(range(8)) - positives)[:2]
    truth = GroundTruth([sorted(positives)], [ignored])
    found = instance_retrieval([ranking[:ranks]], truth)
    assert 0 <= found.mean_average_precision <= 1
    assert ((found.precision_at_k >= 0) & (found.precision_at_k <= 1)).all()
    best = sorted(positives) + sorted(set(range(8)) - positives)
    assert instance_retrieval([best], truth).mean_average_precision == pytest.approx(1)
