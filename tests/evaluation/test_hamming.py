"""hamming_retrieval against golden files and against a loop over a sorted list."""

import subprocess
import sys

import numpy as np
import pytest

from tests.golden_files import golden
from tfretrieval.codes import pack
from tfretrieval.evaluation import _counting, hamming_retrieval

FILES = ["hamming_12", "hamming_16", "hamming_48", "hamming_64", "hamming_multilabel"]


def read(name):
    arrays = golden(name)
    names = ("query_codes", "query_labels", "database_codes", "database_labels")
    return arrays, [arrays[name] for name in names]


def close(computed, expected):
    np.testing.assert_allclose(computed, expected, rtol=0, atol=1e-9)


def random_problem(n_queries=12, n_database=40, bits=6, classes=3, seed=0):
    rng = np.random.default_rng(seed)
    codes = [rng.choice([-1, 1], (n, bits)) for n in (n_queries, n_database)]
    labels = [rng.integers(0, classes, n) for n in (n_queries, n_database)]
    return codes[0], labels[0], codes[1], labels[1]


def sorted_list_ap(codes, labels, query, others, cutoff=None, divisor="relevant"):
    """Stable-order AP of one item against others, one list at a time."""
    ranked = sorted(others, key=lambda i: int((codes[i] != codes[query]).sum()))[:cutoff]
    hits = [labels[i] == labels[query] for i in ranked]
    precisions = [sum(hits[: r + 1]) / (r + 1) for r, hit in enumerate(hits) if hit]
    total = sum(hits) if divisor == "retrieved" else sum(labels[o] == labels[query] for o in others)
    return sum(precisions) / total if total else np.nan


@pytest.mark.parametrize("name", FILES)
def test_golden_average_precision(name):
    expected, problem = read(name)
    result = hamming_retrieval(*problem)
    zero = hamming_retrieval(*problem, missing="zero")
    np.testing.assert_array_equal(result.n_relevant, expected["n_relevant"])
    close(result.average_precision, expected["ap_tie"])
    close(result.mean_average_precision, expected["map_tie"])
    close(zero.mean_average_precision, expected["map_tie_zero"])
    for order in ("optimistic", "pessimistic", "stable"):
        close(getattr(result, f"average_precision_{order}"), expected[f"ap_{order}"])
        close(getattr(result, f"mean_average_precision_{order}"), expected[f"map_{order}"])
        close(getattr(zero, f"mean_average_precision_{order}"), expected[f"map_{order}_zero"])


@pytest.mark.parametrize("name", FILES)
def test_golden_figures_at_k(name):
    expected, problem = read(name)
    result = hamming_retrieval(*problem, ks=expected["ks"])
    close(result.precision_at_k, expected["precision_at_k_tie"])
    close(result.precision_at_k_stable, expected["precision_at_k"])
    close(result.recall_at_k_stable, expected["recall_at_k"])
    close(result.hit_at_k_stable, expected["hit_at_k"])


@pytest.mark.parametrize("name", FILES)
def test_golden_figures_within_radius_two(name):
    expected, problem = read(name)
    result, zero = hamming_retrieval(*problem), hamming_retrieval(*problem, missing="zero")
    np.testing.assert_array_equal(result.items_within[:, 2], expected["radius2_count"])
    np.testing.assert_array_equal(result.relevant_within[:, 2], expected["radius2_hits"])
    close(result.radius_precision, expected["radius2_precision"])
    close(result.radius_recall, expected["radius2_recall"])
    close(zero.mean_radius_precision, expected["radius2_precision_mean"])
    close(result.mean_radius_precision_nonempty, expected["radius2_precision_mean_nonempty"])
    close(result.mean_radius_precision, expected["dch_radius2_precision"])
    close(result.mean_radius_recall, expected["dch_radius2_recall"])


