import numpy as np
import pytest

from tests.golden_files import golden
from tfretrieval.evaluation import GroundTruth, instance_retrieval, revisited

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