@pytest.mark.parametrize("name", FILES)
def test_golden_numbers_of_public_code_with_a_cutoff(name):
    expected, problem = read(name)
    for k, value in zip(expected["calctopmap_topk"], expected["calctopmap"], strict=True):
        if k > 0:  # that code drops the last item where -1 stands for all
            result = hamming_retrieval(*problem, cutoff=k, divisor="retrieved", missing="zero")
            assert result.mean_average_precision_stable == pytest.approx(value, abs=1e-7)
    for k, value in zip(expected["hashnet_R"], expected["hashnet_map"], strict=True):
        result = hamming_retrieval(*problem, cutoff=k, divisor="retrieved")
        assert result.mean_average_precision_stable == pytest.approx(value, abs=1e-7)


@pytest.mark.parametrize("divisor", ["relevant", "retrieved"])
@pytest.mark.parametrize("cutoff", [None, 1, 9])
def test_stable_order_equals_a_sorted_list(cutoff, divisor):
    queries, query_labels, database, labels = random_problem()
    result = hamming_retrieval(
        queries, query_labels, database, labels, cutoff=cutoff, divisor=divisor
    )
    codes, both = np.concatenate([database, queries]), np.concatenate([labels, query_labels])
    expected = [
        sorted_list_ap(codes, both, len(database) + i, range(len(database)), cutoff, divisor)
        for i in range(len(queries))
    ]
    close(result.average_precision_stable, expected)


@pytest.mark.parametrize("bits", [1, 6, 248, 256])
def test_leave_one_out_equals_a_loop_without_the_query(bits):
    _, _, codes, labels = random_problem(n_database=25, bits=bits)
    codes[3], labels[3] = codes[4], labels[4]
    labels[0] = 99  # alone in its class
    result = hamming_retrieval(codes, labels, codes, labels, leave_one_out=True, ks=(1, 24))
    others = [[j for j in range(25) if j != i] for i in range(25)]
    close(
        result.average_precision_stable,
        [sorted_list_ap(codes, labels, i, others[i]) for i in range(25)],
    )
    for i in range(25):
        alone = hamming_retrieval(
            codes[i : i + 1], labels[i : i + 1], codes[others[i]], labels[others[i]], missing="zero"
        )
        close(result.average_precision[i], alone.average_precision[0])
        close(result.items_within[i], alone.items_within[0])
    assert np.isnan(result.average_precision[0])
    assert result.items_within[:, -1].tolist() == [24] * 25
    assert "24 database items (leave one out" in result.definition


@pytest.mark.parametrize("classes", [2, 60])
def test_large_and_small_classes_are_ranked_alike(classes):
    """Small classes are ranked by counting, large ones by a sort."""
    _, _, codes, labels = random_problem(n_database=300, bits=5, classes=classes)
    result = hamming_retrieval(codes, labels, codes, labels, leave_one_out=True, cutoff=150)
    for i in range(0, 300, 50):
        others = [j for j in range(300) if j != i]
        expected = sorted_list_ap(codes, labels, i, others, cutoff=150)
        close(result.average_precision_stable[i], expected)


def test_the_order_of_the_database_changes_only_the_stable_figure():
    queries, query_labels, database, labels = random_problem()
    order = np.random.default_rng(1).permutation(len(database))
    first = hamming_retrieval(queries, query_labels, database, labels, cutoff=15)
    second = hamming_retrieval(queries, query_labels, database[order], labels[order], cutoff=15)
    for name in ("average_precision", "average_precision_optimistic", "precision_at_k"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    assert not np.array_equal(first.average_precision_stable, second.average_precision_stable)


@pytest.mark.parametrize("cutoff", [None, 1, 7, 30])
def test_expected_and_stable_values_lie_between_worst_and_best(cutoff):
    result = hamming_retrieval(*random_problem(), cutoff=cutoff)
    for values in (result.average_precision, result.average_precision_stable):
        assert (values <= result.average_precision_optimistic + 1e-12).all()
        assert (values >= result.average_precision_pessimistic - 1e-12).all()


def test_without_ties_all_orders_agree():
    database = np.tril(2 * np.ones((9, 8), int), -1) - 1  # item i has i set bits
    result = hamming_retrieval(database[:1], [1], database, [0, 1] * 4 + [0])
    expected = (1 / 2 + 2 / 4 + 3 / 6 + 4 / 8) / 4
    for order in ("", "_optimistic", "_pessimistic", "_stable"):
        assert getattr(result, f"mean_average_precision{order}") == pytest.approx(expected)


@pytest.mark.parametrize("bits", [1, 12, 64, 70])
def test_packed_relaxed_and_signed_codes_give_the_same(bits):
    queries, query_labels, database, labels = random_problem(bits=bits)
    signed = hamming_retrieval(queries, query_labels, database, labels)
    relaxed = hamming_retrieval(queries * 0.3, query_labels, database * 0.7, labels)
    packed = hamming_retrieval(pack(queries), query_labels, pack(database), labels, bits=bits)
    for other in (relaxed, packed):
        np.testing.assert_array_equal(signed.average_precision, other.average_precision)
        assert signed.definition == other.definition


@pytest.mark.parametrize("large", [0, 99], ids=["sorted", "counted"])
@pytest.mark.parametrize(
    "n, relevant, tile",
    [(700, 30, 1 << 16), (700, 30, 300), (700, 0, 1 << 16), (700, 700, 1 << 16), (2000, 1990, 999)],
    ids=["many at once", "tiles", "none", "all", "keys of four bytes"],
)
def test_ranks_are_those_of_a_stable_sort(monkeypatch, n, relevant, tile, large):
    monkeypatch.setattr(_counting, "_TILE", tile)
    monkeypatch.setattr(_counting, "_LARGE", large)
    rng = np.random.default_rng(0)
    distances = rng.binomial(40, 0.5, (9, n)).astype(np.uint8)
    members = np.sort(rng.choice(n, relevant, replace=False))
    near = distances.take(members, axis=1)
    counts, ranks = _counting._ranks(distances, near, members, 41, np.empty(tile, np.intp))
    places = distances.argsort(axis=1, kind="stable").argsort(axis=1)[:, members] + 1
    np.testing.assert_array_equal(ranks, np.sort(places, axis=1))
    np.testing.assert_array_equal(counts, (distances[:, :, None] <= np.arange(41)).sum(axis=1))


def test_blocks_and_paired_counting_do_not_change_a_figure(monkeypatch):
    problem = random_problem(n_queries=7, n_database=700, bits=12)
    assert 700 > 4 * 13**2  # large enough to count two queries at once
    whole = hamming_retrieval(*problem)
    monkeypatch.setattr(_counting, "_BLOCK", 3 * 700)
    monkeypatch.setattr(_counting, "_STEP", 2 * 700)
    monkeypatch.setattr(_counting, "_TILE", 300)
    parts = hamming_retrieval(*problem)
    np.testing.assert_array_equal(whole.items_within, parts.items_within)
    np.testing.assert_array_equal(whole.average_precision_stable, parts.average_precision_stable)
    expected = (problem[0][:, None] != problem[2]).sum(axis=2)
    counts = [np.bincount(row, minlength=13).cumsum() for row in expected]
    np.testing.assert_array_equal(whole.items_within, counts)


def test_all_relevant_is_perfect_and_one_item_is_enough():
    codes = np.array([[1, -1], [1, 1], [-1, -1]])
    everything = hamming_retrieval(codes, [0, 0, 0], codes, [0, 0, 0])
    assert everything.average_precision == pytest.approx(np.ones(3))
    single = hamming_retrieval(codes, [0, 1, 0], codes[:1], [0], ks=(1, 5))
    assert single.average_precision.tolist()[0] == 1
    assert np.isnan(single.average_precision[1])
    assert single.precision_at_k[0].tolist() == [1.0, 0.2]
    assert single.hit_at_k.tolist() == [[1, 1], [0, 0], [1, 1]]


def test_the_curve_passes_through_the_radius_figures_and_ends_at_full_recall():
    result = hamming_retrieval(*random_problem())
    recall, precision = result.precision_recall_curve
    assert recall.shape == precision.shape == (7,)
    close(recall[2], result.mean_radius_recall)
    close(precision[2], result.mean_radius_precision)
    assert recall[-1] == 1
    assert (np.diff(recall) >= 0).all()


def test_the_definition_says_how_the_number_was_made():
    _, problem = read("hamming_12")
    definition = hamming_retrieval(*problem).definition
    for part in ("40 queries", "300 database items", "12-bit", "tie-aware", "no cut-off"):
        assert part in definition
    assert "2 queries have no relevant item" in definition
    other = hamming_retrieval(*problem, cutoff=50, divisor="retrieved", missing="zero").definition
    for part in ("rank 50", "retrieved relevant items", "count as 0", "order of the database"):
        assert part in other


def test_a_tie_aware_value_that_does_not_exist_is_refused_not_guessed():
    result = hamming_retrieval(*random_problem(), cutoff=5, divisor="retrieved")
    assert np.isnan(result.average_precision).all()
    with pytest.raises(ValueError, match="no tie-aware value"):
        _ = result.mean_average_precision
    with pytest.raises(ValueError, match="stable=True"):
        _ = hamming_retrieval(*random_problem(), stable=False).mean_average_precision_stable


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"query_codes": np.ones((12, 5))}, "query codes have 5 bits, database codes 6"),
        ({"query_codes": np.ones(12)}, "must be \\[N, bits\\]"),
        ({"query_codes": np.full((12, 6), np.nan)}, "hold NaN"),
        ({"query_codes": np.ones((12, 6), np.uint8)}, "give bits="),
        ({"query_codes": np.eye(12, 6)}, "hold only 0 and 1"),
        ({"query_codes": np.ones((0, 6)), "query_labels": []}, "no queries"),
        ({"query_labels": [0]}, "queries: 12 items but 1 labels"),
        ({"database_labels": [0] * 3}, "database: 40 items but 3 labels"),
        ({"database_codes": np.ones((0, 6)), "database_labels": []}, "no item to rank"),
        ({"query_labels": np.full(12, 77)}, "no query has a relevant item"),
        ({"query_labels": np.ones((12, 3))}, "both be ids"),
        ({"bits": 6}, "packed query codes must be uint8"),
        ({"ks": (0,)}, "ks must be one or more positive"),
        ({"ks": ()}, "ks must be one or more positive"),
        ({"radius": -1}, "radius"),
        ({"cutoff": -1}, "cutoff must be a positive"),
        ({"divisor": "all"}, "divisor must be"),
        ({"missing": "nan"}, "missing must be"),
        ({"leave_one_out": True}, "needs the database itself"),
    ],
)
def test_bad_input_is_refused_in_one_line(change, message):
    names = ("query_codes", "query_labels", "database_codes", "database_labels")
    arguments = dict(zip(names, random_problem(), strict=True)) | change
    with pytest.raises(ValueError, match=message) as error:
        hamming_retrieval(**arguments)
    assert "\n" not in str(error.value)


def test_evaluation_does_not_load_tensorflow():
    code = "import sys, tfretrieval.evaluation as e; e.hamming_retrieval; e.cosine_retrieval; "
    code += "sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_codes_without_a_sign_are_refused_by_queries_and_database_together():
    sigmoid = np.random.default_rng(0).uniform(0, 1, (6, 8))
    labels = [0, 1, 0, 1, 0, 1]
    for bits, given in ((None, sigmoid), (8, np.packbits(sigmoid >= 0, axis=1))):
        with pytest.raises(ValueError, match="none of the 8 codes has a negative value"):
            hamming_retrieval(given[:2], labels[:2], given, labels, bits=bits)
    # The queries may all be 1, as long as the database has a sign.
    found = hamming_retrieval(sigmoid[:2], labels[:2], sigmoid - 0.5, labels)
    assert 0 < found.mean_average_precision <= 1


def test_codes_in_columns_give_the_same_figures():
    rng = np.random.default_rng(0)
    packed, labels = pack(rng.standard_normal((30, 12))), rng.integers(0, 3, 30)
    columns = np.asfortranarray(packed)
    expected = hamming_retrieval(packed[:9], labels[:9], packed, labels, bits=12)
    found = hamming_retrieval(columns[:9], labels[:9], columns, labels, bits=12)
    assert found.mean_average_precision == expected.mean_average_precision
